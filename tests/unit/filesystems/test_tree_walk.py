"""Walks made of listings of single directories."""

import pytest

from hdfs2oss.filesystems.tree_walk import TreeWalk
from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.testing.faults import Fault, FlakyFileSystem
from hdfs2oss.testing.memory import MemoryFileSystem


def tree(*paths: str) -> MemoryFileSystem:
    store = MemoryFileSystem()
    for path in paths:
        store.place(path)
    return store


def test_directories_are_listed_only_when_the_walk_gets_there() -> None:
    listed: list[str] = []
    store = tree("/a/b/x", "/c/y")

    def children(directory: str):
        listed.append(directory)
        return iter(store._children("/" + directory, directory))

    walk = TreeWalk(children)
    assert listed == []
    assert next(walk).key == "a/"
    assert listed == [""]
    assert next(walk).key == "a/b/"
    assert listed == ["", "a"]


def test_after_a_directory_that_cannot_be_listed_the_walk_goes_on_behind_it() -> None:
    store = tree("/a/x", "/b/c/x", "/b/d", "/e")

    def children(directory: str):
        if directory == "b/c":
            raise PermissionDenied("no")
        return iter(store._children("/" + directory, directory))

    walk = TreeWalk(children)
    assert [next(walk).key for _ in range(4)] == ["a/", "a/x", "b/", "b/c/"]
    with pytest.raises(PermissionDenied):
        next(walk)
    assert walk.failed_directory == "b/c"
    assert [row.key for row in walk] == ["b/d", "e"]


def test_a_listing_that_breaks_off_raises_where_it_does() -> None:
    store = FlakyFileSystem(tree("/a/1", "/a/2", "/a/3"), Fault("list", "/a", PermissionDenied, after=2))
    walk = store.walk("/")
    assert [next(walk).key for _ in range(3)] == ["a/", "a/1", "a/2"]
    with pytest.raises(PermissionDenied):
        next(walk)

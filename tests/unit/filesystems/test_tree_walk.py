"""Walks made of listings of single directories."""

import pytest

from hdfs2oss.filesystems.tree_walk import TreeWalk
from hdfs2oss.filesystems.walk import unlisted_row
from hdfs2oss.filesystems.watchdog import OutOfTime
from hdfs2oss.model.errors import PermissionDenied, Unreachable
from hdfs2oss.model.values import DIRECTORY, UNLISTED, FileStatus
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem


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
    rows = list(walk)
    assert [row.key for row in rows] == ["a/", "a/x", "b/", "b/c/", "b/c/", "b/d", "e"]
    assert (rows[4].kind, rows[4].problem) == (UNLISTED, "no")


@pytest.mark.parametrize("failing", ["", "b"])
def test_a_store_that_does_not_answer_ends_the_walk(failing: str) -> None:
    def children(directory: str):
        if directory == failing:
            raise Unreachable("nobody there")
        return iter([FileStatus("b", DIRECTORY)])

    with pytest.raises(Unreachable):
        list(TreeWalk(children))


def test_the_row_of_an_unlisted_directory_says_why_unless_a_later_try_may_find_the_store_well() -> None:
    assert unlisted_row("a/b", PermissionDenied("no")) == FileStatus("a/b", UNLISTED, problem="no")
    for error in (Unreachable("nobody there"), OutOfTime("silent")):
        with pytest.raises(type(error)):
            unlisted_row("a/b", error)


def test_a_directory_that_is_asked_for_must_be_listed() -> None:
    def children(directory: str):
        raise PermissionDenied("no")

    with pytest.raises(PermissionDenied):
        next(TreeWalk(children))


def test_seek_passes_over_what_lies_before_without_listing_it() -> None:
    listed: list[str] = []
    store = tree("/a/x", "/b/c/x", "/b/m/y", "/b/z", "/c")

    def children(directory: str):
        listed.append(directory)
        return iter(store._children("/" + directory, directory))

    walk = TreeWalk(children)
    assert next(walk).key == "a/"
    walk.seek("b/m/y")
    assert [row.key for row in walk] == ["b/", "b/m/", "b/m/y", "b/z", "c"]
    assert listed == ["", "b", "b/m"]


def test_a_listing_that_breaks_off_raises_where_it_does() -> None:
    store = FlakyFileSystem(tree("/a/1", "/a/2", "/a/3"), Fault("list", "/a", Unreachable, after=2))
    walk = store.walk("/")
    assert [next(walk).key for _ in range(3)] == ["a/", "a/1", "a/2"]
    with pytest.raises(Unreachable):
        next(walk)

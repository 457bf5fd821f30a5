"""A listing that leaps goes on over WebHDFS, and whatever that one answers: no name of the range is missed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hdfs2oss.filesystems.hdfs.listing import HdfsListing
from hdfs2oss.filesystems.name_order import listing_key
from hdfs2oss.filesystems.traffic import Traffic
from hdfs2oss.model.errors import NotFound, PermissionDenied, Unreachable
from hdfs2oss.rules.keys import KeyRange

PAGE = 3
NAMES = [f"n{number}" for number in range(1, 10)]
BEHIND_FIVE = KeyRange("n5/", "n9/")
# What an answer is by now, given the path that was asked for.
Twist = Callable[[str, dict[str, Any]], dict[str, Any]]


class Node:
    """Directories of files, listed natively (`pages`) and over WebHDFS (`get`), which answers with a `twist`."""

    def __init__(self, directories: dict[str, list[str]], twist: Twist = lambda path, answer: answer) -> None:
        self.directories = {path: sorted(names, key=listing_key) for path, names in directories.items()}
        self.twist = twist
        self.traffic = Traffic()
        self.asked: list[str] = []
        self.natively: list[str] = []

    def pages(self, path: str, behind: str = ""):
        self.natively.append(path)
        names = self.names(path, behind)
        for at in range(0, len(names), PAGE):
            yield [native(f"{path}/{name}") for name in names[at : at + PAGE]]

    def silent_because(self) -> str:
        return ""

    def get(self, path: str, operation: str, parameters: dict[str, str], timeout_seconds: float) -> dict[str, Any]:
        self.asked.append(path)
        return self.twist(path, self.answer(path, parameters["startAfter"]))

    def answer(self, path: str, behind: str) -> dict[str, Any]:
        names = self.names(path, behind)
        return listing([row(name) for name in names[:PAGE]], max(0, len(names) - PAGE))

    def names(self, path: str, behind: str) -> list[str]:
        if path == "/":
            return []
        if path not in self.directories:
            raise NotFound(path)
        return [name for name in self.directories[path] if listing_key(name) > listing_key(behind)]


def native(path: str) -> SimpleNamespace:
    return SimpleNamespace(
        path=path,
        isdir=False,
        length=1,
        modification_time=1,
        access_time=1,
        owner="o",
        group="g",
        permission=0o644,
        replication=1,
        blocksize=1,
    )


def row(name: str) -> dict[str, Any]:
    numbers = {"length": 1, "modificationTime": 1, "accessTime": 1, "replication": 1, "blockSize": 1}
    return {"pathSuffix": name, "type": "FILE", "owner": "o", "group": "g", "permission": "644", **numbers}


def listing(rows: list[dict[str, Any]], remaining: int) -> dict[str, Any]:
    files = {"FileStatuses": {"FileStatus": rows}}
    return {"DirectoryListing": {"partialListing": files, "remainingEntries": remaining}}


def listed(node: Node, path: str) -> list[str]:
    """The names of the range that come, in their order, each as often as it comes."""
    pages = HdfsListing(node, node).pages(path, BEHIND_FIVE)  # type: ignore[arg-type]
    return [one.path for page in pages for one in page if BEHIND_FIVE.holds(one.path)]


def test_what_lies_behind_a_leap_comes_over_webhdfs() -> None:
    node = Node({"/d": NAMES})
    assert listed(node, "/d") == NAMES[5:]
    assert (node.asked, node.natively) == (["/", "/d", "/d"], [])


def broken(name: str) -> Twist:
    """Ways in which an answer may be none, once the listing is under way."""
    answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "no rows, though more come": lambda answer: listing([], 4),
        "from the beginning": lambda answer: listing([row(one) for one in NAMES[:3]], 6),
        "one of them twice": lambda answer: listing([row("n6"), row("n6")], 2),
        "no word of what remains": lambda answer: {"DirectoryListing": {"partialListing": {"FileStatuses": {}}}},
        "a row without a length": lambda answer: listing([{"pathSuffix": "n6", "type": "FILE"}], 3),
        "something else": lambda answer: {"FileStatuses": {}},
    }
    errors = {"that it is not there": NotFound, "no access": PermissionDenied, "silence": Unreachable}

    def twist(path: str, answer: dict[str, Any]) -> dict[str, Any]:
        if path == "/":
            return answer
        if name in errors:
            raise errors[name](path)
        return answers[name](answer)

    return twist


@pytest.mark.parametrize(
    "name",
    [
        *("no rows, though more come", "from the beginning", "one of them twice", "no word of what remains"),
        *("a row without a length", "something else", "that it is not there", "no access", "silence"),
    ],
)
def test_where_webhdfs_gives_no_answer_to_be_relied_on_the_native_client_lists(name) -> None:
    node = Node({"/d": NAMES}, broken(name))
    assert listed(node, "/d") == NAMES[5:]
    assert node.natively == ["/d"]


def test_a_directory_that_has_gone_is_told() -> None:
    with pytest.raises(NotFound):
        listed(Node({}), "/d")

"""A range of a directory on HDFS is listed from where it begins, and is what a whole listing says of it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator

import pytest

from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.hdfs.listing import HdfsListing
from hdfs2oss.model.errors import NotFound, Unreachable
from hdfs2oss.model.values import DIRECTORY
from hdfs2oss.rules.keys import KeyRange
from tests.hdfs_names import make_names
from tests.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.hdfs

ODD = [
    "A",
    "a",
    "a b",
    "a-b",
    "a.b",
    "a0",
    "a%2Fb",
    "a+b",
    "a&b=c",
    "a;b",
    "a?b#c",
    "aé",
    "z~",
    "é",
    "é-",
    "数",
    "数据",
    "\U0001f600",
]
PLAIN = [f"sub-{number:04d}" for number in range(1_250)]
MANY_ODD = [f"数-{number:04d}" for number in range(100)]


def reached(sandbox: Sandbox, **conf: str) -> HdfsFileSystem:
    authority = sandbox.env()["SANDBOX_HDFS"].removeprefix("hdfs://")
    return HdfsFileSystem(authority, {"fs.defaultFS": f"hdfs://{authority}", **conf})


@pytest.fixture(scope="module")
def with_web(sandbox: Sandbox) -> HdfsFileSystem:
    return reached(sandbox, **{"dfs.namenode.http-address": sandbox.env()["SANDBOX_WEBHDFS"].removeprefix("http://")})


@pytest.fixture(scope="module")
def without_web(sandbox: Sandbox) -> HdfsFileSystem:
    return reached(sandbox, **{"dfs.namenode.http-address": "127.0.0.1:1"})


@pytest.fixture(scope="module")
def directory(sandbox: Sandbox, with_web: HdfsFileSystem) -> Iterator[str]:
    path = f"/tmp/ranges-{uuid.uuid4().hex}"
    make_names(sandbox, path, [*PLAIN, *ODD[::2]], [*MANY_ODD, *ODD[1::2], *(f"{name}-" for name in PLAIN[::100])])
    yield path
    with_web.remove(path, recursive=True)


def test_ranges_are_what_a_whole_listing_says_of_them(with_web, without_web, directory) -> None:
    assert (with_web.lists_from_any_key(), without_web.lists_from_any_key()) == (True, False)
    rows = list(without_web.walk(directory, recursive=False))
    assert len(rows) == len(PLAIN) + len(ODD) + len(MANY_ODD) + 13
    keys = [row.key for row in rows]
    chance = random.Random(10)
    borders = sorted({*chance.sample(keys, 3), "a/", "é", "é/", "sub-0700/", "sub-15/", "数/", "数-0050"})
    for after, until in zip(["", *borders], [*borders, ""], strict=True):
        children = KeyRange(after, until)
        expected = [row for row in rows if children.holds(row.key)]
        assert list(with_web.walk(directory, after, until, recursive=False)) == expected, children
        assert list(with_web.walk(directory, after, recursive=False)) == [row for row in rows if row.key > after], (
            children
        )
        assert list(without_web.walk(directory, after, until, recursive=False)) == expected, children


def test_what_lies_before_a_range_is_not_listed(with_web, directory) -> None:
    before = with_web.traffic.snapshot()["LARGE_READ_OPS"]
    assert len(list(with_web.walk(directory, "sub-1200/", "sub-1210/", recursive=False))) == 10
    assert with_web.traffic.snapshot()["LARGE_READ_OPS"] - before <= 2


def test_the_borders_of_a_directory_cut_it_about_evenly(with_web, directory) -> None:
    borders = with_web.borders(directory, "A/", "", 4)
    assert (len(borders), borders) == (3, sorted(borders))
    # One page holds them all: only what lies in directories may be much.
    assert with_web.borders(directory, "sub-1239/", "sub-1249/", 4) == ["sub-1241/", "sub-1244/", "sub-1246/"]


def test_a_range_of_what_is_not_there_or_a_file_is_told(with_web, directory) -> None:
    for path in (f"{directory}/none", f"{directory}/a"):
        with pytest.raises(NotFound):
            list(with_web.walk(path, "sub-1/", "sub-2/"))


class SilentFrom:
    """WebHDFS that gives no answer any more after so many."""

    def __init__(self, web, answers: int) -> None:
        self.web, self.left = web, answers

    def silent_because(self) -> str:
        return ""

    def get(self, *arguments):
        self.left -= 1
        if self.left < 0:
            raise Unreachable("silent")
        return self.web.get(*arguments)


@pytest.mark.parametrize("answers", [1, 2, 3])
def test_where_webhdfs_falls_silent_the_listing_goes_on_without_it(with_web, directory, answers) -> None:
    expected = list(with_web.walk(directory, "sub-0100/", recursive=False))
    children = KeyRange("sub-0100/", "")
    listing = HdfsListing(with_web.client, SilentFrom(with_web.web, answers))
    found = [row for page in listing.pages(directory, children) for row in page if children.holds(row.key)]
    assert sorted(found, key=lambda row: row.key) == expected
    assert any(row.kind == DIRECTORY for row in expected)

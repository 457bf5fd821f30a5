"""The memory of a survey does not grow with the tree, whatever its shape, also where -delete wants all the target."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

import pytest

from hdfs2oss.filesystems.base import Walk
from hdfs2oss.filesystems.tree_walk import TreeWalk
from hdfs2oss.model.errors import NotFound
from hdfs2oss.model.uri import join_path
from hdfs2oss.model.values import DIRECTORY, FILE, FileStatus
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share, SurveyReport
from hdfs2oss.runners.local import LocalRunner
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem

FILES_OF_A_DIRECTORY = 3


class MadeUpStore(MemoryFileSystem):
    """Trees at /s and /t that are nowhere: rows come out of numbers. What is written elsewhere is forgotten.

    Every `missing`th entry is at the target only.
    """

    def __init__(self, shape: str, entries: int, missing: int) -> None:
        super().__init__(LIKE_HDFS, clock_ms=lambda: 1000)
        self.shape, self.entries, self.missing = shape, entries, missing

    def create_exclusive(self, path: str, data: bytes) -> bool:
        return True

    def status(self, path: str) -> FileStatus | None:
        return FileStatus("", DIRECTORY) if path in ("/s", "/t") else None

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        if not path.startswith(("/s", "/t")):
            raise NotFound(path)

        def list_children(directory: str) -> Iterator[FileStatus]:
            return self.rows(path[:2], join_path(path, directory)[3:], f"{directory}/" if directory else "")

        return TreeWalk(list_children, after, until, recursive)

    def rows(self, root: str, directory: str, prefix: str) -> Iterator[FileStatus]:
        is_flat = self.shape == "files in one directory"
        is_of_directories = self.shape == "sub-directories of one directory"
        if directory.count("/") == 0 and (is_flat or not directory or is_of_directories):
            if is_of_directories and directory:
                return
            count = self.entries if is_flat or is_of_directories else self.entries // (FILES_OF_A_DIRECTORY + 1)
            kind = FILE if is_flat else DIRECTORY
        else:
            count, kind = FILES_OF_A_DIRECTORY, FILE
        for number in range(count):
            if root == "/s" and number % self.missing == 1 and not directory:
                continue
            yield FileStatus(f"{prefix}{number:08d}", kind, 0 if kind == DIRECTORY else 10, 1000)


def peak_of(
    make_context, shape: str, entries: int, missing: int, share: Share, later_share: Share | None = None
) -> tuple[int, SurveyReport]:
    context = make_context(MadeUpStore(shape, entries, missing), ["/s"], "/t", update=True, delete=True)
    gc.collect()
    tracemalloc.start()
    try:
        report = survey(context, LocalRunner(0, pause_seconds=0.0), share, later_share or share)
        return tracemalloc.get_traced_memory()[1], report
    finally:
        tracemalloc.stop()


SHAPES = ["files in one directory", "files in many directories", "sub-directories of one directory"]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_ten_times_the_entries_take_hardly_more_memory(make_context, shape) -> None:
    less, _ = peak_of(make_context, shape, 300, 1000, Share(300, 3600.0))
    more, found = peak_of(make_context, shape, 3000, 1000, Share(1000, 3600.0))
    assert entries_at_target(found) >= 0.99 * 3000
    # Beside what the smaller one takes there may be 32 ranges of each open directory, and the largest row group.
    assert more < 1.3 * less + 200 * 1024


@pytest.mark.full
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("shape", SHAPES)
def test_200_000_entries_take_the_memory_of_20_000_also_where_half_of_them_are_missing(make_context, shape) -> None:
    shares = Share(20_000, 3600.0), Share(200_000, 3600.0)
    less, _ = peak_of(make_context, shape, 20_000, 2, *shares)
    more, found = peak_of(make_context, shape, 200_000, 2, *shares)
    assert entries_at_target(found) >= 0.99 * 200_000
    # Row groups grow with the tree up to half a minute, ten thousand rows; all rows would be ten times as much as that.
    assert more < 1.3 * less + 2 * 1024 * 1024


def entries_at_target(found: SurveyReport) -> int:
    return sum(found.counters["hdfs2oss"].get(f"{what}_AT_TARGET", 0) for what in ("FILES", "DIRECTORIES"))

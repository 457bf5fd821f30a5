"""Files that both sides have are taken together: that comes to what each by itself would come to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hdfs2oss.filesystems.base import FileSystem, Walk
from hdfs2oss.model.counters import FILE_SYSTEM
from hdfs2oss.model.errors import DuplicateEntry
from hdfs2oss.model.values import DIRECTORY, FILE, SYMLINK, CopyItem, FilePair, FileStatus
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share, planner_of
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.desk import TaskDesk
from tests.stores.faults import FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem


class OneByOne(FlakyFileSystem):
    """Its walks give one row after another."""


def store_of(**trees: dict[str, int]) -> MemoryFileSystem:
    """A store with trees of files by length, written at the time of that number."""
    store = MemoryFileSystem(LIKE_HDFS, clock_ms=lambda: 1000)
    for root, files in trees.items():
        store.make_directory(f"/{root}")
        for path, length in files.items():
            try:
                store.place(f"/{root}/{path}", b"x" * length, mtime_ms=1000 + 10 * length)
            except Exception:  # noqa: BLE001 - a random tree asks for a file and a directory of one name
                continue
    return store


def run(make_context, store: FileSystem, sources: list[str], entries: int, options: dict[str, object]):
    """What is planned, counted and noted; a duplicate as its message."""
    context, share = make_context(store, sources, "/t", **options), Share(entries, 3600.0)
    try:
        found = survey(context, LocalRunner(0, pause_seconds=0.0), share, share)
    except DuplicateEntry as error:
        return str(error)
    items = [read_slices(context.open_job_dir(), tuple(one)) for one in (found.slices, found.missing.files)]
    rows = [[(item.path, item.action, item.problem) for item in some] for some in items]
    return rows, {**found.counters, FILE_SYSTEM: {}}, found.problems


names = st.sampled_from(
    ["a", "a-b", "a.b", "a0", "b", "b!", "ä", ".hdfs2oss", ".hdfs2oss-work-1", ".h", "k1", "k2", "k3", "k4", "k5"]
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
trees = st.dictionaries(paths, st.integers(0, 2), max_size=25)
LINE = dict.fromkeys(["a", "a0", "b", "b!", "k1", "k2", "k3"], 1)
OPTIONS = [
    {"update": True},
    {"update": True, "delete": True},
    {"update": True, "exclude": ("k2",)},
    {"update": True, "filters": (".*k[34]",)},
    {"overwrite": True},
    {"update": True, "preserve": "t"},
    {},
]


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=60
)
@given(trees, trees, trees, trees, st.sampled_from(OPTIONS), st.booleans(), st.sampled_from([3, 1000]))
# A file of one source that is a directory of the other, which comes behind the next file; the same file in both; a file
# of our own among others.
@example({}, LINE, {"b/k1": 1}, LINE, {"update": True}, True, 1000)
@example({}, LINE, {"k2": 1}, LINE, {"update": True}, True, 1000)
@example({".h": 1, ".hdfs2oss-work-1": 1, "a": 1, "b": 1}, {}, {}, {}, {"update": True}, False, 1000)
def test_together_is_as_one_by_one(make_context, both, first, second, target, options, two, entries) -> None:
    store = store_of(s1=both | first, s2=second if two else {}, t=both | target)
    sources = ["/s1", "/s2"] if two else ["/s1"]
    expected = run(make_context, OneByOne(store), sources, entries, options)
    assert run(make_context, store, sources, entries, options) == expected


rows = st.builds(
    lambda kind, length, mtime_ms, problem: FileStatus("d/f", kind, length, mtime_ms, problem=problem),
    st.sampled_from([FILE, FILE, FILE, DIRECTORY, SYMLINK]),
    st.integers(0, 1),
    st.integers(1, 2),
    st.sampled_from(["", "", "", "odd"]),
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.none() | rows, st.none() | rows), min_size=1, max_size=8), st.sampled_from(OPTIONS))
def test_pairs_are_planned_alike_together_and_one_by_one(make_context, sides, options) -> None:
    pairs = [FilePair(f"d/{at}", source, target) for at, (source, target) in enumerate(sides)]

    def planned(take_all: bool) -> tuple[list[CopyItem], object]:
        desk = TaskDesk(make_context(store_of(s={}), ["/s"], "/t", **options), "survey-00000", "1")
        planner = planner_of(desk)
        if take_all:
            planner.take_all(pairs)
        else:
            for pair in pairs:
                planner.take(pair)
        return list(read_slices(desk.job_dir, tuple(planner.publish().slices))), desk.counters.as_dict()

    assert planned(True) == planned(False)


def test_what_is_taken_together_is_asked_for_in_portions(make_context) -> None:
    files = dict.fromkeys([f"d/{number:05d}" for number in range(3000)], 1)
    store = Counting(store_of(s=files, t=files))
    _, counters, _ = run(make_context, store, ["/s"], 100_000, {"update": True})
    assert counters["hdfs2oss"]["FILES_SKIPPED"] == 3000
    assert store.rows_by_themselves < 300


class Counting(FlakyFileSystem):
    """Counts the rows that are asked for one by one."""

    def __init__(self, wrapped: FileSystem) -> None:
        super().__init__(wrapped)
        self.rows_by_themselves = 0

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        return _CountingWalk(self, self.wrapped.walk(path, after, until, recursive))


class _CountingWalk(Walk):
    def __init__(self, owner: Counting, wrapped: Walk) -> None:
        self.given, self._owner, self._wrapped = wrapped.given, owner, wrapped
        self.files, self.seek, self.stop_descending = wrapped.files, wrapped.seek, wrapped.stop_descending

    def __next__(self) -> FileStatus:
        self._owner.rows_by_themselves += 1
        return next(self._wrapped)

    def stop_descending(self) -> None:
        raise NotImplementedError

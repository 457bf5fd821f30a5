"""What a survey plans for -p, and the phase that gives directories their attributes."""

import io
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from hdfs2oss.model.counters import ATTRIBUTES_FAILED, OWN
from hdfs2oss.model.errors import AuthenticationFailed, CommitError, PermissionDenied, StoreGone, Unreachable
from hdfs2oss.model.values import DIRECTORY, CopyTask, PlanSlice, Work
from hdfs2oss.phases.attributes import code_directories, keep_attributes
from hdfs2oss.phases.attributes.directories import attributes_task
from hdfs2oss.phases.attributes.levels import LevelTask, _waves
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.phases.survey import survey
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.rules.packing import pack
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.runs.timeline import Timeline
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

TREE = ("a/b/c", "a/b", "a", "z", "")


class SmallRun:
    """As much of a run as a phase asks for."""

    def __init__(self) -> None:
        self.runner = LocalRunner(0)
        self.course = SimpleNamespace(pack=lambda wave, slices: pack(slices, 2))
        self.report = Report("run", "s", "t", "jobs")
        self.timeline = Timeline(Progress(io.StringIO()))

    @contextmanager
    def phase(self, name):
        yield

    def ledger_wave(self, name, work, tasks, name_of, on_report) -> None:
        if tasks:
            self.runner.run_wave(name, work, tasks, on_report)

    def take(self, report) -> None:
        self.report.add_task(report)


def lake(capabilities=LIKE_HDFS) -> FlakyFileSystem:
    store = MemoryFileSystem(capabilities)
    for number, path in enumerate(TREE):
        store.make_directory(f"/s/{path}".rstrip("/"))
        store.make_directory(f"/t/{path}".rstrip("/"))
        node = store._find(f"/s/{path}")
        node.status = node.status._replace(mtime_ms=1000 + number, owner=f"o{number}")
    store.place("/s/a/f", b"12", owner="alice", permission=0o640, mtime_ms=5)
    return FlakyFileSystem(store)


def kept_paths(store: FlakyFileSystem) -> list[str]:
    return [path for operation, path in store.calls if operation == "keep"]


def test_every_directory_is_planned_the_deepest_first_beside_the_files(make_context) -> None:
    context = make_context(lake(), ["/s"], "/t", preserve="ut", update=True)
    found = survey(context, LocalRunner(0))
    levels = [
        (depth, sorted(item.path for item in read_slices(context.open_job_dir(), (piece,))))
        for depth, piece in found.directories
    ]
    assert levels == [(3, ["a/b/c"]), (2, ["a/b"]), (1, ["a", "z"])]
    items = list(read_slices(context.open_job_dir(), tuple(piece for _, piece in found.directories)))
    assert {(item.work, item.kind, item.action) for item in items} == {(Work.ATTRIBUTES, DIRECTORY, "REFRESH")}


@pytest.mark.parametrize(
    ("options", "has_root"),
    [
        ({}, True),
        ({"update": True}, False),
        ({"overwrite": True}, False),
        ({"update": True, "update_root": True}, True),
    ],
)
def test_the_root_takes_part_where_it_is_listed_or_with_update_root(make_context, options, has_root) -> None:
    store = lake()
    if not options:
        store.wrapped.remove("/t", recursive=True)
    context = make_context(store, ["/s"], "/t", preserve="p", **options)
    found = survey(context, LocalRunner(0))
    assert (0 in [depth for depth, _ in found.directories]) is has_root


def test_without_p_nothing_of_this_is_planned_or_asked(make_context) -> None:
    store = lake()
    context = make_context(store, ["/s"], "/t", update=True)
    found = survey(context, LocalRunner(0))
    assert found.directories == []
    assert not {"attributes", "keep"} & {operation for operation, _ in store.calls}


@pytest.mark.parametrize(
    ("capabilities", "change", "is_refreshed"),
    [
        (LIKE_HDFS, {}, False),
        (LIKE_HDFS, {"owner": "bob"}, True),
        (LIKE_HDFS, {"mtime_ms": 6}, True),
        (LIKE_HDFS, {"atime_ms": 6}, False),
        (LIKE_OSS, {}, True),
    ],
    ids=["the same", "another owner", "another time", "only read since", "a listing that cannot tell"],
)
def test_a_skipped_file_is_refreshed_where_its_attributes_may_differ(
    make_context, capabilities, change, is_refreshed
) -> None:
    store = MemoryFileSystem(capabilities)
    store.place("/s/f", b"12", **{"owner": "alice", "mtime_ms": 5} | change)
    store.place("/t/f", b"12", owner="alice", mtime_ms=5 + change.get("mtime_ms", 0))
    found = survey(make_context(store, ["/s"], "/t", preserve="ut", update=True), LocalRunner(0))
    counts = found.counters[OWN]
    assert counts.get("FILES_PLANNED", 0) == int(is_refreshed)
    assert counts.get("FILES_SKIPPED", 0) == int(not is_refreshed)


@pytest.mark.parametrize("when", ["before it was looked at", "while its attributes were read", "not at all"])
def test_a_file_that_stays_is_not_given_the_attributes_of_another_version(make_context, when) -> None:
    """With the time of bytes that it does not have, no -update would ever bring them."""
    memory = MemoryFileSystem(LIKE_HDFS)
    memory.place("/s/f", b"12", owner="alice", mtime_ms=5, etag="")
    memory.place("/t/f", b"12", owner="bob", mtime_ms=5, etag="")
    store = FlakyFileSystem(memory)
    context = make_context(store, ["/s"], "/t", preserve="ut", update=True)
    found = survey(context, LocalRunner(0))

    def change() -> None:
        memory.place("/s/f", b"34", owner="alice", mtime_ms=6, etag="")

    if when == "before it was looked at":
        change()
    elif when == "while its attributes were read":
        store.faults = [Fault("attributes", "/s/f", times=1, silent=True, meanwhile=change)]
    report = copy_task(context, CopyTask(0, tuple(found.slices)), "1")
    status = memory.status("/t/f")
    if when == "not at all":
        assert (status.owner, report.counters[OWN]["FILES_REFRESHED"]) == ("alice", 1)
    else:
        assert (status.owner, status.mtime_ms, memory.file("/t/f").data) == ("bob", 5, b"12")
        assert (report.counters[OWN]["FILES_CHANGED"], report.failures[0].outcome) == (1, "CHANGED")


def test_directories_get_what_their_source_has_and_a_second_time_nothing(make_context) -> None:
    store = lake()
    for expected in (4, 0):
        context = make_context(store, ["/s"], "/t", preserve="ut", update=True)
        run = SmallRun()
        keep_attributes(context, run, survey(context, LocalRunner(0)).directories)
        assert run.report.counters.get(OWN, "DIRECTORIES_REFRESHED") == expected
    assert kept_paths(store)[:2] == ["/t/a/b/c", "/t/a/b"]
    assert sorted(kept_paths(store)[2:4]) == ["/t/a", "/t/z"]
    for number, path in enumerate(TREE[:-1]):
        status = store.wrapped.status(f"/t/{path}")
        assert (status.owner, status.mtime_ms) == (f"o{number}", 1000 + number)


def test_one_that_fails_is_counted_told_and_exit_code_5_and_the_others_go_on(make_context) -> None:
    store = lake()
    store.faults.append(Fault("keep", path="/t/a/b", error=PermissionDenied))
    context = make_context(store, ["/s"], "/t", preserve="u", update=True)
    run = SmallRun()
    keep_attributes(context, run, survey(context, LocalRunner(0)).directories)
    report = run.report
    assert report.counters.get(OWN, ATTRIBUTES_FAILED) == 2
    assert report.counters.get(OWN, "DIRECTORIES_REFRESHED") == 2
    assert report.exit_code == 5
    assert [one.path for one in report.failures] == ["a/b/c", "a/b"]
    assert "keeping the attributes of file:///s/a/b at file:///t/a/b: writing failed" in report.failures[1].message


@pytest.mark.parametrize("ignore", [False, True])
def test_after_failed_files_directories_wait_for_the_next_run_unless_with_i(make_context, ignore) -> None:
    store = lake()
    context = make_context(store, ["/s"], "/t", preserve="u", update=True, ignore_failures=ignore)
    run = SmallRun()
    run.report.counters.add(OWN, "FILES_FAILED")
    keep_attributes(context, run, survey(context, LocalRunner(0)).directories)
    assert bool(kept_paths(store)) is ignore
    assert any("not given their attributes" in line for line in run.report.notices) is not ignore


def test_a_store_that_is_gone_leaves_no_record_while_another_try_follows(make_context) -> None:
    store = lake()
    store.faults.append(Fault("keep", error=Unreachable, times=4))
    context = make_context(store, ["/s"], "/t", preserve="u", update=True)
    levels = survey(context, LocalRunner(0)).directories
    task = LevelTask("attributes-00000", tuple((piece,) for _, piece in levels))
    with pytest.raises(StoreGone):
        attributes_task(context, task, Attempt("1", is_last=False))
    assert context.open_job_dir().names("ledger") == []
    store.faults.clear()
    assert attributes_task(context, task, "2").counters[OWN]["DIRECTORIES_REFRESHED"] == 4
    before = len(kept_paths(store))
    assert attributes_task(context, task, "3").attempt == "2"
    assert len(kept_paths(store)) == before


def test_what_every_directory_would_meet_ends_the_phase_with_exit_code_5(make_context) -> None:
    store = lake()
    store.faults.append(Fault("keep", error=AuthenticationFailed))
    context = make_context(store, ["/s"], "/t", preserve="u", update=True)
    levels = survey(context, LocalRunner(0)).directories
    with pytest.raises(CommitError, match="directories were not given their attributes") as caught:
        keep_attributes(context, SmallRun(), levels)
    assert caught.value.exit_code == 5


def test_few_directories_are_one_task_and_many_are_a_wave_for_each_depth() -> None:
    def levels(items: int) -> list[tuple[int, PlanSlice]]:
        return [(depth, PlanSlice("f", at, items, 0, 1.0)) for at, depth in enumerate((3, 2, 2, 1))]

    (tasks,) = _waves("attributes", levels(10), lambda wave, slices: pack(slices, 2))
    assert [[piece.row_group for piece in level] for level in tasks[0].levels] == [[0], [1, 2], [3]]
    waves = list(_waves("attributes", levels(9000), lambda wave, slices: pack(slices, 2)))
    done = [sorted(piece.row_group for task in wave for level in task.levels for piece in level) for wave in waves]
    assert done == [[0], [1, 2], [3]]
    names = [task.name for wave in waves for task in wave]
    assert len(set(names)) == len(names)


def test_coded_directories_are_made_before_the_copy_the_highest_first_where_the_target_codes(make_context) -> None:
    store = lake()
    store.wrapped.remove("/t", recursive=True)
    for path in ("a", "a/b"):
        node = store.wrapped._find(f"/s/{path}")
        node.kept = node.kept._replace(ec_policy="RS-6-3-1024k")
    context = make_context(store, ["/s"], "/t", preserve="e")
    run = SmallRun()
    code_directories(context, run, survey(context, LocalRunner(0)).directories)
    assert kept_paths(store) == ["/t/a", "/t/a/b"]
    assert store.wrapped.read_attributes("/t/a/b", DIRECTORY, "e").ec_policy == "RS-6-3-1024k"
    assert store.wrapped.status("/t/z") is None
    assert run.report.counters.get(OWN, "DIRECTORIES_CODED") == 2

"""What attempts and runs that died leave behind is removed, and nothing else is."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from hdfs2oss.filesystems.base import FileSystem
from hdfs2oss.filesystems.registry import seat_filesystem
from hdfs2oss.model.counters import OWN, Counters
from hdfs2oss.model.errors import PermissionDenied, StoreGone, Unreachable
from hdfs2oss.model.values import CopyItem, CopyTask
from hdfs2oss.phases.cutter import cut_task
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.phases.sweeper import Sweeper, clear_away, clear_up, look_over, tidy
from hdfs2oss.records.past_runs import SWEPT
from hdfs2oss.records.planfile import PlanWriter
from hdfs2oss.runners.base import Attempt
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

PART = 1000
SIZES = {"large": 3 * PART, "small": 10}


class Killed(BaseException):
    """The process is gone: nothing is cleaned up behind it."""


class Deadly(FlakyFileSystem):
    """From the deadly operation on the target on, nothing is done any more, as with kill -9."""

    def __init__(self, wrapped: MemoryFileSystem, operation: str) -> None:
        super().__init__(wrapped)
        self._operation = operation
        self._is_dead = False

    def strike(self, operation: str, path: str) -> Fault | None:
        self._is_dead = self._is_dead or (operation == self._operation and path.startswith("/t/"))
        if self._is_dead:
            raise Killed
        return super().strike(operation, path)

    def remove(self, path: str, recursive: bool = False) -> bool:
        if self._is_dead:
            raise Killed
        return super().remove(path, recursive)


def plan(context: RunContext, store: MemoryFileSystem) -> CopyTask:
    writer = PlanWriter("plan/1.parquet")
    for path, size in SIZES.items():
        store.place(f"/s/{path}", b"x" * size, mtime_ms=1000)
        writer.add(CopyItem(path, 0, "COPY", "F", size, 1000, part_size_bytes=PART), 0.1)
    return CopyTask(0, tuple(writer.publish(context.open_job_dir())))


def work_files(store: MemoryFileSystem) -> list[str]:
    return [path for path in store.files() if "/.hdfs2oss-work-" in path]


def die_in(make_context, store: MemoryFileSystem, work, operation: str) -> tuple[RunContext, CopyTask]:
    """A task that ends with its process at its first `operation` on the target."""
    context = make_context(store, ["/s"], "/t")
    task = plan(context, store)
    seat(context, Deadly(store, operation))
    with pytest.raises(Killed):
        work(context, task, "1")
    seat(context, store)
    return context, task


def seat(context: RunContext, store: FileSystem) -> None:
    """From now on the run talks to this store."""
    seat_filesystem(context.job_dir, context.stores, store)


@pytest.fixture
def oss() -> MemoryFileSystem:
    return MemoryFileSystem(LIKE_OSS)


@pytest.fixture
def hdfs() -> MemoryFileSystem:
    return MemoryFileSystem(LIKE_HDFS)


@pytest.mark.parametrize("work", [copy_task, cut_task])
def test_uploads_of_a_dead_attempt_are_dropped_and_those_of_others_stay(make_context, oss, work) -> None:
    context, _ = die_in(make_context, oss, work, "part" if work is copy_task else "begin")
    if work is cut_task:
        oss.begin_upload("/t/large")
    assert len(oss.open_uploads()) == 1
    oss._clock_ms = lambda: (time.time_ns() // 1_000_000) - 3_600_000
    others = [oss.begin_upload("/t/large"), oss.begin_upload("/t/other")]
    assert Sweeper(context, context.open_job_dir()).sweep() == (1, 0)
    assert oss.open_uploads() == sorted(others)


def test_work_files_of_a_dead_attempt_are_removed_and_those_of_others_stay(make_context, hdfs) -> None:
    context, _ = die_in(make_context, hdfs, copy_task, "write")
    hdfs.place("/t/.hdfs2oss-work-of-somebody", b"x")
    left = len(work_files(hdfs)) - 1
    assert left >= 1
    assert Sweeper(context, context.open_job_dir()).sweep() == (0, left)
    assert work_files(hdfs) == ["/t/.hdfs2oss-work-of-somebody"]


def damage(context: RunContext, how: str) -> None:
    """The plan of the run is not what was written."""
    job_dir = context.open_job_dir()
    path = f"{job_dir.run_path}/plan/1.parquet"
    whole = job_dir.read("plan/1.parquet")
    job_dir.filesystem.remove(path)
    if how == "cut off":
        job_dir.publish("plan/1.parquet", whole[:-100])


@pytest.mark.parametrize("how", ["gone", "cut off"])
def test_work_files_whose_plan_is_damaged_are_told_and_found_by_who_looks_for_them(make_context, hdfs, how) -> None:
    context, _ = die_in(make_context, hdfs, copy_task, "write")
    job_dir = context.open_job_dir()
    damage(context, how)
    hdfs.place("/t/.hdfs2oss-work-of-somebody", b"x")
    hdfs.place(f"/t/.hdfs2oss-work-{job_dir.run_id}0-copy-00000-0-x-1", b"of another run")
    others = [path for path in work_files(hdfs) if f"{job_dir.run_id}-" not in path]
    left = len(work_files(hdfs)) - len(others)
    for _ in range(2):
        cleared = clear_away(context, job_dir, "a run")
        assert (cleared.work_files, len(work_files(hdfs))) == (0, left + 2)
        assert f"plan file of run {job_dir.run_id} has gone or is damaged" in cleared.unknown
        assert not job_dir.exists(SWEPT), "nobody would look for them any more"
    assert look_over(context, job_dir) == (0, left, 0, "")
    assert clear_away(context, job_dir, "clean", walks=True) == (0, left, 0, "")
    assert work_files(hdfs) == others
    assert job_dir.exists(SWEPT)


@pytest.mark.parametrize("how", ["gone", "cut off"])
def test_uploads_whose_plan_is_damaged_are_told_and_stay(make_context, oss, how) -> None:
    context, _ = die_in(make_context, oss, copy_task, "part")
    (own,) = oss.open_uploads()
    oss._clock_ms = lambda: (time.time_ns() // 1_000_000) - 3_600_000
    oss.begin_upload("/t/large")
    damage(context, how)
    cleared = clear_away(context, context.open_job_dir(), "a run")
    assert cleared.uploads == 0
    assert f"1 upload begun since then may be its own, and nobody knows; the first is {own} of " in cleared.unknown
    assert len(oss.open_uploads()) == 2
    assert context.open_job_dir().exists(SWEPT), "told once, as nobody could do more"


def test_of_a_plan_that_can_be_read_nothing_is_unknown(make_context, oss, hdfs) -> None:
    for store in (oss, hdfs):
        context, _ = die_in(make_context, store, copy_task, "part" if store is oss else "write")
        assert clear_away(context, context.open_job_dir(), "a run").unknown == ""
        assert context.open_job_dir().exists(SWEPT)


def test_a_retry_clears_what_a_predecessor_of_hours_ago_left(make_context, oss) -> None:
    oss._clock_ms = lambda: (time.time_ns() // 1_000_000) - 3_600_000
    context, task = die_in(make_context, oss, copy_task, "part")
    first = context.open_job_dir()
    record = json.loads(first.read("intents/copy-00000.0.json"))
    oss.place(
        f"{first.run_path}/intents/copy-00000.0.json", json.dumps({**record, "began_ms": oss._clock_ms()}).encode()
    )
    copy_task(context, task, "2")
    assert oss.open_uploads() == []


@pytest.mark.parametrize("kind", ["oss", "hdfs"])
def test_a_retry_clears_what_its_predecessor_left(make_context, kind, request) -> None:
    store = request.getfixturevalue(kind)
    context, task = die_in(make_context, store, copy_task, "part" if kind == "oss" else "write")
    assert store.open_uploads() or work_files(store)
    copy_task(context, task, "2")
    assert (store.open_uploads(), work_files(store)) == ([], [])
    assert {path: len(data) for path, data in store.files().items() if path.startswith("/t/")} == {
        f"/t/{path}": size for path, size in SIZES.items()
    }


@pytest.mark.parametrize("work", [copy_task, cut_task])
def test_the_intent_is_on_record_before_the_first_upload_begins(make_context, oss, work) -> None:
    flaky = FlakyFileSystem(oss)
    context = make_context(flaky, ["/s"], "/t")
    work(context, plan(context, oss), "1")
    calls = [(name, path.rpartition("/")[2]) for name, path in flaky.calls if name in ("create", "begin")]
    assert calls.index(("create", f"{'copy' if work is copy_task else 'cut'}-00000.0.json")) < calls.index(
        ("begin", "large")
    )


def test_files_that_are_published_at_once_need_no_intent(make_context, oss) -> None:
    context = make_context(oss, ["/s"], "/t")
    writer = PlanWriter("plan/1.parquet")
    oss.place("/s/small", b"x", mtime_ms=1000)
    writer.add(CopyItem("small", 0, "COPY", "F", 1, 1000, part_size_bytes=PART), 0.1)
    copy_task(context, CopyTask(0, tuple(writer.publish(context.open_job_dir()))), "1")
    assert context.open_job_dir().names("intents") == []


def test_failures_of_an_attempt_that_another_has_taken_over_are_not_published(make_context, oss) -> None:
    context, task = die_in(make_context, oss, copy_task, "part")

    def overtake() -> None:
        context.open_job_dir().publish("intents/copy-00000.2.json", b"{}")

    fault = Fault("part", "/t/large", meanwhile=overtake, silent=True, times=1)
    gone = Fault("complete", "/t/large", PermissionDenied)
    seat(context, FlakyFileSystem(oss, fault, gone))
    with pytest.raises(StoreGone, match="another attempt"):
        copy_task(context, task, Attempt("2"))
    assert context.open_job_dir().names("ledger") == []


def test_a_run_that_is_given_up_leaves_nothing_as_far_as_the_store_answers(make_context, oss) -> None:
    context, _ = die_in(make_context, oss, copy_task, "part")
    clear_up(context, keeps_chunks=False)
    assert oss.open_uploads() == []


def test_an_upload_that_could_not_be_dropped_is_gone_when_the_run_ends(make_context) -> None:
    store = MemoryFileSystem(capabilities=LIKE_OSS)
    context = make_context(store, ["/s"], "/t")
    task = plan(context, store)
    seat(
        context,
        FlakyFileSystem(
            store, Fault("part", "/t/large", Unreachable, times=1), Fault("abort", "/t/large", Unreachable, times=1)
        ),
    )
    report = copy_task(context, task, Attempt("1", is_last=True))
    assert report.counters[OWN]["FILES_COPIED"] == 2
    assert len(store.open_uploads()) == 1
    run = SimpleNamespace(report=SimpleNamespace(counters=Counters()))
    tidy(context, run)
    assert (store.open_uploads(), run.report.counters.get(OWN, "UPLOADS_DROPPED")) == ([], 1)


def test_a_run_that_could_not_drop_all_of_its_uploads_says_so(make_context) -> None:
    store = MemoryFileSystem(capabilities=LIKE_OSS)
    context, _ = die_in(make_context, store, copy_task, "complete")
    seat(context, FlakyFileSystem(store, Fault("abort", "/t/", PermissionDenied)))
    run = SimpleNamespace(report=SimpleNamespace(counters=Counters()))
    tidy(context, run)
    assert run.report.counters.get(OWN, "UPLOADS_LEFT") == 1
    assert len(store.open_uploads()) == 1

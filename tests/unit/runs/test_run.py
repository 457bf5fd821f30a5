"""A run from outside: its lock, its records, its waves."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import (
    BrakeError,
    CommitError,
    LockLost,
    PermissionDenied,
    SurveyError,
    Unreachable,
    UsageError,
)
from hdfs2oss.model.values import CopyTask, PlanSlice, TaskReport
from hdfs2oss.records import ledger
from hdfs2oss.records.fence import lock_path
from hdfs2oss.records.holder import Holder, this_process
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.lock import Pace
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runners.stop import checkpoint
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.run import Run, open_run
from hdfs2oss.runs.timeline import Timeline
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem
from tests.unit.conftest import place

Begin = Callable[..., AbstractContextManager[Run]]
LOCK = lock_path("/jobs/pair", 1)
RELEASED = lock_path("/jobs/pair", 1, ".released")


@pytest.fixture
def begin(make_context) -> Begin:
    """`begin(store)`: a run of one pair whose records lie in that store."""

    def make(store: FlakyFileSystem | MemoryFileSystem, sources: tuple[str, ...] = ("/s",)) -> AbstractContextManager:
        context = make_context(store, list(sources), "/t")
        timeline = Timeline(Progress(io.StringIO()))
        return open_run(context.options, context.stores, place("/jobs/pair"), LocalRunner(0), timeline)

    return make


def records(store: MemoryFileSystem) -> dict[str, bytes]:
    return {path.rpartition("/")[2]: data for path, data in store.files().items() if "/_lock/" not in path}


def follow(store: MemoryFileSystem) -> None:
    store.place(lock_path("/jobs/pair", 2), Holder("other", "elsewhere", 1, time.time()).to_json())


def fail(begun: AbstractContextManager[Run], work: Callable[[Run], object]) -> None:
    """A run that works and then fails."""
    with pytest.raises(SurveyError), begun as run:
        fail_after(work, run)


def fail_after(work: Callable[[Run], object], run: Run) -> None:
    work(run)
    raise SurveyError("the listing is not complete")


def ledger_of(store: MemoryFileSystem, run: str, task: str, **own: int) -> TaskReport:
    report = TaskReport(task, "1", "h", f"{task}.parquet", 1.0, 1.0, 1, {OWN: own})
    ledger.publish(JobDir(store, "/jobs/pair", run), report, [])
    return report


def test_the_lock_is_held_for_the_block_and_given_back(begin: Begin, memory) -> None:
    with begin(memory) as run:
        assert json.loads(memory.read_bytes(LOCK))["run"] == run.id
        run.check_lock()
        with pytest.raises(BrakeError, match=f"run {run.id}"), begin(memory):
            pass
    assert memory.status(RELEASED) is not None


def test_what_was_asked_and_what_came_of_it_are_on_record(begin: Begin, memory) -> None:
    with begin(memory) as run:
        run.report.counters.add(OWN, "FILES_COPIED")
        with run.phase("copy"):
            pass
    assert set(records(memory)) == {"run.json", "report.json", "counters.txt"}
    asked, report = json.loads(records(memory)["run.json"]), json.loads(records(memory)["report.json"])
    assert (asked["run"], asked["sources"], asked["target"]) == (run.id, ["file:///s"], "file:///t")
    assert (asked["fence"], run.fence) == (1, 1)
    assert list(asked) == ["run", "fence", "sources", "target", "log", "options", "started", "records"]
    assert (report["run"], list(report["phase_seconds"])) == (run.id, ["copy"])
    assert records(memory)["counters.txt"] == b"Counters: 1\n\thdfs2oss\n\t\tFILES_COPIED=1\n"


@pytest.mark.parametrize(("number", "shown"), [(3, "file:///0, file:///1, file:///2"), (4, "file:///0 and 3 more")])
def test_the_report_names_few_sources_and_counts_many(begin: Begin, memory, number, shown) -> None:
    with begin(memory, tuple(f"/{name}" for name in range(number))) as run:
        assert run.report.source == shown


def test_a_run_that_fails_leaves_the_account_of_what_is_known_and_gives_the_lock_back(begin: Begin, memory) -> None:
    fail(begin(memory), lambda run: run.report.counters.add(OWN, "FILES_COPIED", 7))
    assert set(records(memory)) == {"run.json", "report.json", "counters.txt"}
    report = json.loads(records(memory)["report.json"])
    assert (report["exit_code"], report["success"]) == (3, False)
    assert report["ended_by"] == "SurveyError: the listing is not complete"
    assert b"FILES_COPIED=7" in records(memory)["counters.txt"]
    assert memory.status(RELEASED) is not None


def test_the_account_of_a_run_that_fails_holds_no_secret(begin: Begin, memory) -> None:
    with pytest.raises(SurveyError), begin(memory):
        raise SurveyError("cannot list oss://id:hush@b/x")
    report = json.loads(records(memory)["report.json"])
    assert report["ended_by"] == "SurveyError: cannot list oss://***@b/x"


@pytest.mark.slow
def test_ledgers_that_nobody_handed_over_are_folded_once_when_a_run_ends_badly(begin: Begin, memory) -> None:
    """As on Spark, where a lost wave hands over nothing."""

    def work(run: Run) -> None:
        run.take(ledger_of(memory, run.id, "copy-00000", FILES_COPIED=3))
        for number in range(1, 100):
            ledger_of(memory, run.id, f"copy-{number:05d}", FILES_COPIED=10)

    fail(begin(memory), work)
    assert b"FILES_COPIED=993" in records(memory)["counters.txt"]


def test_a_ledger_that_cannot_be_read_is_told_and_the_others_count(begin: Begin, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("read", "copy-1", PermissionDenied))

    def work(run: Run) -> None:
        for number in range(3):
            ledger_of(memory, run.id, f"copy-{number}", FILES_COPIED=10)
        memory.place(f"/jobs/pair/runs/{run.id}/ledger/copy-3.parquet", b"no table at all")

    fail(begin(flaky), work)
    report = json.loads(records(memory)["report.json"])
    assert report["counters"][OWN]["FILES_COPIED"] == 20
    assert "2 ledger files could not be read" in report["ended_by"]


def test_a_job_directory_that_is_away_for_a_while_does_not_end_the_run(begin: Begin, memory) -> None:
    away = [Fault("create", name, Unreachable, times=2) for name in ("_lock", "run.json")]
    away.append(Fault("put", "report.json", Unreachable, times=2))
    with begin(FlakyFileSystem(memory, *away)):
        pass
    assert set(records(memory)) == {"run.json", "report.json", "counters.txt"}


def test_a_store_error_that_no_phase_gave_a_meaning_to_is_the_job_directorys(begin: Begin, memory) -> None:
    with pytest.raises(CommitError, match="without its job directory file:///jobs/pair: no answer"), begin(memory):
        raise Unreachable("no answer")
    assert memory.status(RELEASED) is not None
    assert json.loads(records(memory)["report.json"])["exit_code"] == 5


@pytest.mark.parametrize("name", ["run.json", "report.json", "counters.txt"])
def test_a_record_that_cannot_be_written_ends_the_run(begin: Begin, memory, name) -> None:
    flaky = FlakyFileSystem(memory, Fault("create" if name == "run.json" else "put", name, PermissionDenied))
    with pytest.raises(CommitError, match="without its job directory file:///jobs/pair"), begin(flaky):
        pass
    assert memory.status(LOCK) is None or memory.status(RELEASED) is not None


def test_a_lock_that_cannot_be_written_refuses_the_command_before_anything_began(begin: Begin, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("create", "_lock", PermissionDenied))
    with pytest.raises(UsageError, match="nothing was copied") as caught, begin(flaky):
        pass
    assert caught.value.exit_code == 2
    assert memory.files() == {}


def test_a_run_that_lost_its_lock_publishes_nothing_more_and_leaves_it_alone(begin: Begin, memory) -> None:
    with pytest.raises(LockLost, match="taken over by another run") as caught, begin(memory):
        follow(memory)
    assert set(records(memory)) == {"run.json"}
    assert memory.status(lock_path("/jobs/pair", 2, ".released")) is None
    assert caught.value.exit_code == 5


def test_losing_the_lock_cancels_the_runner_and_ends_the_run_with_5(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t")
    runner = LocalRunner(0)
    timeline = Timeline(Progress(io.StringIO()))

    def work(task: int, attempt: str) -> str:
        follow(memory)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            checkpoint()
            time.sleep(0.01)
        raise AssertionError("nobody cancelled the runner")

    pace = Pace(beat_seconds=0.01)
    with (
        pytest.raises(LockLost, match="taken over") as caught,
        open_run(context.options, context.stores, place("/jobs/pair"), runner, timeline, pace) as run,
    ):
        run.wave("copy", work, [1], print)
    assert caught.value.exit_code == 5
    assert set(records(memory)) == {"run.json"}


def test_the_run_after_a_killed_one_says_what_its_ledgers_hold_and_completes_its_report(make_context, memory) -> None:
    ledger_of(memory, "dead", "copy-00000", FILES_COPIED=5, BYTES_COPIED=50)
    ledger_of(memory, "dead", "copy-00001", FILES_COPIED=2, BYTES_COPIED=20, FILES_FAILED=1)
    memory.place(LOCK, this_process("dead", 0.0)._replace(process=gone()).to_json())
    context = make_context(memory, ["/s"], "/t")
    said = io.StringIO()
    timeline = Timeline(Progress(said))
    for _ in range(2):
        with open_run(context.options, context.stores, place("/jobs/pair"), LocalRunner(0), timeline):
            pass
    lines = said.getvalue().splitlines()
    assert len(lines) == 1
    assert "dead" in lines[0]
    assert "7 files copied (70 bytes), 1 failed" in lines[0]
    report = json.loads(memory.read_bytes("/jobs/pair/runs/dead/report.json"))
    assert (report["run"], report["success"], report["counters"][OWN]["FILES_COPIED"]) == ("dead", False, 7)
    assert b"FILES_COPIED=7" in memory.read_bytes("/jobs/pair/runs/dead/counters.txt")


def gone() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_wave_runs_its_tasks_and_an_empty_one_is_none(begin: Begin, memory) -> None:
    reports: list[tuple[int, str]] = []
    with begin(memory) as run:
        run.wave("copy", lambda task, attempt: (task, attempt), [7, 8], reports.append)
        run.wave("copy", lambda task, attempt: (task, attempt), [], reports.append)
        run.settle()
    assert reports == [(7, "1"), (8, "2")]
    assert run.report.counters.as_dict()["Job Counters"]["Launched map tasks"] == 2


def test_reports_of_tasks_are_folded_and_told_to_progress(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t")
    timeline = Timeline(Progress(io.StringIO()))
    tasks = [CopyTask(number, (PlanSlice("plan/1", number, 5, 100, 1.0),)) for number in range(2)]
    report = TaskReport("copy-0", "1", "h", "copy-0.parquet", 1.0, 1.0, 1, {OWN: {"FILES_COPIED": 5}})
    with open_run(context.options, context.stores, place("/jobs/pair"), LocalRunner(0), timeline) as run:
        run.report.add_survey({OWN: {"FILES_EXPECTED": 13, "FILES_SKIPPED": 3, "DIRECTORIES_EXPECTED": 4}}, [])
        run.follow("copy", tasks)
        run.take(report)
        assert timeline.progress.line().startswith("copy: 1/2 tasks, 5/10 files, 0 B of 200 B")
    timeline.progress.end()
    assert run.report.files_to_come == 5
    assert run.report.counters.get(OWN, "FILES_COPIED") == 5


def test_accounts_that_do_not_balance_are_found_when_the_run_settles(begin: Begin, memory) -> None:
    with begin(memory) as run:
        run.report.counters.add(OWN, "FILES_EXPECTED")
        run.settle()
    assert run.report.exit_code == 1
    assert json.loads(records(memory)["report.json"])["discrepancy"] != ""

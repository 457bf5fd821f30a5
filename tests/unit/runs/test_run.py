"""A run from outside: its lock, its records, its waves."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import BrakeError, CommitError, PermissionDenied, SurveyError, Unreachable, UsageError
from hdfs2oss.model.values import CopyTask, PlanSlice, TaskReport
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.run import Run, open_run
from hdfs2oss.runs.timeline import Timeline
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem
from tests.unit.conftest import place

Begin = Callable[..., AbstractContextManager[Run]]
LOCK = "/jobs/pair/_lock"


@pytest.fixture
def begin(make_context) -> Begin:
    """`begin(store)`: a run of one pair whose records lie in that store."""

    def make(store: FlakyFileSystem | MemoryFileSystem, sources: tuple[str, ...] = ("/s",)) -> AbstractContextManager:
        context = make_context(store, list(sources), "/t")
        timeline = Timeline(Progress(io.StringIO()))
        return open_run(context.options, context.stores, place("/jobs/pair"), LocalRunner(0), timeline)

    return make


def records(store: MemoryFileSystem) -> dict[str, bytes]:
    return {path.rpartition("/")[2]: data for path, data in store.files().items()}


def test_the_lock_is_held_for_the_block_and_given_back(begin: Begin, memory) -> None:
    with begin(memory) as run:
        assert json.loads(memory.read_bytes(LOCK))["run"] == run.id
        run.check_lock()
        with pytest.raises(BrakeError, match=f"run {run.id}"), begin(memory):
            pass
    assert memory.status(LOCK) is None


def test_what_was_asked_and_what_came_of_it_are_on_record(begin: Begin, memory) -> None:
    with begin(memory) as run:
        run.report.counters.add(OWN, "FILES_COPIED")
        with run.phase("copy"):
            pass
    assert set(records(memory)) == {"run.json", "report.json", "counters.txt"}
    assert all(path.startswith(f"/jobs/pair/runs/{run.id}/") for path in memory.files())
    asked, report = json.loads(records(memory)["run.json"]), json.loads(records(memory)["report.json"])
    assert (asked["run"], asked["sources"], asked["target"]) == (run.id, ["file:///s"], "file:///t")
    assert list(asked) == ["run", "sources", "target", "log", "options", "started"]
    assert (report["run"], list(report["phase_seconds"])) == (run.id, ["copy"])
    assert records(memory)["counters.txt"] == b"Counters: 1\n\thdfs2oss\n\t\tFILES_COPIED=1\n"


@pytest.mark.parametrize(("number", "shown"), [(3, "file:///0, file:///1, file:///2"), (4, "file:///0 and 3 more")])
def test_the_report_names_few_sources_and_counts_many(begin: Begin, memory, number, shown) -> None:
    with begin(memory, tuple(f"/{name}" for name in range(number))) as run:
        assert run.report.source == shown


def test_a_run_that_fails_leaves_no_report_and_no_lock(begin: Begin, memory) -> None:
    with pytest.raises(SurveyError), begin(memory):
        raise SurveyError("the listing is not complete")
    assert set(records(memory)) == {"run.json"}


def test_a_store_error_that_no_phase_gave_a_meaning_to_is_the_job_directorys(begin: Begin, memory) -> None:
    with pytest.raises(CommitError, match="without its job directory file:///jobs/pair: no answer"), begin(memory):
        raise Unreachable("no answer")
    assert memory.status(LOCK) is None


@pytest.mark.parametrize("name", ["run.json", "report.json", "counters.txt"])
def test_a_record_that_cannot_be_written_ends_the_run(begin: Begin, memory, name) -> None:
    flaky = FlakyFileSystem(memory, Fault("create", name, PermissionDenied))
    with pytest.raises(CommitError, match="without its job directory file:///jobs/pair"), begin(flaky):
        pass
    assert memory.status(LOCK) is None


def test_a_lock_that_cannot_be_written_refuses_the_command_before_anything_began(begin: Begin, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("create", "_lock", PermissionDenied))
    with pytest.raises(UsageError, match="nothing was copied") as caught, begin(flaky):
        pass
    assert caught.value.exit_code == 2
    assert memory.files() == {}


def test_a_run_that_lost_its_lock_publishes_nothing_more_and_leaves_it_alone(begin: Begin, memory) -> None:
    thief = json.dumps({"run": "other", "host": "elsewhere", "process": 1, "heartbeat": 0}).encode()
    with pytest.raises(CommitError, match="taken over by another run"), begin(memory):
        memory.place(LOCK, thief)
    assert set(records(memory)) == {"run.json", "_lock"}
    assert memory.read_bytes(LOCK) == thief


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

"""The delete phase: what stops it, what a second look finds, in which order things go."""

from __future__ import annotations

import dataclasses

import pytest

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import LockLost, PermissionDenied, StoreGone, Unreachable
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE, CopyItem, TaskReport
from hdfs2oss.phases.deletion.wave import _BATCH, _batches, _stages, delete_task, obstacle
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share, SurveyReport
from hdfs2oss.records import ledger
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.rules.packing import pack
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.report import Report
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem
from tests.unit.phases.test_survey import store_of


def packed_for(slots: int):
    return lambda wave, slices: pack(slices, slots)


def surveyed(context: RunContext, entries: int = 1_000_000) -> SurveyReport:
    share = Share(entries, 3600.0)
    return survey(context, LocalRunner(0), share, share)


def candidates(context: RunContext, found: SurveyReport) -> list[CopyItem]:
    depths = sorted(found.missing.directories, reverse=True)
    slices = [*found.missing.files, *(one for depth in depths for one in found.missing.directories[depth])]
    return list(read_slices(context.open_job_dir(), tuple(slices)))


def removed(context: RunContext, found: SurveyReport) -> tuple[TaskReport, dict[str, str]]:
    """Removes as one task does; the report, and the outcomes by path."""
    (tasks,) = _stages(found.missing.files, found.missing.directories, packed_for(1))
    report = delete_task(context, tasks[0], "0")
    results = ledger.read_results(context.open_job_dir(), report.ledger_file)
    return report, {one.path: one.outcome for one in results}


@pytest.mark.parametrize("entries", [0, 1, 3, 1_000_000])
def test_what_a_filter_matches_by_its_path_at_the_target_stays(make_context, entries) -> None:
    both = ["a", "both/1", "both/in/1"]
    store = store_of(s=both, t=[*both, "gone", "kept", "old/gone", "old/kept/x", "both/2", "both/in/2", "both/in/d/3"])
    filters = ("/t/kept", "file:///t/old/kept", "/t/both")
    context = make_context(store, ["/s"], "/t", update=True, delete=True, filters=filters)
    paths = [item.path for item in candidates(context, surveyed(context, entries))]
    assert sorted(paths) == ["gone", "old/gone"]


@pytest.mark.slow
@pytest.mark.parametrize("entries", [0, 1, 3, 10, 1_000_000])
def test_candidates_are_the_same_whatever_the_budget_of_a_unit(make_context, entries) -> None:
    target = [f"{a}/{b}/{c}" for a in "abcd" for b in "xyz" for c in "12345"] + ["a/x/empty/", "f", "d0", "a-b"]
    source = ["a/x/1", "a/y/7", "b/z/5", "b/new/1", "c", "e/f"]
    context = make_context(store_of(s=source[:4] + source[5:], t=target), ["/s"], "/t", update=True, delete=True)
    found = surveyed(context, entries)
    items = candidates(context, found)
    files = sorted(item.path for item in items if item.kind == FILE)
    directories = [item.path for item in items if item.kind == DIRECTORY]
    assert files == sorted(path for path in target if not path.endswith("/") and path not in source)
    assert sorted(directories) == ["a/x/empty", "a/z", "b/x", "b/y", "c", "c/x", "c/y", "c/z", "d", "d/x", "d/y", "d/z"]
    assert [path.count("/") for path in directories] == sorted((path.count("/") for path in directories), reverse=True)
    own = found.counters["hdfs2oss"]
    assert (own["FILES_MISSING"], own["DIRECTORIES_MISSING"]) == (len(files), len(directories))
    assert own["FILES_AT_TARGET"] == len(target) - 1
    assert own["DIRECTORIES_AT_TARGET"] == 4 + 12 + 1


def test_directories_that_go_are_never_among_the_files_however_many_there_are(make_context) -> None:
    names = [f"old/{number:03}" for number in range(200)]
    context = make_context(store_of(s=["a"], t=[f"{name}/" for name in names]), ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    assert found.missing.files == []
    assert [item.path for item in candidates(context, found)] == [*names, "old"]


def test_without_delete_what_only_the_target_has_is_not_listed(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=["a/f"], t=["a/f", "old/deep/file"]))
    surveyed(make_context(flaky, ["/s"], "/t", update=True))
    assert not [path for operation, path in flaky.calls if operation == "list" and path.startswith("/t/old/deep")]


def test_files_go_before_directories_and_deeper_directories_before_those_they_lie_in() -> None:
    def item(path: str, kind: str) -> CopyItem:
        return CopyItem(path, 0, "DELETE", kind, 1, 1)

    items = [item("d", FILE), item("e/f", FILE), item("d/e", DIRECTORY), item("x/y", DIRECTORY), item("d", DIRECTORY)]
    batches = [[one.path for one in batch] for batch in _batches(iter(items))]
    assert batches == [["d", "e/f"], ["d/e", "x/y"], ["d"]]
    many = [item(f"f{number:04}", FILE) for number in range(_BATCH + 1)]
    assert [len(batch) for batch in _batches(iter([*many, item("d", DIRECTORY)]))] == [_BATCH, 1, 1]


def test_a_deep_tree_is_removed_with_what_lies_in_it(make_context) -> None:
    store = store_of(s=["f"], t=["f", "d/e/f/g/1", "d/e/2", "d/x/"])
    context = make_context(store, ["/s"], "/t", update=True, delete=True)
    report, outcomes = removed(context, surveyed(context))
    assert set(outcomes.values()) == {"DELETED"}
    assert [path for path in store.files() if path.startswith("/t")] == ["/t/f"]
    assert store.status("/t/d") is None
    assert report.counters["hdfs2oss"]["DIRECTORIES_DELETED"] == 5


def test_a_file_that_has_come_up_at_a_source_survives_and_so_do_its_directories(make_context) -> None:
    store = store_of(s1=["f"], s2=["f2"], t=["f", "old/d/again", "old/gone"])
    context = make_context(store, ["/s1", "/s2"], "/t", update=True, delete=True)
    found = surveyed(context)
    store.place("/s2/old/d/again", b"new")
    report, outcomes = removed(context, found)
    assert outcomes == {"old/d/again": "KEPT", "old/gone": "DELETED", "old/d": "KEPT", "old": "KEPT"}
    assert report.counters["hdfs2oss"]["FILES_KEPT"] == 1
    assert "/s2/old/d/again has come up since the survey" in report.failures[0].message


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        ({"mtime_ms": 1001}, "KEPT"),
        ({"length": 4}, "KEPT"),
        ({"etag": "other"}, "KEPT"),
        ({"owner": "somebody"}, "DELETED"),
    ],
)
def test_a_target_file_that_has_changed_since_the_survey_stays(make_context, attributes, outcome) -> None:
    store = store_of(s=["f"], t=["f", "old"])
    context = make_context(store, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    store.place("/t/old", b"xxx", **{"mtime_ms": 1000, **attributes})
    assert removed(context, found)[1] == {"old": outcome}


def test_a_directory_into_which_something_came_meanwhile_stays_with_it(make_context) -> None:
    store = store_of(s=["f"], t=["f", "old/a", "old/d/b"])
    context = make_context(store, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    store.place("/t/old/d/new", b"of somebody else")
    report, outcomes = removed(context, found)
    assert outcomes == {"old/a": "DELETED", "old/d/b": "DELETED", "old/d": "KEPT", "old": "KEPT"}
    assert "/t/old/d/new" in store.files()
    assert any("it is not empty" in one.message for one in report.failures)


def test_a_directory_that_is_a_file_by_now_stays(make_context) -> None:
    store = store_of(s=["f"], t=["f", "old/"])
    context = make_context(store, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    store.remove("/t/old")
    store.place("/t/old", b"a file")
    assert removed(context, found)[1] == {"old": "KEPT"}


def test_what_has_gone_by_then_is_told_as_gone(make_context) -> None:
    store = store_of(s=["f"], t=["f", "old"])
    context = make_context(store, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    store.remove("/t/old")
    assert removed(context, found)[1] == {"old": "GONE"}


@pytest.mark.parametrize("operation", ["status", "remove"])
def test_a_failure_is_that_of_one_entry_and_others_go_on(make_context, operation) -> None:
    store = store_of(s=["f"], t=["f", "a/1", "b/2"])
    flaky = FlakyFileSystem(store)
    context = make_context(flaky, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    flaky.faults.append(Fault(operation, path="/t/a/1", error=PermissionDenied))
    report, outcomes = removed(context, found)
    if operation == "remove":
        assert outcomes == {"a/1": "FAILED", "b/2": "DELETED", "a": "KEPT", "b": "DELETED"}
        assert report.counters["hdfs2oss"]["FILES_UNDELETED"] == 1
    else:
        assert outcomes["a/1"] == "FAILED"
        assert "/t/a/1" in store.files()
    assert "deleting file:///t/a/1, which no source has: cannot" in next(iter(report.failures)).message


def test_a_store_that_gives_no_answer_is_asked_by_another_try_of_the_task(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=["f"], t=["f", "old"]))
    context = make_context(flaky, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    flaky.faults.append(Fault("remove", path="/t/old", error=Unreachable, times=1))
    (tasks,) = _stages(found.missing.files, found.missing.directories, packed_for(1))
    with pytest.raises(StoreGone):
        delete_task(context, tasks[0], Attempt("0", is_last=False))
    assert delete_task(context, tasks[0], Attempt("1", is_last=True)).counters["hdfs2oss"]["FILES_DELETED"] == 1


def test_a_task_that_was_done_is_not_done_again(make_context) -> None:
    store = store_of(s=["f"], t=["f", "old"])
    context = make_context(store, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    report, _ = removed(context, found)
    store.place("/t/old", b"xxx", mtime_ms=1000)
    assert removed(context, found)[0] == report
    assert "/t/old" in store.files()


def test_where_a_directory_of_a_source_is_missing_its_files_are_not_asked_for(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=["f"], t=["f", *(f"old/{number}" for number in range(50))]))
    context = make_context(flaky, ["/s"], "/t", update=True, delete=True)
    found = surveyed(context)
    flaky.calls.clear()
    removed(context, found)
    assert [path for operation, path in flaky.calls if operation == "status" and path.startswith("/s")] == [
        "/s/old",
        "/s/old",
    ]


@pytest.mark.parametrize("like", [LIKE_HDFS, LIKE_OSS], ids=["like HDFS", "like OSS"])
@pytest.mark.parametrize(
    ("path", "below"),
    [(".hdfs2oss", "x/report.json"), ("a/.hdfs2oss-work-1", ""), (".Trash", "Current/f"), ("logs", "run/part")],
)
def test_our_own_places_stay_and_so_do_the_directories_they_are_in(make_context, like, path, below) -> None:
    store = MemoryFileSystem(like, clock_ms=lambda: 1000)
    store.place("/s/f", b"")
    place = f"/t/deep/{path}" + (f"/{below}" if below else "")
    store.place(place, b"records")
    store.place("/t/deep/other/old", b"")
    logs = {"log_path": Uri("file", "", "/t/deep/logs")}
    context = make_context(store, ["/s"], "/t", update=True, delete=True, **logs)
    found = surveyed(context)
    assert {item.path for item in candidates(context, found)} <= {"deep/other/old", "deep/other"}
    removed(context, found)
    assert place in store.files()
    assert "/t/deep/other/old" not in store.files()
    assert (store.status("/t/deep/other") is not None) is False


def test_a_run_that_has_lost_its_lock_removes_nothing(make_context) -> None:
    store = store_of(s=["f"], t=["f", "old"])
    context = dataclasses.replace(make_context(store, ["/s"], "/t", update=True, delete=True), fence=7)
    with pytest.raises(LockLost):
        removed(context, surveyed(context))
    assert "/t/old" in store.files()


def test_nothing_is_concluded_from_a_copy_that_did_not_go_well() -> None:
    report = Report("run", "s", "t", "jobs")
    assert obstacle(report) == ""
    report.counters.add(OWN, "FILES_CHANGED")
    assert obstacle(report) == "1 entries failed, or changed while they were copied"
    report.problems = [("/t/d", "no permission")]
    assert obstacle(report) == "a part of the trees could not be listed"


def test_the_tasks_of_a_large_deletion_are_files_then_each_depth(make_context) -> None:
    context = make_context(store_of(s=["f"], t=["f", "d/e/1", "d/2"]), ["/s"], "/t", update=True, delete=True)
    missing = surveyed(context).missing
    dear = [piece._replace(cost=100.0) for piece in missing.files]
    names = [[task.name for task in tasks] for tasks in _stages(dear, missing.directories, packed_for(2))]
    assert names == [["delete-files-00000"], ["delete-d001-00000"], ["delete-d000-00000"]]

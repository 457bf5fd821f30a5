import json
import re

import pytest

from hdfs2oss.model.counters import COPY_MAPPER, JOB, OWN
from hdfs2oss.model.values import CopyResult, TaskReport
from hdfs2oss.runs.report import Report


def report(**own: int) -> Report:
    made = Report("run", "hdfs://nn/s", "oss://b/t", "file:///jobs/run")
    made.add_survey({OWN: own}, [])
    made.check_identities()
    return made


def failure(number: int) -> CopyResult:
    return CopyResult(f"f{number}", 0, "F", "COPY", "FAILED", 5, 0, message="no", error_class="ReadError")


def task(counters: dict[str, dict[str, int]], failures: tuple[CopyResult, ...] = ()) -> TaskReport:
    return TaskReport("copy-0", "1", "h:1", "copy-0.parquet", 2.0, 1.0, 1 << 20, counters, failures)


BALANCED = {
    "FILES_LISTED": 15,
    "FILES_EXCLUDED": 4,
    "FILES_PLANNED": 7,
    "FILES_CONFLICTING": 1,
    "FILES_EXPECTED": 11,
    "FILES_OPEN": 1,
    "FILES_COPIED": 4,
    "FILES_SKIPPED": 3,
    "FILES_FAILED": 2,
    "FILES_CHANGED": 1,
}


def test_expected_is_copied_skipped_failed_and_changed() -> None:
    assert report(**BALANCED).discrepancy == ""
    assert report(**BALANCED).exit_code == 4


@pytest.mark.parametrize("name", BALANCED)
def test_one_file_too_many_anywhere_is_a_discrepancy(name: str) -> None:
    off = report(**{**BALANCED, name: BALANCED[name] + 1})
    assert re.fullmatch(r"\d+ files were (expected|listed), but: .*", off.discrepancy)


def test_bytes_must_balance_too() -> None:
    off = report(FILES_EXPECTED=1, FILES_COPIED=1, BYTES_EXPECTED=5, BYTES_COPIED=4)
    assert off.discrepancy == "5 bytes were expected, but: 4 copied, 0 skipped, 0 failed, 0 changed, 0 open"
    assert off.exit_code == 1


@pytest.mark.parametrize(
    ("own", "problems", "code"),
    [
        ({}, [], 0),
        ({"FILES_LISTED": 1, "FILES_PLANNED": 1, "FILES_EXPECTED": 1, "FILES_COPIED": 1}, [], 0),
        ({"FILES_EXPECTED": 1, "FILES_COPIED": 1}, [("/d", "no")], 8),
        ({"FILES_EXPECTED": 1, "FILES_FAILED": 1}, [("/d", "no")], 8),
        ({"DIRECTORIES_MADE": 1}, [("/d", "no")], 8),
        ({}, [("/", "no")], 3),
        ({"FILES_EXPECTED": 1, "FILES_FAILED": 1}, [], 4),
        ({"FILES_EXPECTED": 1, "FILES_CHANGED": 1}, [], 4),
        ({"FILES_EXPECTED": 1, "FILES_OPEN": 1}, [], 4),
        ({"DIRECTORIES_FAILED": 1}, [], 4),
        ({"FILES_EXPECTED": 1}, [], 1),
        ({"FILES_LISTED": 1}, [], 1),
        ({"BYTES_LISTED": 1}, [], 1),
        ({"DIRECTORIES_LISTED": 1}, [], 1),
    ],
)
def test_the_exit_code_tells_the_worst(own: dict[str, int], problems: list[tuple[str, str]], code: int) -> None:
    made = report(**own)
    made.problems = problems
    assert made.exit_code == code
    assert made.as_dict()["success"] is (code == 0)


def test_tasks_are_folded_and_only_the_first_hundred_failures_are_kept() -> None:
    made = report()
    for start in range(0, 160, 20):
        failures = tuple(failure(number) for number in range(start, start + 20))
        made.add_task(task({COPY_MAPPER: {"FAIL": 20}, OWN: {"FILES_FAILED": 20}}, failures))
    made.add_job({"Launched map tasks": 8})
    assert [one.path for one in made.failures] == [f"f{number}" for number in range(100)]
    assert (made.failed_files, made.counters.get(COPY_MAPPER, "FAIL")) == (160, 160)
    assert made.counters.get(JOB, "Launched map tasks") == 8
    assert made.slowest_task_seconds == 2.0


def test_the_report_is_json_with_the_facts_an_operator_asks_for() -> None:
    made = report(FILES_EXPECTED=1, FILES_FAILED=1)
    made.add_task(task({}, (failure(1),)))
    made.problems = [("hdfs://nn/s/d", "cannot list")]
    made.phase_seconds = {"copy": 1.23456}
    written = json.loads(json.dumps(made.as_dict()))
    assert written["failures"] == [
        {"path": "f1", "outcome": "FAILED", "class": "ReadError", "message": "no", "retryable": False}
    ]
    assert written["problems"] == [{"place": "hdfs://nn/s/d", "cause": "cannot list"}]
    assert (written["exit_code"], written["phase_seconds"], written["version"]) == (8, {"copy": 1.235}, 1)


def test_only_of_runs_that_are_settled_it_is_told_that_they_have_no_ledger() -> None:
    """Tasks of one that was killed may still publish theirs."""
    report = Report("run", "", "", "", settled=["1", "2"], rowless=["2", "3"])
    assert (report.as_dict()["settled"], report.as_dict()["rowless"]) == (["1", "2"], ["2"])

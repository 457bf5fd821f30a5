"""What the report of the last run tells of those before it, so that nobody reads theirs again."""

from __future__ import annotations

import json

import pytest

from hdfs2oss.model.counters import OWN
from hdfs2oss.records import layout
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.past_runs import SWEPT, expire, forget_all_but, names_of_runs, settled_among
from tests.stores.faults import FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

NAMES = ["1", "2", "3", "4"]


@pytest.fixture
def here() -> JobDir:
    """Four runs: the second was killed, the third went through and left an upload."""
    job_dir = JobDir(FlakyFileSystem(MemoryFileSystem()), "/jobs/pair", "5")
    for name in NAMES:
        left = {OWN: {"UPLOADS_LEFT": int(name == "3")}}
        if name != "2":
            job_dir.of_run(name).publish_json("report.json", {"run": name, "success": True, "counters": left})
        job_dir.of_run(name).publish("ledger/a.parquet", b"")
    return job_dir


def last(settled: tuple[str, ...] = (), success: bool = True) -> dict[str, object]:
    return {"run": "4", "success": success, "counters": {}, "settled": list(settled)}


def looked_at(here: JobDir) -> set[str]:
    return {path.split("/")[4] for operation, path in here.filesystem.calls if operation in ("open", "status")}


def test_without_a_report_that_tells_of_them_all_runs_are_looked_at(here) -> None:
    assert settled_among(here, NAMES, {}) == ["1", "4"]
    assert looked_at(here) == set(NAMES)


def test_of_runs_that_the_last_report_names_and_of_its_own_nothing_is_read(here) -> None:
    assert settled_among(here, NAMES, last(("1",))) == ["1", "4"]
    assert looked_at(here) == {"2", "3"}


def test_a_run_that_was_swept_since_the_last_report_is_settled(here) -> None:
    here.of_run("2").publish(SWEPT, b"{}")
    assert settled_among(here, NAMES, last(("1",))) == ["1", "2", "4"]


def test_a_last_run_that_failed_is_looked_at_as_any_other(here) -> None:
    here.of_run("4").replace("report.json", json.dumps(last(("1",), success=False)).encode())
    assert settled_among(here, NAMES, last(("1",), success=False)) == ["1"]
    assert "4" in looked_at(here)


@pytest.mark.parametrize(
    "damage",
    [
        {"counters": None},
        {"counters": []},
        {"counters": {OWN: None}},
        {"settled": None, "success": False},
        {"settled": [["1"], 1], "success": False},
        {"run": ["4"], "counters": None},
    ],
    ids=str,
)
def test_a_report_that_says_something_else_settles_nothing_and_hinders_nobody(here, damage) -> None:
    told = {**last(), **damage}
    here.of_run("4").replace("report.json", json.dumps(told).encode())
    assert settled_among(here, NAMES, told) == ["1"]
    assert settled_among(here, NAMES, {}) == ["1"]


@pytest.mark.parametrize("name", [None, ["4"], "of another"])
def test_a_last_report_without_the_name_of_its_run_is_read_as_any_other(here, name) -> None:
    told = {**last(("1",)), "run": name}
    assert settled_among(here, NAMES, told) == ["1", "4"]
    assert "4" in looked_at(here)


def test_a_run_that_is_not_settled_or_not_taken_in_or_has_no_report_does_not_expire(here) -> None:
    assert expire(here, 1, ["1", "2", "3"], [*NAMES, "5"], ["1", "2"]) == ["1"]
    assert expire(here, 1, [], [*NAMES, "5"], NAMES) == []
    assert names_of_runs(here) == ["2", "3", "4"]


def test_the_settled_ones_are_told_the_oldest_first_and_none_that_has_gone(here) -> None:
    assert settled_among(here, NAMES, last(("3", "0", "1", "2"))) == NAMES


def test_of_a_run_that_is_known_to_be_settled_the_report_is_not_read(here) -> None:
    assert expire(here, 1, ["1"], ["1", "5"], ["1"]) == ["1"]
    assert not [path for operation, path in here.filesystem.calls if operation == "open"]


def test_a_run_of_which_nobody_knew_expires_once_its_own_report_says_that_it_is_settled(here) -> None:
    assert expire(here, 1, NAMES, [*NAMES, "5"]) == ["1", "4"]


def test_a_run_without_a_ledger_has_nothing_to_be_taken_in(here) -> None:
    here.filesystem.remove(f"{here.of_run('1').run_path}/ledger", recursive=True)
    assert expire(here, 1, [], ["1", "4", "5"], ["1", "4"]) == ["1"]


def test_the_run_that_is_going_on_does_not_expire(here) -> None:
    going = here.of_run("4")
    assert expire(going, 1, NAMES, [*NAMES, "5"], NAMES) == ["1", "3"]


def test_only_reports_are_forgotten_and_never_a_run_with_more_on_record(here) -> None:
    here.of_run("2").publish(layout.NAME, b"{}")
    forget_all_but(here, 1)
    assert names_of_runs(here) == ["2", "4"]

"""Which run came to no end, and what the same command can do with it."""

from __future__ import annotations

import pytest

from hdfs2oss.model.errors import SurveyError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import parse_uri
from hdfs2oss.records import layout as layouts
from hdfs2oss.records.course import publish_end
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.rules.layout import Layout
from hdfs2oss.runs.unfinished import RECORDS, Past, Unfinished, described, is_over, look_back, survey_end

TARGET = parse_uri("oss://bucket/t").uri


@pytest.fixture
def here(memory) -> JobDir:
    return JobDir(memory, "/jobs/pair", "3")


def asked(**options) -> dict:
    return {"records": RECORDS, "started": "then", "options": described(CopyOptions(target=TARGET, **options))}


def place(here: JobDir, name: str, report: dict | None = None) -> JobDir:
    run = here.of_run(name)
    run.publish_json("run.json", asked())
    if report is not None:
        run.publish_json("report.json", report)
    return run


def test_a_dry_run_hides_no_run_that_is_not_finished(here) -> None:
    place(here, "1")
    place(here, "2-dry")
    assert look_back(here, False).unfinished.run_id == "1"
    assert look_back(here, False).runs == ("1", "2-dry")


def test_dry_runs_alone_are_on_record_and_leave_nothing_to_go_on_with(here) -> None:
    place(here, "1-dry")
    assert look_back(here, False) == Past(("1-dry",))


@pytest.mark.parametrize(
    ("report", "is_end"), [(None, False), ({"open": True}, False), ({"open": False}, True), ({}, True)]
)
def test_a_run_whose_report_says_that_it_is_open_came_to_no_end(here, report, is_end) -> None:
    run = place(here, "1", report)
    assert is_over(run) == is_end
    past = look_back(here, False)
    assert (past.unfinished is None, past.report) == (is_end, report or {})


def test_records_that_cannot_be_understood_are_no_hindrance_to_who_gives_the_run_up(here) -> None:
    run = place(here, "1")
    run.publish(layouts.NAME, b'{"version": 99}')
    with pytest.raises(SurveyError):
        look_back(here, False)
    assert look_back(here, True).unfinished == Unfinished("1", asked(), None)


def test_the_plans_of_a_run_are_those_files_that_its_survey_names_and_nothing_else(here) -> None:
    run = place(here, "1")
    end = {"copy": [["plan/a", 0, 1], ["plan/b", 0, 2]], "later": [[["plan/a", 1, 3]]], "words": ["none", "plan/c"]}
    publish_end(run, "survey", survey_end(end))
    found = look_back(here, False).unfinished
    assert found.plan_files == ("plan/a", "plan/b")
    assert found.surveyed_ms > 0


WHOLE = Unfinished("1", asked(), Layout(TARGET, (), False))


def test_nobody_goes_on_with_a_run_that_has_no_layout_or_no_options_on_record() -> None:
    options = CopyOptions(target=TARGET)
    assert WHOLE.why_not(options) == ""
    for less in (WHOLE._replace(layout=None), WHOLE._replace(asked={**asked(), "options": {}})):
        assert less.why_not(options) == "it had not begun to copy"


def test_an_option_that_was_not_there_when_a_run_began_means_no_other_copy() -> None:
    before = asked()
    del before["options"]["update"]
    assert WHOLE._replace(asked=before).differences(CopyOptions(target=TARGET, update=True)) == []
    assert WHOLE.differences(CopyOptions(target=TARGET, update=True)) == ["update"]

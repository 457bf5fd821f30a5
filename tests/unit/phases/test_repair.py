"""What is planned of a list of differences: each row is looked up again, and what nobody vouches for stays."""

from __future__ import annotations

import pytest

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.differences import Difference, Finding
from hdfs2oss.model.errors import PermissionDenied, UsageError
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.phases.survey.findings import Findings
from hdfs2oss.phases.survey.repair import Repair, refuse_other_pair
from hdfs2oss.phases.survey.wave import SurveyReport
from hdfs2oss.records.diff_list import DiffList, Foreign
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.tasks.context import RunContext
from hdfs2oss.tasks.desk import TaskDesk
from tests.stores.faults import Fault, FlakyFileSystem
from tests.unit.phases.test_survey import store_of


def repaired(context: RunContext, *rows: Difference) -> tuple[SurveyReport, Findings]:
    desk = TaskDesk(context, "survey-00000", "1")
    findings = Findings(desk.counters)
    repair = Repair(context, desk, findings)
    repair.take(iter(rows))
    report = repair.publish()
    report.counters = desk.counts()
    return report, findings


def extra(path: str, kind: str = FILE) -> Difference:
    return Difference(path, Finding.EXTRA, kind)


def test_directories_that_go_are_never_among_the_files_however_many_there_are(make_context) -> None:
    names = [f"old/{number:03}" for number in range(200)]
    context = make_context(store_of(s=["a"], t=[f"{name}/" for name in names]), ["/s"], "/t", update=True, delete=True)
    found, _ = repaired(context, extra("old", DIRECTORY), *(extra(name, DIRECTORY) for name in names))
    assert found.missing.files == []
    items = {
        depth: [item.path for item in read_slices(context.open_job_dir(), tuple(slices))]
        for depth, slices in found.missing.directories.items()
    }
    assert items == {0: ["old"], 1: names}


def test_what_is_listed_as_extra_and_protected_stays(make_context) -> None:
    store = store_of(s=["a"], t=["kept/x", "gone", "kept-too"])
    context = make_context(store, ["/s"], "/t", update=True, delete=True, filters=("/t/kept", "/t/kept-too"))
    found, _ = repaired(context, extra("kept/x"), extra("gone"), extra("kept-too"))
    items = read_slices(context.open_job_dir(), tuple(found.missing.files))
    assert [item.path for item in items] == ["gone"]
    assert found.counters[OWN]["DIFFERENCES_LEFT"] == 2


def test_what_cannot_be_looked_up_is_a_problem_and_the_others_are_planned(make_context) -> None:
    store = FlakyFileSystem(store_of(s=["a", "b"]), Fault("status", "/s/a", PermissionDenied))
    context = make_context(store, ["/s"], "/t", update=True)
    found, findings = repaired(context, *(Difference(path, Finding.MISSING, FILE) for path in "ab"))
    items = read_slices(context.open_job_dir(), tuple(found.slices))
    assert [item.path for item in items] == ["b"]
    assert [place for place, _ in findings.problems] == ["file:///t/a"]


def test_a_path_of_another_source_is_none_of_this_copy(make_context) -> None:
    context = make_context(store_of(s1=["a"], s2=["b"]), ["/s1", "/s2"], "/t")
    row = Difference("s1/a", Finding.MISSING, FILE)
    assert [item.path for item in read_slices(context.open_job_dir(), tuple(repaired(context, row)[0].slices))] == [
        "s1/a"
    ]
    for other in (row._replace(root=1), row._replace(root=2), row._replace(path="s10/a")):
        with pytest.raises(Foreign, match="belongs to no source of this command"):
            repaired(context, other)


def test_nothing_is_deleted_by_a_verify_that_could_not_list_everything(make_context) -> None:
    context = make_context(store_of(s=["a"]), ["/s"], "/t", update=True, delete=True)
    report = {"problems": [{"place": "/t/d", "cause": "no"}]}
    with pytest.raises(UsageError, match="the verify could not list everything"):
        refuse_other_pair(DiffList((), "", "", report), context.layout, context.options)
    refuse_other_pair(DiffList((), "", "", {"problems": []}), context.layout, context.options)

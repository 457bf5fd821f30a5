"""What two snapshots differ in, looked up at the source."""

from __future__ import annotations

from hdfs2oss.phases.survey.difference import ChangesTask, changes_task
from hdfs2oss.records.planfile import read_slices
from tests.unit.phases.test_survey import store_of


def test_what_has_gone_since_the_snapshots_were_compared_is_told_and_the_others_are_planned(make_context) -> None:
    context = make_context(store_of(s=["a", "new/b"], t=["a"]), ["/s"], "/t", update=True)
    report = changes_task(context, ChangesTask(0, ("new", "also-gone"), ("a", "gone"), ()), "1")
    items = read_slices(context.open_job_dir(), tuple(report.slices))
    assert sorted(item.path for item in items) == ["a", "new/b"]
    assert [place for place, _ in report.problems] == ["file:///s/also-gone", "file:///s/gone"]

"""A unit that ends between two files, where a listing fails: nothing is lost in silence, and nothing comes twice."""

from __future__ import annotations

from collections import Counter

import pytest

from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.phases.survey import SurveyReport, survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.runners.local import LocalRunner
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import EVERYTHING, MemoryFileSystem


def store_of(*paths: str) -> MemoryFileSystem:
    store = MemoryFileSystem(EVERYTHING._replace(lists_from_any_key=True), clock_ms=lambda: 1000)
    store.make_directory("/t")
    for path in paths:
        store.place(path, b"x")
    return store


def run(make_context, store: FlakyFileSystem, sources: list[str], entries: int) -> tuple[Counter[str], SurveyReport]:
    """How often each file is planned."""
    context = make_context(store, sources, "/t", update=True, filters=(".*/left-out",))
    share = Share(entries, 3600.0)
    report = survey(context, LocalRunner(0, pause_seconds=0.0), share, share)
    items = read_slices(context.open_job_dir(), tuple(report.slices))
    return Counter(item.path for item in items if item.action == "COPY"), report


class Asked(FlakyFileSystem):
    times = 0

    def lists_from_any_key(self) -> bool:
        self.times += 1
        return super().lists_from_any_key()


def test_nobody_asks_whether_a_tree_can_be_cut_that_the_budget_covers(make_context) -> None:
    paths = [f"/s/d/{number}" for number in range(9)]
    for entries, asks in ((100, 0), (5, 1)):
        store = Asked(store_of(*paths))
        found, _ = run(make_context, store, ["/s"], entries)
        assert (found, store.times > 0) == (Counter(f"d/{number}" for number in range(9)), asks > 0)


@pytest.mark.parametrize("entries", range(9))
def test_a_directory_whose_listing_fails_where_the_budget_ends_is_told(make_context, entries) -> None:
    paths = [f"/s/d/{name}" for name in ("a", "b", "c", "left-out", "m", "n")]
    fault = Fault("list", "/s/d", PermissionDenied, after=4)
    found, report = run(make_context, FlakyFileSystem(store_of(*paths, "/s/e"), fault), ["/s"], entries)
    assert found == Counter(["d/a", "d/b", "d/c", "e"])
    assert {place for place, _ in report.problems} == {"file:///s/d"}


@pytest.mark.parametrize("entries", range(4))
def test_what_one_source_brings_is_planned_once_where_another_cannot_be_listed(make_context, entries) -> None:
    mine, others = [f"/s2/d/{number}" for number in range(9)], ["/s1/d/a", "/s1/d/b"]
    fault = Fault("list", "/s1/d", PermissionDenied)
    found, report = run(make_context, FlakyFileSystem(store_of(*mine, *others), fault), ["/s1", "/s2"], entries)
    assert found == Counter(f"d/{number}" for number in range(9))
    assert {place for place, _ in report.problems} == {"file:///s1/d"}


@pytest.mark.parametrize("entries", range(12))
def test_a_file_and_a_directory_of_one_name_meet_wherever_a_unit_ends_and_its_rest_is_cut(
    make_context, entries
) -> None:
    names = ("0", "1", "a", "a-b", "a-c", "a-d", "z")
    store = store_of(*(f"/s1/{name}" for name in names), "/s2/a/x")
    context = make_context(FlakyFileSystem(store), ["/s1", "/s2"], "/t", update=True)
    share = Share(entries, 3600.0)
    report = survey(context, LocalRunner(0, pause_seconds=0.0), share, share)
    items = read_slices(context.open_job_dir(), tuple(report.slices))
    found = Counter((item.path, item.action) for item in items)
    assert found == Counter((path, "CONFLICT" if path == "a" else "COPY") for path in (*names, "a/x"))

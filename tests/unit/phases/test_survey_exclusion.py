"""What a survey leaves out: it is neither listed, nor planned, nor a reason to fail, and counted once."""

from __future__ import annotations

import pytest

from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.phases.survey import SurveyReport, survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem
from tests.unit.conftest import place

BUDGETS = pytest.mark.parametrize("entries", [1_000_000, 3, 0], ids=["whole", "small units", "smallest units"])


def store_of(*paths: str) -> FlakyFileSystem:
    store = MemoryFileSystem(clock_ms=lambda: 1000)
    for path in paths:
        store.place(path, b"x")
    return FlakyFileSystem(store)


def run(context: RunContext, entries: int = 1_000_000) -> tuple[set[str], SurveyReport]:
    """The paths that are to be copied, and the report."""
    share = Share(entries, 3600.0)
    report = survey(context, LocalRunner(0), share, share)
    items = list(read_slices(context.open_job_dir(), tuple(report.slices)))
    assert len({item.path for item in items}) == len(items)
    return {item.path for item in items if item.action in ("COPY", "OVERWRITE")}, report


def excluded(report: SurveyReport) -> tuple[int, int]:
    """(directories, files)"""
    counts = report.counters.get("hdfs2oss", {})
    return counts.get("DIRECTORIES_EXCLUDED", 0), counts.get("FILES_EXCLUDED", 0)


def listed(store: FlakyFileSystem, below: str) -> list[str]:
    return [path for operation, path in store.calls if operation == "list" and (path + "/").startswith(below + "/")]


@BUDGETS
def test_an_excluded_directory_is_not_listed_and_counts_once(make_context, entries) -> None:
    store = store_of(
        "/s/a/x", "/s/b/y", "/s/.Trash/d/e/f", "/s/.Trash/g", "/s/c/tmp/h", "/s/c/i", "/s/tmp-not/j", "/s/z"
    )
    context = make_context(store, ["/s"], "/t", filters=(r".*/\.Trash", ".*/tmp"))
    found, report = run(context, entries)
    assert found == {"a/x", "b/y", "c/i", "tmp-not/j", "z"}
    assert listed(store, "/s/.Trash") == listed(store, "/s/c/tmp") == []
    assert (excluded(report), report.problems) == ((2, 0), [])


@BUDGETS
def test_only_excluded_directories_side_by_side_count_once_each(make_context, entries) -> None:
    store = store_of("/s/keep/x", *(f"/s/{name}/tmp{number}/f" for name in "ab" for number in range(9)))
    found, report = run(make_context(store, ["/s"], "/t", filters=(r".*/tmp\d",)), entries)
    assert (found, excluded(report)) == ({"keep/x"}, (18, 0))


@BUDGETS
def test_an_excluded_directory_that_cannot_be_listed_is_no_problem(make_context, entries) -> None:
    store = store_of("/s/a", "/s/tmp/b/c", "/s/z/y")
    store.faults.append(Fault("list", "/s/tmp", PermissionDenied))
    found, report = run(make_context(store, ["/s"], "/t", filters=(".*/tmp",)), entries)
    assert (found, report.problems) == ({"a", "z/y"}, [])


def test_a_listing_that_breaks_off_behind_an_excluded_directory_is_told(make_context) -> None:
    store = store_of("/s/d/tmp/x", "/s/d/y", "/s/z")
    store.faults.append(Fault("list", "/s/d", PermissionDenied, after=1))
    found, report = run(make_context(store, ["/s"], "/t", filters=(".*/tmp",)))
    assert found == {"z"}
    assert [where for where, _ in report.problems] == ["file:///s/d"]


@BUDGETS
def test_a_directory_excluded_in_one_source_is_copied_from_the_other(make_context, entries) -> None:
    store = store_of("/s1/d/a/x", "/s1/d/b", "/s2/d/a/y", "/s2/d/c", "/s2/e/f")
    found, report = run(make_context(store, ["/s1", "/s2"], "/t", update=True, filters=("/s1/d",)), entries)
    assert (found, excluded(report)) == ({"d/a/y", "d/c", "e/f"}, (1, 0))
    assert listed(store, "/s1/d") == []


@BUDGETS
@pytest.mark.parametrize("mode", [{}, {"update": True}], ids=["plain", "update"])
def test_a_source_that_a_filter_matches_is_left_out_with_all_below_it(make_context, entries, mode) -> None:
    store = store_of("/s/a/x", "/old/tmp/b/y", "/one/lone", "/one/left")
    sources = ["/s", "/old/tmp", "/one/lone", "/one/left"]
    found, report = run(make_context(store, sources, "/t", filters=(".*/tmp", ".*/left"), **mode), entries)
    assert {path.rpartition("/")[2] for path in found} == {"x", "lone"}
    assert (excluded(report), report.problems) == ((1, 1), [])
    assert listed(store, "/old") == []


def test_a_directory_beside_the_root_of_a_merged_target_is_left_out_by_its_filter(make_context) -> None:
    store = store_of("/s/f", "/old/tmp/b/y", "/x")
    context = make_context(store, ["/s", "/old/tmp", "/x"], "/t", filters=(".*/tmp",))
    layout = context.layout
    # One source goes straight into the target, the other below it.
    roots = (layout.roots[0]._replace(prefix=""), *layout.roots[1:])
    mixed = RunContext(context.options, layout._replace(roots=roots), context.stores, context.job_dir, context.run_id)
    found, report = run(mixed)
    assert (found, excluded(report), listed(store, "/old")) == ({"f", "x"}, (1, 0), [])


def test_a_lone_source_that_a_filter_matches_leaves_nothing_to_do(make_context) -> None:
    for source in ("/s/tmp", "/s/file"):
        found, report = run(make_context(store_of("/s/tmp/x", "/s/file"), [source], "/t", filters=("/s/.*",)))
        assert (found, report.slices, report.problems) == (set(), [], [])


@BUDGETS
def test_our_own_places_within_a_source_are_left_out(make_context, entries) -> None:
    store = store_of(
        "/s/a", "/s/records/pair/runs/1/plan/p", "/s/records/other/q", "/s/d/log/part-m-0", "/s/d/b", "/s/log/c"
    )
    made = make_context(store, ["/s"], "/t", job_dir=place("/s/records"), log_path=place("/s/d/log"))
    context = RunContext(made.options, made.layout, made.stores, place("/s/records/pair"), made.run_id)
    found, report = run(context, entries)
    assert found == {"a", "d/b", "log/c"}
    assert (excluded(report), listed(store, "/s/records/other")) == ((2, 0), [])


def test_a_source_that_is_itself_the_place_of_the_records_is_copied_without_them(make_context) -> None:
    store = store_of("/s/a", "/s/pair/runs/1/plan/p", "/s/d/b")
    made = make_context(store, ["/s"], "/t", job_dir=place("/s"), log_path=place("/s"))
    found, _ = run(RunContext(made.options, made.layout, made.stores, place("/s/pair"), made.run_id))
    assert found == {"a", "d/b"}


@BUDGETS
def test_our_own_places_at_the_target_take_no_part(make_context, entries) -> None:
    store = store_of("/s/d/a", "/s/d/b", "/s/records/x", "/t/d/b", "/t/records/x", "/t/records/y/z")
    store.faults.append(Fault("list", "/t/records", PermissionDenied))
    made = make_context(store, ["/s"], "/t", update=True, job_dir=place("/t/records"))
    found, report = run(made, entries)
    assert (found, report.problems) == ({"d/a", "records/x"}, [])


def test_an_empty_directory_is_planned_where_only_our_own_place_stands(make_context) -> None:
    store = store_of("/t/records/x", "/t/seen/x")
    for path in ("/s/records", "/s/seen"):
        store.make_directory(path)
    context = make_context(store, ["/s"], "/t", update=True, job_dir=place("/t/records"))
    _, report = run(context)
    items = read_slices(context.open_job_dir(), tuple(report.slices))
    assert [(item.path, item.action) for item in items] == [("records", "MKDIR")]


@BUDGETS
def test_a_source_that_is_named_is_copied_though_its_name_is_one_of_ours(make_context, entries) -> None:
    store = store_of("/s/.hdfs2oss/pair/runs/1/report.json", "/s/.hdfs2oss/.hdfs2oss/deeper")
    found, report = run(make_context(store, ["/s/.hdfs2oss"], "/t"), entries)
    assert found == {"pair/runs/1/report.json"}
    assert excluded(report) == (1, 0)


GLOBS = store_of("/s/a/x.gz", "/s/a/y", "/s/b/c/z.gz", "/s/b/tmp/w.gz", "/s/e/v", "/s/u.gz")


@BUDGETS
@pytest.mark.parametrize(
    ("given", "paths", "counted", "not_listed"),
    [
        ({"exclude": ("tmp/", "*.gz")}, {"a/y", "e/v"}, (1, 3), ["/s/b/tmp"]),
        ({"include": ("*.gz",)}, {"a/x.gz", "b/c/z.gz", "b/tmp/w.gz", "u.gz"}, (1, 2), []),
        ({"include": ("/b/",), "exclude": ("tmp",)}, {"b/c/z.gz"}, (3, 1), ["/s/a", "/s/b/tmp", "/s/e"]),
        ({"include": ("/a/*.gz",)}, {"a/x.gz"}, (2, 2), ["/s/b", "/s/b/tmp", "/s/e"]),
    ],
    ids=["exclude", "include", "both", "include at a depth"],
)
def test_globs_leave_out_and_what_they_leave_out_is_neither_listed_nor_lost(
    make_context, entries, given, paths, counted, not_listed
) -> None:
    GLOBS.calls.clear()
    found, report = run(make_context(GLOBS, ["/s"], "/t", **given), entries)
    assert (found, excluded(report)) == (paths, counted)
    assert [path for path in ("/s/a", "/s/b", "/s/b/tmp", "/s/e") if listed(GLOBS, path) == []] == not_listed


@BUDGETS
def test_with_inclusions_no_directory_is_made_that_would_stay_empty(make_context, entries) -> None:
    store = store_of("/s/a/b/x", "/s/a/y.gz", "/s/c/d/e/z", "/t/f/old", "/s/f/w")
    context = make_context(store, ["/s"], "/t", include=("*.gz",), update=True)
    share = Share(entries, 3600.0)
    report = survey(context, LocalRunner(0), share, share)
    planned = {item.path for item in read_slices(context.open_job_dir(), tuple(report.slices))}
    assert planned == {"a/y.gz"}
    counts = report.counters["hdfs2oss"]
    assert (counts["DIRECTORIES_EXCLUDED"], counts["DIRECTORIES_IMPLIED"], counts["DIRECTORIES_SKIPPED"]) == (2, 3, 2)


def test_a_source_that_is_a_file_has_its_name_for_a_path_wherever_it_goes(make_context) -> None:
    store = store_of("/s/a.gz", "/s/b", "/s/c.gz")
    context = make_context(store, ["/s/a.gz", "/s/b", "/s/c.gz"], "/t", include=("/*.gz",), exclude=("c*",))
    found, report = run(context)
    assert (found, excluded(report)) == ({"a.gz"}, (0, 2))
    found, _ = run(make_context(store, ["/s/a.gz"], "/renamed", include=("a.gz",)))
    assert found == {"renamed"}

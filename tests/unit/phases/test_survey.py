"""The survey, whole and in small units: both must plan the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hdfs2oss.model.counters import FILE_SYSTEM
from hdfs2oss.model.errors import DuplicateEntry, PermissionDenied, Unreachable
from hdfs2oss.model.values import SYMLINK, UNUSABLE, CopyItem, FileStatus
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import COPY, Share, Span, SurveyReport, SurveyTask, first_units, survey_task
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import EVERYTHING, MemoryFileSystem

WHOLE = Share(1_000_000, 3600.0)


def store_of(lists_from_any_key: bool = False, **trees: list[str]) -> MemoryFileSystem:
    """A store with trees at /s1, /s2, /t, ...; a key that ends in a slash is a directory."""
    capabilities = EVERYTHING._replace(lists_from_any_key=lists_from_any_key)
    store = MemoryFileSystem(capabilities, clock_ms=lambda: 1000)
    for root, keys in trees.items():
        store.make_directory(f"/{root}")
        for key in keys:
            try:
                if key.endswith("/"):
                    store.make_directory(f"/{root}/{key[:-1]}")
                elif store.status(f"/{root}/{key}") is None:
                    store.place(f"/{root}/{key}", b"x" * len(key))
            except Exception:  # noqa: BLE001 - a random tree asks for a file and a directory of one name
                continue
    return store


def planned(context: RunContext, report: SurveyReport) -> list[CopyItem]:
    slices = report.slices + report.large_slices
    return list(read_slices(context.open_job_dir(), tuple(slices)))


def run(context: RunContext, entries: int | None = None) -> tuple[Counter[tuple[str, str, int, str]], SurveyReport]:
    share = WHOLE if entries is None else Share(entries, 3600.0)
    report = survey(context, LocalRunner(0), share, share)
    items = planned(context, report)
    return Counter((one.path, one.action, one.root, one.kind) for one in items), report


MODES = {
    "update": {"update": True},
    "overwrite": {"overwrite": True},
    "plain": {},
    "mirror": {"update": True, "delete": True},
}
names = st.sampled_from(["a", "a-b", "a.b", "a0", "b", "b-c", "c d", "ä"])
keys = st.builds(
    lambda parts, slash: "/".join(parts) + slash,
    st.lists(names, min_size=1, max_size=4),
    st.sampled_from(["", "", "/"]),
)
trees = st.lists(keys, max_size=14)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(trees, trees, trees, st.integers(0, 5), st.sampled_from([*MODES]), st.booleans(), st.booleans())
@example(["a-b/x", "a/y", "b/z"], [], ["a"], 1, "update", False, False)
@example(["a", "a-b/x"], ["b/y", "a-b/z"], ["a/q/r"], 1, "update", True, False)
@example(["a/b/x", "a/c/y", "a/d/z"], [], ["a"], 1, "update", False, False)
@example([f"a/b/{number}" for number in range(9)], [], [], 0, "update", False, False)
@example(
    [f"a/b/{number}" for number in range(9)], [], [f"a/b/{number}" for number in range(9)], 1, "mirror", False, True
)
def test_small_units_plan_what_one_unit_plans(
    make_context, first, second, target, entries, mode, two, from_any_key
) -> None:
    sources = ["/s1", "/s2"] if two else ["/s1"]
    store = store_of(from_any_key, s1=first, s2=second, t=target)
    options = MODES[mode]
    try:
        expected, whole = run(make_context(store, sources, "/t", **options))
    except DuplicateEntry:
        with pytest.raises(DuplicateEntry):
            run(make_context(store, sources, "/t", **options), entries)
        return
    found, in_units = run(make_context(store, sources, "/t", **options), entries)
    assert max(expected.values(), default=1) == 1
    assert found == expected
    # Each unit lists for itself; all else counts alike.
    assert {**in_units.counters, FILE_SYSTEM: {}} == {**whole.counters, FILE_SYSTEM: {}}
    assert in_units.problems == whole.problems == []


@pytest.mark.slow
@pytest.mark.parametrize("entries", [1, 3, 50])
def test_a_wide_and_deep_tree_is_covered_once_whatever_the_budget(make_context, entries) -> None:
    files = [f"{a:02}/{b}/{c}/f" for a in range(70) for b in "xy" for c in "12"] + [f"{a:02}-file" for a in range(70)]
    context = make_context(store_of(s=files), ["/s"], "/t")
    found, report = run(context, entries)
    # The root is missing at the target, but it is not empty: its files will make it.
    assert {path for path, action, _, _ in found if action == "COPY"} == set(files)
    assert max(found.values()) == 1
    assert report.counters["hdfs2oss"]["FILES_EXPECTED"] == len(files)
    assert report.counters["org.apache.hadoop.tools.mapred.CopyMapper$Counter"]["DIR_COPY"] == 1 + 70 + 140 + 280


@pytest.mark.parametrize("entries", range(6))
def test_a_source_below_the_target_is_planned_once_where_another_one_goes_straight_into_it(
    make_context, entries
) -> None:
    made = make_context(store_of(s=["a/x", "b/y", "m/z", "n/y", "f"], m=["a/1", "b/2"]), ["/s", "/m"], "/t")
    roots = (made.layout.roots[0]._replace(prefix=""), *made.layout.roots[1:])
    context = replace(made, layout=made.layout._replace(roots=roots))
    found, report = run(context, entries)
    assert Counter(path for path, action, _, _ in found.elements() if action == "COPY") == Counter(
        ["a/x", "b/y", "m/z", "n/y", "f", "m/a/1", "m/b/2"]
    )
    assert report.problems == []


def test_no_directory_is_listed_twice_for_its_files(make_context) -> None:
    files = [f"{a}/{b}/f" for a in "abc" for b in "xy"]
    flaky = FlakyFileSystem(store_of(s=files))
    run(make_context(flaky, ["/s"], "/t"), None)
    lists = Counter(path for operation, path in flaky.calls if operation == "list" and path.startswith("/s"))
    assert lists == Counter(["/s", *(f"/s/{a}" for a in "abc"), *(f"/s/{a}/{b}" for a in "abc" for b in "xy")])


def test_a_missing_target_is_never_listed(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=["d/e/f"]))
    run(make_context(flaky, ["/s"], "/t"))
    assert not [path for operation, path in flaky.calls if operation == "list" and path.startswith("/t")]


def test_no_file_is_asked_for_by_itself_to_decide(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=["d/a", "d/b"], t=["d/a", "d/c"]))
    context = make_context(flaky, ["/s"], "/t", update=True)
    flaky.calls.clear()
    run(context)
    assert not [path for operation, path in flaky.calls if operation == "status" and not path.startswith("/jobs")]


def test_the_root_alone_is_planned_when_it_is_empty_and_missing_at_the_target(make_context) -> None:
    for options in ({}, {"update": True}):
        found, _ = run(make_context(store_of(s=[]), ["/s"], "/t", **options))
        assert found == Counter({("", "MKDIR", 0, "D"): 1})


@pytest.mark.parametrize("entries", [None, 1])
def test_a_directory_that_cannot_be_listed_is_a_problem_and_the_others_are_planned(make_context, entries) -> None:
    flaky = FlakyFileSystem(store_of(s=["a/x", "b/y", "b/z/w", "c"]), Fault("list", "/s/b", PermissionDenied))
    found, report = run(make_context(flaky, ["/s"], "/t"), entries)
    assert {path for path, action, _, _ in found if action == "COPY"} == {"a/x", "c"}
    assert len(report.problems) >= 1
    assert all("/b" in place for place, _ in report.problems)


def test_a_duplicate_names_both_sources(make_context) -> None:
    with pytest.raises(DuplicateEntry, match="'d/x': file:///s1/d/x and file:///s2/d/x"):
        run(make_context(store_of(s1=["d/x"], s2=["d/x"]), ["/s1", "/s2"], "/t", update=True), 1)


def test_files_above_the_chunk_size_are_planned_apart_only_where_they_can_be_cut(make_context) -> None:
    store = store_of(s=["small"])
    store.place("/s/large", b"x" * 250_000)
    sizes = {"part_size_bytes": 100 * 1024, "chunk_size_bytes": 200 * 1024}
    context = make_context(store, ["/s"], "/t", **sizes)
    report = survey(context, LocalRunner(0))
    job_dir = context.open_job_dir()
    assert [one.path for one in read_slices(job_dir, tuple(report.large_slices))] == ["large"]
    assert [one.path for one in read_slices(job_dir, tuple(report.slices))] == ["small"]


@pytest.mark.parametrize("entries", [None, 1])
def test_an_excluded_directory_takes_all_below_it_along(make_context, entries) -> None:
    store = store_of(s=["keep", "tmp/a/b", "tmp/c", "tmp-not/x", "z/tmp/y"])
    found, _ = run(make_context(store, ["/s"], "/t", filters=(".*/tmp",)), entries)
    assert {path for path, action, _, _ in found if action == "COPY"} == {"keep", "tmp-not/x"}


def test_a_name_the_target_does_not_allow_is_a_conflict_with_its_reason(make_context) -> None:
    store = MemoryFileSystem(capabilities=MemoryFileSystem().capabilities._replace(forbidden_characters=":"))
    store.capabilities = store.capabilities._replace(forbidden_characters="")
    store.place("/s/a:b", b"1")
    store.place("/s/fine", b"2")
    store.capabilities = store.capabilities._replace(forbidden_characters=":")
    context = make_context(store, ["/s"], "/t")
    report = survey(context, LocalRunner(0))
    problems = {item.path: (item.action, item.problem, item.problem_class) for item in planned(context, report)}
    assert problems == {
        "a:b": ("CONFLICT", "the target allows no ':' in names", "IllegalName"),
        "fine": ("COPY", "", ""),
    }


@pytest.mark.parametrize("gone", ["/s1", "/s2/lone"])
@pytest.mark.parametrize("mode", [{"update": True}, {}], ids=["update", "plain"])
def test_a_source_that_goes_before_it_is_listed_is_a_problem_and_the_others_are_planned(
    make_context, gone, mode
) -> None:
    store = store_of(s1=["x"], s2=["lone"], s3=["y"])
    context = make_context(store, ["/s1", "/s2/lone", "/s3"], "/t", **mode)
    store.remove(gone, recursive=True)
    found, report = run(context)
    assert [place for place, cause in report.problems if gone in place and "has gone" in cause]
    paths = {path.rpartition("/")[2] for path, action, _, _ in found if action == "COPY"}
    assert paths == {"x", "lone", "y"} - {"x" if gone == "/s1" else "lone"}


@pytest.mark.parametrize("error", [PermissionDenied, Unreachable])
def test_a_duplicate_found_before_a_listing_fails_is_refused(make_context, error) -> None:
    store = store_of(s1=["d/x"], s2=["d/x", "e/y"], t=["e/y"])
    flaky = FlakyFileSystem(store, Fault("list", "/s2/e", error), Fault("list", "/t/e", error))
    with pytest.raises(DuplicateEntry):
        run(make_context(flaky, ["/s1", "/s2"], "/t", update=True))


@pytest.mark.parametrize("after", [0, 1])
def test_a_source_whose_root_cannot_be_listed_leaves_the_others_to_be_planned(make_context, after) -> None:
    flaky = FlakyFileSystem(store_of(s1=["a", "d/x", "z"], s2=["b/y", "c", "d/w"]))
    flaky.faults.append(Fault("list", "/s1", PermissionDenied, after=after, times=1))
    found, report = run(make_context(flaky, ["/s1", "/s2"], "/t", update=True))
    assert {path for path, *_ in found} == {"b/y", "c", "d/w", *(["a"] if after else [])}
    assert [place for place, _ in report.problems] == ["file:///s1"]


def test_a_lone_file_that_cannot_be_asked_for_leaves_the_others_to_be_planned(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s1=["a", "z"], s2=["lone"]))
    context = make_context(flaky, ["/s1", "/s2/lone"], "/t", update=True)
    flaky.faults.append(Fault("status", "/s2/lone", PermissionDenied))
    found, report = run(context)
    assert {path for path, *_ in found} == {"a", "z"}
    assert [place for place, _ in report.problems] == ["file:///s2/lone"]


def test_a_store_that_cannot_be_reached_stops_the_unit(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s1=["a"], s2=["b"]), Fault("list", "/s1", Unreachable))
    found, report = run(make_context(flaky, ["/s1", "/s2"], "/t", update=True))
    assert (found, len(report.problems)) == (Counter(), 1)


def test_a_target_whose_root_cannot_be_listed_stops_the_unit(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=["a", "d/x"], t=["a"]), Fault("list", "/t", PermissionDenied))
    found, report = run(make_context(flaky, ["/s"], "/t", update=True))
    assert (found, [place for place, _ in report.problems]) == (Counter(), ["file:///s -> file:///t"])


def test_a_directory_that_goes_before_its_own_unit_begins_is_a_problem(make_context) -> None:
    store = store_of(s=["d/a/x", "d/z/y", "e/w"])

    def remove() -> None:
        store.remove("/s/d", recursive=True)

    # Listed once by the unit that hands its directories back, and again for them.
    flaky = FlakyFileSystem(store, Fault("list", "/s/d", skip=1, silent=True, times=1, meanwhile=remove))
    found, report = run(make_context(flaky, ["/s"], "/t"), 1)
    assert {path for path, action, _, _ in found if action == "COPY"} == {"e/w"}
    assert ("file:///s/d -> file:///t/d", "the directory has gone since it was listed") in report.problems


class _WithUnusableKeys(FlakyFileSystem):
    """Shows the unusable key `x//` behind the directories `x`, as a bucket does."""

    def _children(self, path: str, relative: str) -> Iterator[FileStatus]:
        if path.endswith("/x"):
            yield FileStatus(f"{relative}//" if relative else "/", UNUSABLE, problem="an empty name")
        yield from super()._children(path, relative)


@pytest.mark.parametrize("entries", [1, 2, 3, 4, 5, 6])
def test_a_key_that_looks_like_a_directory_moves_no_border_and_fails_once(make_context, entries) -> None:
    files = ["x/a/1", "x/b/2", "x/c/3", "y/4"]
    whole, _ = run(make_context(_WithUnusableKeys(store_of(s=files)), ["/s"], "/t"))
    found, report = run(make_context(_WithUnusableKeys(store_of(s=files)), ["/s"], "/t"), entries)
    assert found == whole
    assert {path for path, action, *_ in found if action == "COPY"} == set(files)
    assert report.counters["org.apache.hadoop.tools.mapred.CopyMapper$Counter"]["DIR_COPY"] == 6


def test_each_conflict_says_which_error_it_is(make_context) -> None:
    store = store_of(s=["file", "dir/x", "blocked/y/z", "fine"], t=["file/x", "dir", "blocked", "closed/a"])
    store.place("/s/link", kind=SYMLINK)
    store.place("/s/odd", kind=UNUSABLE, problem="no path")
    store.place("/s/closed/b")
    flaky = FlakyFileSystem(store, Fault("list", "/t/closed", PermissionDenied))
    context = make_context(flaky, ["/s"], "/t", update=True)
    classes = {item.path: item.problem_class for item in planned(context, survey(context, LocalRunner(0)))}
    assert classes == {
        "file": "TypeConflict",
        "dir": "TypeConflict",
        "dir/x": "TypeConflict",
        "blocked": "TypeConflict",
        "blocked/y/z": "TypeConflict",
        "link": "TypeConflict",
        "odd": "IllegalName",
        "closed/b": "TransferError",
        "fine": "",
    }


@pytest.mark.parametrize("entries", [None, 1])
def test_the_listing_requests_of_all_tasks_are_in_the_counters(make_context, entries) -> None:
    store = store_of(s=[f"{a}/{b}/f" for a in "abc" for b in "xy"], t=["a/x/f"])
    context = make_context(store, ["/s"], "/t", update=True)
    before = store.traffic.snapshot()
    _, report = run(context, entries)
    pages = store.traffic.snapshot()["LARGE_READ_OPS"] - before["LARGE_READ_OPS"]
    assert report.counters[FILE_SYSTEM]["MEMORY: Number of large read operations"] == pages > 10


def test_all_directories_that_could_not_be_listed_are_counted_and_the_first_hundred_are_named(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=[f"d{number}/f" for number in range(130)]))
    flaky.faults.append(Fault("list", "/s/d", PermissionDenied))
    _, report = run(make_context(flaky, ["/s"], "/t"))
    assert len(report.problems) == 100
    assert report.counters["hdfs2oss"]["DIRECTORIES_NOT_LISTED"] == 130


def test_what_a_task_has_no_budget_for_is_handed_back_unbegun(make_context) -> None:
    """The budget is one for all units of a task, and for the sources that are files."""
    store = MemoryFileSystem()
    for number in range(40):
        store.place(f"/s/d{number:02d}/f", b"1")
        store.place(f"/s/l{number:02d}", b"1")
    store.make_directory("/t")
    names = [f"/s/{kind}{number:02d}" for number in range(40) for kind in "dl"]
    flaky = FlakyFileSystem(store)
    context = make_context(flaky, names, "/t")
    flaky.calls.clear()
    task = SurveyTask(0, first_units(context), Share(41, 3600.0), Span(0, len(names)))
    report = survey_task(context, COPY, task, "driver")
    # The files cost 40 entries, the first directory one, and the second one what is beyond.
    assert len(report.rest) == 38
    assert not report.lone_files
    assert len([path for operation, path in flaky.calls if operation == "list" and path.startswith("/s/d")]) == 2
    items, _ = run(context, 41)
    assert len(items) == 80

"""The account of a survey: whatever the walks gave is decided, once; a row that is lost on the way is seen."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import DuplicateEntry, PermissionDenied
from hdfs2oss.model.values import UNUSABLE
from hdfs2oss.phases.survey import SurveyReport, survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.rules.account import discrepancy
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem, ForgetfulFileSystem
from tests.stores.memory import LIKE_OSS, MemoryFileSystem

KINDS = ("FILES", "BYTES", "DIRECTORIES")


def store_of(**trees: list[str]) -> MemoryFileSystem:
    """A store with trees at /s1, /s2, /t, ...; a key that ends in a slash is a directory."""
    store = MemoryFileSystem(clock_ms=lambda: 1000)
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


def found_by(context: RunContext, entries: int = 1_000_000) -> SurveyReport:
    share = Share(entries, 3600.0)
    return survey(context, LocalRunner(0), share, share)


def own(report: SurveyReport) -> dict[str, int]:
    """Our own counters, as if the copy had then gone well."""
    counts = dict(report.counters.get(OWN, {}))
    for what in KINDS:
        counts[f"{what}_FAILED"] = counts.get(f"{what}_CONFLICTING", 0)
    for what, done in (("FILES", "COPIED"), ("BYTES", "COPIED"), ("DIRECTORIES", "MADE")):
        counts[f"{what}_{done}"] = counts.get(f"{what}_PLANNED", 0)
    return counts


def account(report: SurveyReport) -> str:
    return discrepancy(own(report), is_listed_whole=not report.problems)


def listed(report: SurveyReport) -> tuple[int, ...]:
    return tuple(own(report).get(f"{what}_LISTED", 0) for what in KINDS)


names = st.sampled_from(["a", "a-b", "a.b", "a0", "b", "tmp", ".hdfs2oss", "c d", "ä"])
keys = st.builds(
    lambda parts, slash: "/".join(parts) + slash,
    st.lists(names, min_size=1, max_size=4),
    st.sampled_from(["", "", "/"]),
)
trees = st.lists(keys, max_size=14)
FILTERS = [
    {},
    {"filters": (".*/tmp",)},
    {"filters": (".*/a.b", "/s1/b")},
    {"filters": ("/s2",)},
    {"filters": (".*/b/.*",)},
    {"exclude": ("tmp/", "/a/*")},
    {"include": ("a*",)},
    {"include": ("/a/**/b", "/b/"), "exclude": ("a-b",)},
]
SOURCES = [["/s1"], ["/s1", "/s2"], ["/s1", "/s2", "/lone/one"], ["/lone/one"], ["/lone/one", "/lone/tmp"]]


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40
)
@given(
    trees,
    trees,
    trees,
    st.integers(0, 6),
    st.sampled_from(["update", "overwrite", "plain"]),
    st.sampled_from(SOURCES),
    st.sampled_from(FILTERS),
)
@example(["a/b/", "a/x"], ["a/b/", "a/y"], [], 1, "update", SOURCES[1], {})
@example(["tmp/a/b", "b/tmp/c"], ["tmp/a/c"], ["a", "b/tmp"], 0, "update", SOURCES[2], {"filters": (".*/tmp",)})
@example([f"a/b/{number}" for number in range(9)], [], [], 0, "plain", SOURCES[0], {})
@example(["b/c d/x", "b/ä/a", "tmp/a"], ["b/c d/y"], ["b/c d/z"], 0, "plain", SOURCES[1], {"include": ("a*",)})
def test_what_the_walks_gave_is_planned_skipped_excluded_or_in_conflict(
    make_context, first, second, target, entries, mode, sources, filters
) -> None:
    store = store_of(s1=first, s2=second, t=target, lone=["one", "tmp"])
    options = {} if mode == "plain" else {mode: True}
    context = make_context(store, sources, "/t", **filters, **options)
    try:
        whole, in_units = found_by(context), found_by(context, entries)
    except DuplicateEntry:
        return
    assert (account(whole), account(in_units)) == ("", "")
    assert listed(whole) == listed(in_units)
    assert [own(whole).get(f"{what}_EXCLUDED") for what in KINDS] == [
        own(in_units).get(f"{what}_EXCLUDED") for what in KINDS
    ]


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40
)
@given(trees, st.sets(names), st.integers(0, 6), st.booleans(), st.sampled_from(["a", "b", "a-b", "c d"]))
def test_a_row_that_a_walk_leaves_out_without_a_word_unbalances_the_account(
    make_context, tree, more, entries, is_update, ending
) -> None:
    store = store_of(s=[*tree, *(f"{name}/f" for name in more)], t=[])
    forgetful = ForgetfulFileSystem(store, f"/{ending}", forgotten=10_000)
    context = make_context(forgetful, ["/s"], "/t", update=is_update)
    report = found_by(context, entries)
    assert (account(report) != "") == (forgetful.left < 10_000)


@pytest.mark.parametrize("entries", [1_000_000, 3, 0])
def test_the_counts_of_a_known_tree(make_context, entries) -> None:
    store = store_of(s1=["a/12345", "a/b/", "tmp/x/y", "z", "same"], s2=["a/b/1", "a/c"], t=["same", "a"])
    context = make_context(store, ["/s1", "/s2"], "/t", update=True, filters=(".*/tmp", ".*/z"))
    counts = own(found_by(context, entries))
    # a/12345, z, same; a/b/1, a/c: the names are as long as the files. a, a/b, tmp; a, a/b; and the root.
    assert tuple(counts[f"{what}_LISTED"] for what in KINDS) == (5, 7 + 1 + 4 + 5 + 3, 6)
    assert (counts["FILES_EXCLUDED"], counts["BYTES_EXCLUDED"], counts["DIRECTORIES_EXCLUDED"]) == (1, 1, 1)
    assert (counts["FILES_SKIPPED"], counts["DIRECTORIES_SKIPPED"], counts["DIRECTORIES_MERGED"]) == (1, 1, 2)
    # At the target a is a file: it, the directory in it and the three files are in conflict.
    assert (counts["FILES_CONFLICTING"], counts["DIRECTORIES_CONFLICTING"]) == (3, 1)


def test_the_account_is_not_asked_for_where_a_directory_could_not_be_listed(make_context) -> None:
    flaky = FlakyFileSystem(store_of(s=["a/x", "b/y", "c"]), Fault("list", "/s/b", PermissionDenied))
    report = found_by(make_context(flaky, ["/s"], "/t"))
    assert (account(report), len(report.problems)) == ("", 1)


@pytest.mark.parametrize("order", [["/s1", "/s2"], ["/s2", "/s1"]])
def test_a_key_that_is_no_path_is_not_lost_behind_a_directory_of_another_source(make_context, order) -> None:
    store = MemoryFileSystem(LIKE_OSS)
    store.place("/s1/d/x")
    store.place("/s2/y")
    store.place("/s2/odd", kind=UNUSABLE, problem="a directory marker that holds bytes")
    with pytest.raises(DuplicateEntry, match="two sources bring the same file 'd"):
        found_by(make_context(_Odd(store), order, "/t", update=True))


class _Odd(FlakyFileSystem):
    """Shows the row `odd` under the path `d/`, which is the key of a directory, too."""

    def _children(self, path, relative):
        rows = list(super()._children(path, relative))
        yield from sorted((row._replace(path="d/") if row.path == "odd" else row for row in rows), key=lambda r: r.key)

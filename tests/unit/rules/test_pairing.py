"""Merging ordered listings, against a reference that holds everything in memory."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hdfs2oss.model.errors import SurveyError
from hdfs2oss.model.values import DIRECTORY, FILE, UNLISTED, UNUSABLE, FilePair, FileStatus
from hdfs2oss.rules.keys import possible_parents
from hdfs2oss.rules.merging import Cursor as Listing
from hdfs2oss.rules.merging import Step as Match
from tests.unit.rules.driven_pairing import Pairing

ROOT = FilePair("", FileStatus("", DIRECTORY), None)


class Rows:
    """A listing of given rows that seeks as far as it may, and remembers what it gave."""

    def __init__(self, rows: list[FileStatus]) -> None:
        self._rows = rows
        self._at = 0
        self.given: list[str] = []

    def __next__(self) -> FileStatus:
        if self._at == len(self._rows):
            raise StopIteration
        self._at += 1
        self.given.append(self._rows[self._at - 1].key)
        return self._rows[self._at - 1]

    def seek(self, key: str) -> None:
        rest = self._rows[self._at :]
        if all(row.kind != UNLISTED for row in rest):
            self._at += bisect_left([row.key for row in rest], key)


def tree_of(*keys: str) -> dict[str, str]:
    """Paths with their kinds; a key that ends in a slash is a directory, and parents come by themselves."""
    tree: dict[str, str] = {}
    for key in keys:
        names = key.rstrip("/").split("/")
        parents = ["/".join(names[:depth]) for depth in range(1, len(names))]
        path = key.rstrip("/")
        if any(tree.get(parent) == FILE for parent in parents) or path in tree:
            continue
        tree.update(dict.fromkeys(parents, DIRECTORY))
        tree[path] = DIRECTORY if key.endswith("/") else FILE
    return tree


def rows_of(tree: dict[str, str]) -> list[FileStatus]:
    return sorted((FileStatus(path, kind) for path, kind in tree.items()), key=lambda row: row.key)


class Found(NamedTuple):
    """A pair in short."""

    path: str
    root: int
    kind: str
    blocked: bool
    target_kind: str | None


def short(pair: FilePair) -> Found:
    assert pair.source is not None
    kind = DIRECTORY if pair.source.kind == DIRECTORY else FILE
    return Found(
        pair.path, pair.root, kind, bool(pair.source.problem), pair.target.kind if pair.target is not None else None
    )


def pair_up(sources: list[dict[str, str]], target: dict[str, str]) -> tuple[list[Found], set[str], list[str]]:
    """The pairs with a source, the paths of duplicates, and the keys of the target that were looked at."""
    target_rows = Rows(rows_of(target))
    listings = [Listing(Rows(rows_of(tree)), number) for number, tree in enumerate(sources)]
    pairing = Pairing(listings, Listing(target_rows), lambda root, row: True, wants_missing=False)
    keys: list[str] = []

    def before(match: Match) -> None:
        keys.append(match.key)

    found = [short(pair) for pair in pairing.pairs(ROOT, before) if pair.source is not None]
    assert keys == sorted(set(keys)), "each key comes up once, in order"
    return found, {one.path for one in pairing.duplicates}, target_rows.given


def reference(sources: list[dict[str, str]], target: dict[str, str]) -> tuple[set[Found], set[str]]:
    """The same from dicts: nothing streamed, nothing ordered."""

    def owner(path: str, kind: str) -> int:
        return next(number for number, tree in enumerate(sources) if tree.get(path) == kind)

    def lies_below_target_file(path: str) -> bool:
        names = path.split("/")
        return any(
            target.get(above) == FILE and any(tree.get(above) == DIRECTORY for tree in sources)
            for above in ("/".join(names[:depth]) for depth in range(1, len(names)))
        )

    files = {path for tree in sources for path, kind in tree.items() if kind == FILE}
    directories = {path for tree in sources for path, kind in tree.items() if kind == DIRECTORY}
    everything = files | directories
    found = set()
    for path in files:
        blocked = lies_below_target_file(path) or path in directories
        found.add(Found(path, owner(path, FILE), FILE, blocked, target.get(path)))
    for path in directories:
        is_empty = not any(other.startswith(path + "/") for other in everything)
        if is_empty or path in target:
            found.add(Found(path, owner(path, DIRECTORY), DIRECTORY, lies_below_target_file(path), target.get(path)))
    if not everything:
        found.add(Found("", 0, DIRECTORY, False, None))
    duplicates = {path for path in files if sum(tree.get(path) == FILE for tree in sources) > 1}
    return found, duplicates


# Names on both sides of the slash in key order, and prefixes of each other.
names = st.sampled_from(["a", "a-b", "a b", "a.b-c", "a0", "b", "ä", "a-"])
keys = st.builds(
    lambda parts, slash: "/".join(parts) + slash, st.lists(names, min_size=1, max_size=3), st.sampled_from(["", "/"])
)
trees = st.lists(keys, max_size=8).map(lambda found: tree_of(*found))


@pytest.mark.slow
@given(st.lists(trees, min_size=1, max_size=2), trees)
@example([tree_of("d-e", "d/x")], tree_of("d"))
@example([tree_of("a", "a-b")], tree_of("a/x", "a-b"))
@example([tree_of("a"), tree_of("a/x")], tree_of("a"))
@example([tree_of("a.b-c/x", "a.b/")], tree_of("a", "a.b"))
def test_pairs_are_those_of_a_naive_merge(sources: list[dict[str, str]], target: dict[str, str]) -> None:
    found, duplicates, _ = pair_up(sources, target)
    expected, expected_duplicates = reference(sources, target)
    assert len(found) == len(set(found)), "no pair twice"
    # A name that is a file here and a directory there is a failure of the file; what the target is, is moot.
    both = {one.path for one in expected if sum(other.path == one.path for other in expected) > 1 or one.blocked}
    assert {one for one in found if one.path not in both} == {one for one in expected if one.path not in both}
    assert {one[:4] for one in found if one.path in both} == {one[:4] for one in expected if one.path in both}
    assert duplicates == expected_duplicates


@pytest.mark.parametrize(
    ("source", "target"),
    [(["a", "a-b"], ["a/x"]), (["a/x", "a-b"], ["a"]), (["a/", "a b", "a-b"], ["a"]), (["a"], ["a/x", "a-b", "a b"])],
)
def test_a_file_here_and_a_directory_there_meet_whatever_sorts_between(source: list[str], target: list[str]) -> None:
    found, _, _ = pair_up([tree_of(*source)], tree_of(*target))
    (conflict,) = [one for one in found if one.path == "a"]
    assert {conflict.kind, conflict.target_kind} == {FILE, DIRECTORY}


def test_what_lies_below_a_target_file_is_unusable_with_the_reason() -> None:
    listing = Listing(Rows(rows_of(tree_of("d/x", "d/e/y", "d/f/", "z"))), 0)
    pairing = Pairing([listing], Listing(Rows(rows_of(tree_of("d")))), lambda root, row: True, wants_missing=False)
    problems = {p.path: (p.source.kind, p.source.problem) for p in pairing.pairs(ROOT, lambda match: None) if p.source}
    reason = "at the target d is a file"
    assert problems == {
        "d": (DIRECTORY, ""),
        "d/x": (UNUSABLE, reason),
        "d/e/y": (UNUSABLE, reason),
        "d/f": (DIRECTORY, reason),
        "z": (FILE, ""),
    }


def test_what_only_the_target_holds_is_passed_over() -> None:
    target = tree_of(
        "dt=2024-06-01/x", "dt=2024-06-02/x", *(f"dt=2024-05-{day:02}/{n}" for day in range(31) for n in "abc")
    )
    _, _, looked_at = pair_up([tree_of("dt=2024-06-01/x", "dt=2024-06-02/x")], target)
    assert len(looked_at) < 12


def test_rows_that_are_not_wanted_bring_no_pair_and_no_duplicate() -> None:
    one, two = (Listing(Rows(rows_of(tree_of("x", "d/y"))), number) for number in range(2))
    pairing = Pairing([one, two], None, lambda root, row: root == 0, wants_missing=False)
    pairs = [pair.path for pair in pairing.pairs(ROOT, lambda match: None)]
    assert (sorted(pairs), pairing.duplicates) == (["d/y", "x"], [])


def test_a_directory_whose_rows_are_all_unwanted_counts_as_empty() -> None:
    listing = Listing(Rows(rows_of(tree_of("d/y", "z"))), 0)
    pairing = Pairing([listing], None, lambda root, row: row.path != "d/y", wants_missing=False)
    assert [pair.path for pair in pairing.pairs(ROOT, lambda match: None)] == ["d", "z"]


def test_a_source_directory_that_cannot_be_listed_is_noted_and_makes_nothing() -> None:
    rows = [
        FileStatus("a", FILE),
        FileStatus("d", DIRECTORY),
        FileStatus("d", UNLISTED, problem="no"),
        FileStatus("z", FILE),
    ]
    pairing = Pairing([Listing(Rows(rows), 0)], None, lambda root, row: True, wants_missing=False)
    assert [pair.path for pair in pairing.pairs(ROOT, lambda match: None)] == ["a", "z"]
    assert [(row.path, row.problem) for _, row in pairing.unlisted] == [("d", "no")]


def test_a_directory_whose_listing_breaks_off_keeps_what_was_given() -> None:
    rows = [
        FileStatus("d", DIRECTORY),
        FileStatus("d/m", FILE),
        FileStatus("d", UNLISTED, problem="no"),
        FileStatus("z", FILE),
    ]
    pairing = Pairing([Listing(Rows(rows), 0)], None, lambda root, row: True, wants_missing=False)
    assert [pair.path for pair in pairing.pairs(ROOT, lambda match: None)] == ["d/m", "z"]
    assert [row.path for _, row in pairing.unlisted] == ["d"]


def test_below_a_target_directory_that_cannot_be_listed_nothing_may_be_copied() -> None:
    target = [FileStatus("d", DIRECTORY), FileStatus("d", UNLISTED, problem="no"), FileStatus("z", FILE)]
    source = Listing(Rows(rows_of(tree_of("d/x", "d/y", "z"))), 0)
    pairing = Pairing([source], Listing(Rows(target)), lambda root, row: True, wants_missing=False)
    problems = {
        pair.path: bool(pair.source and pair.source.problem) for pair in pairing.pairs(ROOT, lambda match: None)
    }
    assert problems.items() >= {("d/x", True), ("d/y", True), ("z", False)}
    assert [row.path for _, row in pairing.unlisted] == ["d"]


def test_a_stream_out_of_order_is_an_error_and_not_a_loss() -> None:
    listing = Listing(Rows([FileStatus("b", FILE), FileStatus("a", FILE)]), 0)
    with pytest.raises(SurveyError, match="out of order"):
        list(Pairing([listing], None, lambda root, row: True, wants_missing=False).pairs(ROOT, lambda match: None))


@pytest.mark.parametrize(
    ("key", "parents"),
    [
        ("a-b-c", ["a", "a-b"]),
        ("abc", []),
        ("d/", ["d"]),
        ("d/x.y", ["d", "d/x"]),
        ("x-y/z", ["x", "x-y"]),
        ("-a", []),
        ("a0", []),
    ],
)
def test_names_whose_directory_is_still_to_come(key: str, parents: list[str]) -> None:
    assert possible_parents(key) == parents

"""From the words of a NameNode to the steps at the target, held against a model of trees and of a store of keys."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hdfs2oss.rules.snapshot_diff import (
    CREATE,
    DELETE,
    MODIFY,
    RENAME,
    Changes,
    Move,
    Renamed,
    SnapshotChange,
    Step,
    apply_exclusion,
    make_plan,
    read_report,
    told_once,
    whole_is_touched,
)
from tests.stores.snapshots import Node, report

Keys = dict[str, object]
NAMES = "abc"
HIDDEN = "\0hidden"


class Crash(Exception):
    """The run ends here."""


def random_tree(dice: random.Random) -> dict[str, Node]:
    tree: dict[str, Node] = {}
    for _ in range(dice.randint(1, 12)):
        make_something(tree, dice)
    return tree


def make_something(tree: dict[str, Node], dice: random.Random) -> None:
    path = free_path(tree, dice)
    if path:
        is_directory = dice.random() < 0.5
        tree[path] = Node(dice.getrandbits(60) + 1, is_directory, None if is_directory else dice.random())


def free_path(tree: dict[str, Node], dice: random.Random, avoid: str = "\0") -> str:
    folders = ["", *(p for p, n in tree.items() if n.is_directory and not (p + "/").startswith(avoid + "/"))]
    folder = dice.choice(folders)
    path = f"{folder}/{dice.choice(NAMES)}".lstrip("/")
    return "" if path in tree else path


def below(tree: dict[str, Node], path: str) -> list[str]:
    return [one for one in tree if one == path or one.startswith(path + "/")]


def change(tree: dict[str, Node], dice: random.Random) -> None:
    """One thing that somebody does: a rename, a swap, a removal, a new file, another content."""
    what = dice.choice(["rename", "rename", "rename", "swap", "delete", "make", "make", "modify"])
    path = dice.choice(sorted(tree)) if tree else ""
    if what == "make" or not tree:
        make_something(tree, dice)
    elif what == "rename":
        new_path = free_path(tree, dice, path)
        if new_path:
            move(tree, path, new_path)
    elif what == "swap":
        other = dice.choice(sorted(tree))
        if not (other + "/").startswith(path + "/") and not (path + "/").startswith(other + "/"):
            move(tree, path, "tmp")
            move(tree, other, path)
            move(tree, "tmp", other)
    elif what == "delete":
        for one in below(tree, path):
            del tree[one]
    elif not tree[path].is_directory:
        tree[path] = tree[path]._replace(stamp=dice.random())


def move(tree: dict[str, Node], path: str, new_path: str) -> None:
    for one in below(tree, path):
        tree[new_path + one[len(path) :]] = tree.pop(one)


def two_moments(seed: int) -> tuple[dict[str, Node], dict[str, Node]]:
    dice = random.Random(seed)
    older = random_tree(dice)
    newer = dict(older)
    for _ in range(dice.randint(1, 10)):
        change(newer, dice)
    return older, newer


def files(tree: dict[str, Node]) -> Keys:
    return {path: (node.inode, node.stamp) for path, node in tree.items() if not node.is_directory}


class KeyStore:
    """Objects, and a run that ends after so many operations."""

    def __init__(self, keys: Keys) -> None:
        self.keys = dict(keys)
        self.left = 10**9

    def copy(self, key: str, new_key: str) -> None:
        self._operation()
        self.keys[new_key] = self.keys[key]

    def remove(self, key: str) -> None:
        self._operation()
        self.keys.pop(key, None)

    def under(self, path: str, spares: tuple[str, ...] = ()) -> list[str]:
        return [
            key
            for key in self.keys
            if (key == path or key.startswith(path + "/"))
            and not any(key == one or key.startswith(one + "/") for one in spares)
        ]

    def _operation(self) -> None:
        if self.left == 0:
            raise Crash
        self.left -= 1


def hidden(step: Step) -> str:
    return f"{HIDDEN}/{step.number}"


def stage(store: KeyStore, steps: tuple[Step, ...]) -> None:
    for step in steps:
        if step.is_staged and step.new_path is not None:
            for key in store.under(step.path, step.spares):
                store.copy(key, hidden(step) + key[len(step.path) :])


def place(store: KeyStore, steps: tuple[Step, ...]) -> None:
    for step in steps:
        if step.is_staged:
            for key in store.under(step.path, step.spares):
                store.remove(key)
    for step in steps:
        if step.new_path is None:
            continue
        origin, spares = (hidden(step), ()) if step.is_staged else (step.path, step.spares)
        for key in store.under(origin, spares):
            store.copy(key, step.new_path + key[len(origin) :])


def drop(store: KeyStore, steps: tuple[Step, ...]) -> None:
    for step in steps:
        if not step.is_staged:
            for key in store.under(step.path, step.spares):
                store.remove(key)
    for key in store.under(HIDDEN):
        store.remove(key)


def copy_what_is_new(store: KeyStore, changes: Changes, newer: dict[str, Node]) -> None:
    """Files copied from the newer snapshot: `created` with all below but what moved there, and `modified`."""
    present = files(newer)
    seen: set[str] = set()
    arrived = [move.new_path for move in changes.moves]
    for path in changes.created:
        for key in KeyStore(present).under(path, tuple(one for one in arrived if one.startswith(path + "/"))):
            assert key not in seen, "it is copied twice"
            seen.add(key)
            store.keys[key] = present[key]
    for path in changes.modified:
        if path in present:
            assert path not in seen, "it is copied twice"
            seen.add(path)
            store.keys[path] = present[path]


def carry_out(store: KeyStore, steps: tuple[Step, ...], lives: Iterator[int]) -> None:
    """All phases; a run that ends within one is followed by one that takes that phase from its beginning."""
    steps = tuple(step for step in steps if not step.stays)
    for phase in (stage, place, drop):
        while True:
            store.left = next(lives, 10**9)
            try:
                phase(store, steps)
            except Crash:
                continue
            break


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(st.integers(0, 2**40), st.lists(st.integers(0, 6), max_size=6))
def test_the_copy_of_the_older_snapshot_becomes_one_of_the_newer_however_often_runs_end(seed, lives) -> None:
    older, newer = two_moments(seed)
    changes = read_report(report(older, newer))
    store = KeyStore(files(older))
    carry_out(store, make_plan(changes).steps, iter(lives))
    copy_what_is_new(store, changes, newer)
    assert store.keys == files(newer)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**40), st.lists(st.integers(0, 6), max_size=4))
def test_the_way_back_leads_to_the_older_snapshot(seed, lives) -> None:
    older, newer = two_moments(seed)
    changes = read_report(report(older, newer)).inverted()
    store = KeyStore(files(newer))
    carry_out(store, make_plan(changes).steps, iter(lives))
    copy_what_is_new(store, changes, older)
    assert store.keys == files(older)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**40), st.sampled_from(["a", "b", "a/b"]))
def test_a_source_below_the_snapshottable_directory_sees_its_own_part_only(seed, inside) -> None:
    older, newer = two_moments(seed)
    whole = read_report(report(older, newer))
    if whole_is_touched(whole, inside) or not (inside in older and inside in newer):
        return
    old, new = (cut(tree, inside) for tree in (older, newer))
    changes = read_report(report(older, newer), inside)
    store = KeyStore(files(old))
    carry_out(store, make_plan(changes).steps, iter(()))
    copy_what_is_new(store, changes, new)
    assert store.keys == files(new)


def cut(tree: dict[str, Node], inside: str) -> dict[str, Node]:
    return {path[len(inside) + 1 :]: node for path, node in tree.items() if path.startswith(inside + "/")}


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**40), st.sampled_from(["a", "b"]))
# A file that was written to moves into a directory that was left out before.
@example(288, "b")
def test_a_copy_that_leaves_a_name_out_becomes_one_that_leaves_it_out(seed, name) -> None:
    older, newer = two_moments(seed)

    def is_out(path: str) -> bool:
        return name in path.split("/")

    def copied(tree: dict[str, Node]) -> dict[str, Node]:
        return {path: node for path, node in tree.items() if name not in path.split("/")}

    changes = apply_exclusion(read_report(report(older, newer)), is_out, is_out)
    store = KeyStore(files(copied(older)))
    carry_out(store, make_plan(changes).steps, iter(()))
    copy_what_is_new(store, changes, copied(newer))
    assert store.keys == files(copied(newer))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40))
def test_nothing_is_written_to_a_path_that_is_not_staged_before_it_is_dropped(seed) -> None:
    older, newer = two_moments(seed)
    steps = make_plan(read_report(report(older, newer))).steps
    store = KeyStore(files(older))
    kept = {key: store.keys[key] for step in steps if not step.is_staged for key in store.under(step.path, step.spares)}
    stage(store, steps)
    place(store, steps)
    assert {key: store.keys.get(key) for key in kept} == kept


def entries(*rows: tuple[str, ...]) -> list[SnapshotChange]:
    return [SnapshotChange(*row) for row in rows]


def test_what_is_new_in_a_renamed_directory_is_told_by_its_old_name() -> None:
    found = read_report(entries((RENAME, "a", "b"), (CREATE, "a/new"), (MODIFY, "a/x"), (DELETE, "a/gone")))
    assert found == Changes((Move("a", "b"),), ("a/gone",), ("b/new",), ("b/x",))


def test_what_is_new_under_a_name_that_was_renamed_stays_there() -> None:
    assert read_report(entries((RENAME, "a", "b"), (CREATE, "a"))).created == ("a",)


def test_a_swap_is_staged_and_a_plain_rename_is_not() -> None:
    plan = make_plan(read_report(entries((RENAME, "a", "b"), (RENAME, "b", "a"), (RENAME, "c", "d/e"))))
    assert [(step.path, step.is_staged) for step in plan.steps] == [("a", True), ("b", True), ("c", False)]


def test_a_rename_out_of_what_goes_is_spared() -> None:
    plan = make_plan(read_report(entries((DELETE, "a"), (RENAME, "a/x/y", "b"), (RENAME, "a/x/y/z", "c"))))
    assert [(step.path, step.spares) for step in plan.steps] == [
        ("a", ("a/x/y",)),
        ("a/x/y", ("a/x/y/z",)),
        ("a/x/y/z", ()),
    ]


def test_paths_are_found_again_in_both_directions() -> None:
    renamed = Renamed([Move("a", "b"), Move("a/x", "c/x"), Move("b", "a")])
    assert [renamed.now(path) for path in ("a/y", "a/x/1", "b", "d")] == ["b/y", "c/x/1", "a", "d"]
    assert [renamed.origin(path) for path in ("b/y", "c/x/1", "a", "d")] == ["a/y", "a/x/1", "b", "d"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(MODIFY, "in"), (CREATE, "in/x"), (RENAME, "in/a", "out")], ""),
        ([(RENAME, "in", "out")], "in"),
        ([(RENAME, "out", "in")], "in"),
        ([(DELETE, "top")], ""),
        ([(CREATE, "in")], "in"),
    ],
)
def test_a_directory_that_is_not_the_same_in_both_snapshots_is_found_out(rows, told) -> None:
    assert whole_is_touched(read_report(entries(*rows)), "in") == told


def test_what_crosses_the_border_of_the_source_comes_or_goes() -> None:
    found = read_report(entries((RENAME, "in/a", "out/a"), (RENAME, "out/b", "in/b"), (MODIFY, "out/c")), "in")
    assert found == Changes((), ("a",), ("b",), ())


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        (Move("a", "b"), Changes((Move("a", "b"),))),
        (Move("a", "x"), Changes((), ("a",))),
        (Move("x", "b"), Changes((), (), ("b",))),
        (Move("x", "x/y"), Changes()),
        (Move("a", "d/x/b"), Changes((), ("a",))),
    ],
)
def test_a_rename_into_a_name_that_is_left_out_deletes_and_one_out_of_it_creates(move, expected) -> None:
    def is_out(path: str) -> bool:
        return "x" in path.split("/")

    assert apply_exclusion(Changes((move,)), is_out, is_out) == expected


def test_what_moved_into_a_new_directory_and_was_written_to_is_copied_all_the_same() -> None:
    changes = Changes((Move("c", "a/c"),), ("a",), ("a", "a/d"), ("a/c", "a/e"))
    assert told_once(changes) == Changes((Move("c", "a/c"),), ("a",), ("a",), ("a/c",))

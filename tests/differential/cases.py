"""Random copies: trees with attributes, sources, a target, and options; the same seed makes the same case."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

NAMES = ("a", "b", "c d", "é", "x+y", "#1", "_l", ".h", "日", "part-00000", "tmp")
LENGTHS = (0, 1, 10, 1000, 5000)
# Of files that are to have several; no NameNode takes smaller ones.
BLOCK_BYTES = 4096
MODES = (0o755, 0o700, 0o750, 0o1777, 0o640)
# Times lie hours apart and long ago, so that the clock of this machine plays no part.
LONG_AGO_MS = 1_600_000_000_000
HOUR_MS = 3_600_000


class Entry(NamedTuple):
    """A file (its bytes) or a directory (None), and what can be kept of it.

    `acl` are entries beside those that follow from the mode, as (scope, kind, name, permissions).
    """

    data: bytes | None
    mode: int
    owner: str
    group: str
    mtime_ms: int
    acl: tuple[tuple[str, str, str, str], ...] = ()
    block_size_bytes: int = 0


Tree = dict[str, Entry]


@dataclass
class Case:
    """`sources` are trees by name below the place of the case; a tree with the one path "" is a lone file.

    `target` is None where nothing stands there. `words` are options; `filters` the lines of a filter file; `by_list`
    tells that sources stand in a file (-f).
    """

    seed: int
    sources: dict[str, Tree] = field(default_factory=dict)
    target: Tree | None = None
    words: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    # A pattern that stands for all sources, instead of their names.
    by_pattern: bool = False
    by_list: bool = False

    @property
    def syncs(self) -> bool:
        """-update or -overwrite."""
        return "-update" in self.words or "-overwrite" in self.words

    @property
    def target_is_directory(self) -> bool:
        return self.target is not None and "" not in self.target

    @property
    def keeps(self) -> str:
        """The letters of -p."""
        return next((word[2:] or "rbugpct" for word in self.words if word.startswith("-p")), "")

    def __str__(self) -> str:
        sources = "; ".join(f"{name}: {_shown(tree)}" for name, tree in self.sources.items())
        target = "missing" if self.target is None else _shown(self.target)
        return f"seed {self.seed}: {' '.join(self.words)} [{sources}] -> [{target}] filters {self.filters}"


def make_case(seed: int) -> Case:
    """The case of a seed."""
    dice = random.Random(seed)
    case = Case(seed)
    count = dice.choice((1, 1, 1, 2, 3))
    for name in dice.sample(("s", "t1", "src 2", "logs"), count):
        case.sources[name] = {"": _file(dice)} if dice.random() < 0.15 else _tree(dice)
    mode = dice.choice(("", "", "-update", "-update", "-update", "-overwrite"))
    words = [mode] if mode else []
    words += ["-delete"] if mode and dice.random() < 0.4 else []
    words += ["-skipcrccheck"] if dice.random() < 0.2 else []
    words += ["-append"] if mode == "-update" and "-skipcrccheck" not in words and dice.random() < 0.2 else []
    words += [dice.choice(("-p", "-pugp", "-pt", "-prbugp", "-pugpt"))] if dice.random() < 0.5 else []
    words += ["-i"] if dice.random() < 0.1 else []
    case.words = (*words, *dice.choice(((), ("-m", "3"), ("-bandwidth", "100"))))
    case.filters = dice.choice(((), (), (), (r".*/tmp(/.*)?", r".*\+y"), (r".*/part-\d+",)))
    case.by_pattern = dice.random() < 0.15
    if dice.random() < 0.7:
        case.target = _target(dice, case)
    _add_rarer_options(random.Random(f"rarer {seed}"), case)
    return case


def _add_rarer_options(dice: random.Random, case: Case) -> None:
    """With dice of their own, so that what a seed made before them stays as it was."""
    case.by_list = dice.random() < 0.25
    if dice.random() < 0.2:
        words = [word for word in case.words if not word.startswith("-p")]
        case.words = (*words, dice.choice(("-pa", "-pugpa", "-prbugpat")))
        for tree in (*case.sources.values(), case.target or {}):
            for path, entry in tree.items():
                tree[path] = entry._replace(acl=_acl(dice, is_directory=entry.data is None))
    if dice.random() < 0.2:
        case.words = (*case.words, "-blocksperchunk", "1")
        for tree in case.sources.values():
            for path, entry in tree.items():
                if entry.data is not None and len(entry.data) > BLOCK_BYTES:
                    tree[path] = entry._replace(block_size_bytes=BLOCK_BYTES)
    if "-update" not in case.words and "-delete" not in case.words and dice.random() < 0.25:
        case.words = (*case.words, "-atomic")
        if dice.random() < 0.8:
            case.target = None


def _acl(dice: random.Random, *, is_directory: bool) -> tuple[tuple[str, str, str, str], ...]:
    found = []
    if dice.random() < 0.5:
        found += [("access", "user", dice.choice(("bob", "eve")), dice.choice(("r-x", "rwx", "---")))]
        found += [("access", "group", "", dice.choice(("r-x", "---")))]
    if is_directory and dice.random() < 0.4:
        named = ("default", "user", "eve", dice.choice(("r-x", "rw-")))
        bases = [("default", kind, "", "r-x") for kind in ("user", "group", "mask", "other")]
        found += [named, *bases]
    return tuple(found)


def _tree(dice: random.Random, depth: int = 0) -> Tree:
    tree: Tree = {}
    for name in dice.sample(NAMES, dice.randint(0 if depth else 1, 4)):
        if depth < 2 and dice.random() < 0.4:
            tree[name] = _directory(dice)
            tree.update({f"{name}/{path}": entry for path, entry in _tree(dice, depth + 1).items()})
        else:
            tree[name] = _file(dice)
    return tree


def _file(dice: random.Random) -> Entry:
    return _attributed(dice, bytes([dice.randint(97, 122)]) * dice.choice(LENGTHS))


def _directory(dice: random.Random) -> Entry:
    return _attributed(dice, None)


def _attributed(dice: random.Random, data: bytes | None) -> Entry:
    mode = dice.choice(MODES) if data is None else dice.choice((0o644, 0o600, 0o755))
    mtime_ms = LONG_AGO_MS + dice.randint(0, 100) * HOUR_MS
    return Entry(data, mode, dice.choice(("ann", "bob")), dice.choice(("staff", "ops")), mtime_ms)


def _target(dice: random.Random, case: Case) -> Tree:
    """Nothing, something else, or what a copy may have left a while ago: some of it changed, some gone, some new."""
    if dice.random() < 0.05:
        return {"": _file(dice)}
    tree: Tree = {}
    is_named = not case.syncs
    for name, source in case.sources.items():
        for path, entry in source.items():
            place = name if not path else f"{name}/{path}" if is_named else path
            if dice.random() < 0.75 and _fits(tree, place):
                tree[place] = _aged(dice, entry)
    for place, entry in _tree(dice).items():
        if dice.random() < 0.3 and _fits(tree, place):
            tree[place] = entry
    return tree


def _aged(dice: random.Random, entry: Entry) -> Entry:
    if entry.data is None or dice.random() < 0.4:
        return entry._replace(mtime_ms=entry.mtime_ms + dice.choice((0, HOUR_MS)))
    data = dice.choice((entry.data, b"z" * len(entry.data), entry.data[: len(entry.data) // 2], entry.data + b"tail"))
    return _attributed(dice, data)._replace(mtime_ms=entry.mtime_ms + dice.choice((-1, 0, 1)) * HOUR_MS)


def _fits(tree: Tree, path: str) -> bool:
    """Whether no file stands above the path, nothing lies below it, and it is free."""
    above = [path[:at] for at, one in enumerate(path) if one == "/"]
    if path in tree or any(tree.get(one, Entry(None, 0, "", "", 0)).data is not None for one in above):
        return False
    return not any(other.startswith(path + "/") for other in tree)


def _shown(tree: Tree) -> str:
    return ", ".join(
        f"{path or '(file)'}{'/' if entry.data is None else f'={len(entry.data)}'}"
        for path, entry in sorted(tree.items())
    )

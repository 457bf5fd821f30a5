"""What two snapshots differ in, as a NameNode tells it, and what is to be done so that a copy of the older one
becomes one of the newer.

The NameNode's words, all paths counting from the snapshottable directory ("" is itself):

    CREATE path            nothing of it was there: a new file, or a new directory with all that is in it
    DELETE path            gone, with all that was in it and is told nowhere else
    MODIFY path            a file with other bytes or attributes; a directory whose children or attributes changed
    RENAME path new_path   the same file or directory elsewhere, with all that is in it and is told nowhere else

`path` is what the *older* snapshot calls it, also of a CREATE: that is where its parent was. `new_path` is what
the newer one calls it. A file that was renamed and written to is a RENAME and a MODIFY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

CREATE = "CREATE"
DELETE = "DELETE"
MODIFY = "MODIFY"
RENAME = "RENAME"


class SnapshotChange(NamedTuple):
    """One entry of a report; `new_path` belongs to a RENAME."""

    kind: str
    path: str
    new_path: str = ""


class Move(NamedTuple):
    """What was at `path` in the older snapshot is at `new_path` in the newer one."""

    path: str
    new_path: str


class Changes(NamedTuple):
    """A report in which each path says itself which snapshot it belongs to.

    `moves` and `deleted` are about what the older one holds: `Move.path` and `deleted` are its paths. `created` and
    `modified` are paths of the newer one. A path of `moves` or `deleted` speaks for all below it that no other
    path of those two is nearer to.
    """

    moves: tuple[Move, ...] = ()
    deleted: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()

    def inverted(self) -> Changes:
        """The way back: what turns a copy of the newer snapshot into one of the older."""
        renamed = Renamed(self.moves)
        return Changes(
            tuple(Move(move.new_path, move.path) for move in self.moves),
            self.created,
            self.deleted,
            tuple(renamed.origin(path) for path in self.modified),
        )


class Renamed:
    """Where the paths of one snapshot are in the other."""

    def __init__(self, moves: Iterable[Move]) -> None:
        self._forward = {move.path: move.new_path for move in moves}
        self._back = {new_path: path for path, new_path in self._forward.items()}

    def now(self, path: str) -> str:
        """The newer path of what the older snapshot holds (or would hold) at `path`."""
        return _replace_nearest(path, self._forward)

    def arrived(self, path: str) -> str:
        """The newer path of what is new at `path`: its directory may have been renamed, it cannot have been."""
        parent, slash, name = path.rpartition("/")
        return f"{self.now(parent)}/{name}" if slash else name

    def origin(self, path: str) -> str:
        """The older path of what the newer snapshot holds at `path`."""
        return _replace_nearest(path, self._back)


def read_report(report: Iterable[SnapshotChange], inside: str = "") -> Changes:
    """A report, restricted to what lies in the directory `inside`, whose paths then count from there.

    What moved out of it is deleted, what moved into it is created.
    """
    entries = list(report)
    moves = [Move(one.path, one.new_path) for one in entries if one.kind == RENAME]
    renamed = Renamed(moves)
    changes = Changes(
        tuple(moves),
        tuple(one.path for one in entries if one.kind == DELETE),
        tuple(renamed.arrived(one.path) for one in entries if one.kind == CREATE),
        tuple(renamed.now(one.path) for one in entries if one.kind == MODIFY),
    )
    return changes if not inside else _restrict(changes, inside)


def _restrict(changes: Changes, inside: str) -> Changes:
    def is_inside(path: str) -> bool:
        return path.startswith(inside + "/")

    def below(path: str) -> str:
        return path[len(inside) + 1 :]

    moves, deleted, created = [], [], []
    for move in changes.moves:
        was, now = is_inside(move.path), is_inside(move.new_path)
        if was and now:
            moves.append(Move(below(move.path), below(move.new_path)))
        elif was:
            deleted.append(below(move.path))
        elif now:
            created.append(below(move.new_path))
    deleted += [below(path) for path in changes.deleted if is_inside(path)]
    created += [below(path) for path in changes.created if is_inside(path)]
    modified = [below(path) for path in changes.modified if is_inside(path)]
    return told_once(Changes(tuple(moves), tuple(deleted), tuple(created), tuple(modified)))


def told_once(changes: Changes) -> Changes:
    """Without what a new directory brings along anyway."""
    created, arrived = set(changes.created), {move.new_path for move in changes.moves}

    def is_brought(path: str) -> bool:
        if path in arrived:
            return False  # What moved into a new directory is not copied along with it, so its own change is told.
        above = next((one for one in ancestors(path) if one in created or one in arrived), None)
        return above is not None and above not in arrived

    return changes._replace(
        created=tuple(path for path in dict.fromkeys(changes.created) if not is_brought(path)),
        modified=tuple(path for path in changes.modified if path not in created and not is_brought(path)),
    )


def whole_is_touched(changes: Changes, inside: str) -> str:
    """Which entry is about the directory `inside` itself, or one above it; "" when none is.

    Then the two snapshots do not hold one directory under that name, and a report on it means nothing.
    """
    above = {inside, *ancestors(inside)} - {""}
    told = [*(move.path for move in changes.moves), *(move.new_path for move in changes.moves)]
    return next((path for path in (*told, *changes.deleted, *changes.created) if path in above), "")


def apply_exclusion(changes: Changes, was_out: Callable[[str], bool], is_out: Callable[[str], bool]) -> Changes:
    """Changes as a copy sees them that leaves some paths out, of the older snapshot and of the newer.

    path before   path after    a move is
    -----------   -----------   -----------------------------------
    copied        copied        a move
    copied        left out      a deletion of what was copied
    left out      copied        a creation of what was not
    left out      left out      nothing
    """
    moves, deleted, created = [], [], []
    for move in changes.moves:
        was, now = not was_out(move.path), not is_out(move.new_path)
        if was and now:
            moves.append(move)
        elif was:
            deleted.append(move.path)
        elif now:
            created.append(move.new_path)
    return told_once(
        Changes(
            tuple(moves),
            (*(path for path in changes.deleted if not was_out(path)), *deleted),
            (*(path for path in changes.created if not is_out(path)), *created),
            tuple(path for path in changes.modified if not is_out(path)),
        )
    )


class Step(NamedTuple):
    """A subtree of the target that moves, or goes (`new_path` is None).

    `is_staged`: it has to be out of the way before anything moves in, so it goes by way of a hidden place.
    `spares` are the paths below it that other steps speak for.
    """

    number: int
    path: str
    new_path: str | None
    is_staged: bool
    spares: tuple[str, ...] = ()

    @property
    def stays(self) -> bool:
        """Other directories took the place of those above it: by its path, which is all a key is, nothing moved."""
        return self.path == self.new_path


class SyncPlan(NamedTuple):
    """In which order the copy of the older snapshot becomes one of the newer, but for what is new in it.

    On a store without renames, where a subtree is many objects (what stays is left alone):

    1. stage   what moves from a `staged` path is copied to a hidden place; nothing else is touched
    2. clear   all that staged steps speak for is removed: it is safe in the hidden place, or is to go
    3. place   from the hidden place, and from the paths that are not staged, all is copied to its new path
    4. drop    what the other steps speak for, and the hidden place, is removed

    Nothing is written to a path that is not staged before step 4, so each step can be taken again from its beginning,
    and 2 and 3 together, as long as the one after them has not begun.
    """

    steps: tuple[Step, ...]

    @property
    def moves(self) -> tuple[Step, ...]:
        """The steps that move something."""
        return tuple(step for step in self.steps if step.new_path is not None)


def make_plan(changes: Changes) -> SyncPlan:
    """The steps for the moves and deletions of some changes.

    Staged is a path at which, below which, or above which, something arrives: a move, or what is new.
    """
    told = [*((move.path, move.new_path) for move in changes.moves), *((path, None) for path in changes.deleted)]
    arrivals = Overlap([move.new_path for move in changes.moves])
    sources = Nesting(path for path, _ in told)
    return SyncPlan(
        tuple(
            Step(number, path, new_path, arrivals.meets(path), sources.below(path))
            for number, (path, new_path) in enumerate(sorted(told, key=lambda one: (one[0], one[1] or "")))
        )
    )


class Overlap:
    """Whether a subtree has anything to do with any of a set of subtrees: is it, holds it, or lies in it."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = set(paths)
        self._above = {one for path in self._paths for one in ancestors(path)}

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self._paths

    def has(self, path: str) -> bool:
        """Whether a path is one of them."""
        return path in self._paths

    def holds(self, path: str) -> bool:
        """Whether a path lies in one of them, and is none of them."""
        return any(one in self._paths for one in ancestors(path))

    def meets(self, path: str) -> bool:
        return path in self._paths or path in self._above or self.holds(path)


class Nesting:
    """Of a set of paths: those that lie below one of them, the topmost only."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._below: dict[str, list[str]] = {}
        known = set(paths)
        for path in sorted(known):
            nearest = next((one for one in ancestors(path) if one in known), None)
            if nearest is not None:
                self._below.setdefault(nearest, []).append(path)

    def below(self, path: str) -> tuple[str, ...]:
        return tuple(self._below.get(path, ()))


def ancestors(path: str) -> Iterator[str]:
    """The paths above a relative path, the nearest first; the last one is ""."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _replace_nearest(path: str, known: dict[str, str]) -> str:
    for one in (path, *ancestors(path)):
        if one in known:
            return known[one] + path[len(one) :]
    return path

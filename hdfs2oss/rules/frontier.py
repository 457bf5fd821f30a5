"""What a survey did not get to: ranges of sub-directories, a bounded number of them however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .keys import ALL_KEYS, KeyRange, child_key, parent_of

_MOST_RANGES = 32


class SurveyUnit(NamedTuple):
    """A directory below the target base, or a range of its children, on all sides.

    `resumed` means that its own files, and the directory itself, were accounted for by an earlier unit; with
    `has_files` only the directory was, and files in the range belong to it like all else.
    `target_only` means that no source had the directory when it was listed.
    """

    directory: str
    children: KeyRange = ALL_KEYS
    resumed: bool = False
    target_only: bool = False
    has_files: bool = False

    @property
    def only_directories(self) -> bool:
        """Whether files that stand in the directory itself belong to another unit."""
        return self.resumed and not self.has_files

    def cut(self, borders: Sequence[str]) -> list[SurveyUnit]:
        """The same in ranges that end at these keys."""
        inner = [one for one in borders if self.children.holds(one) and one != self.children.until]
        ends = zip([self.children.after, *inner], [*inner, self.children.until], strict=True)
        return [self._replace(children=KeyRange(after, until)) for after, until in ends]


class Frontier:
    """Follows a walk in key order: which directories are open, and which sub-directories were left out.

    While all is entered only the chain of open directories is kept. Once something is left out, each open
    directory keeps at most 64 names, thinned out evenly, which become the borders of up to 32 ranges.
    """

    def __init__(self, unit: SurveyUnit) -> None:
        self._unit = unit
        self._chain: list[tuple[str, str]] = [(unit.directory, unit.children.after)]
        # Those of the chain that no source has.
        self._target_only = {unit.directory} if unit.target_only else set[str]()
        self._borders: dict[str, list[str]] = {}
        self._strides: dict[str, tuple[int, int]] = {}

    def enter(self, directory: str, target_only: bool = False) -> None:
        """The walk goes into a sub-directory."""
        parent = parent_of(directory)
        depth = next((at for at, (one, _) in enumerate(self._chain) if one == parent), None)
        # Where the listing left out the parent's own row, what is known of the directories above it stays.
        if depth is not None:
            self._target_only.difference_update([one for one, _ in self._chain[depth + 1 :]])
            self._chain[depth:] = [(parent, child_key(directory, parent)), (directory, "")]
            if target_only:
                self._target_only.add(directory)

    def leave_out(self, directory: str) -> None:
        """The walk stays out of a sub-directory; it comes up again in one of the units."""
        parent = parent_of(directory)
        borders = self._borders.setdefault(parent, [])
        stride, seen = self._strides.get(parent, (1, 0))
        if seen % stride == 0:
            borders.append(child_key(directory, parent))
        if len(borders) >= 2 * _MOST_RANGES:
            del borders[1::2]
            stride *= 2
        self._strides[parent] = (stride, seen + 1)

    def rest_behind(self, taken: str, next_path: str) -> list[SurveyUnit]:
        """Units that cover what comes behind the key `taken`, where `next_path` is what comes next and nothing was left
        out so far: the rest of its directory first, then that of each one above. Empty where that cannot be told."""
        directory = parent_of(next_path)
        depth = next((at for at, (one, _) in enumerate(self._chain) if one == directory), None)
        base = f"{directory}/" if directory else ""
        name, slash, _ = taken[len(base) :].partition("/") if taken.startswith(base) else ("", "", "")
        if depth is None or self._borders or (taken != base and name in ("", ".", "..")):
            return []
        found = []
        for at in range(depth, -1, -1):
            one, entered = self._chain[at]
            after = name + slash if at == depth else entered
            until = self._unit.children.until if at == 0 else ""
            has_files = at > 0 or not self._unit.only_directories
            found.append(SurveyUnit(one, KeyRange(after, until), True, one in self._target_only, has_files))
        return found

    def units(self) -> list[SurveyUnit]:
        """Units that together cover all that was left out, and nothing else."""
        entered = dict(self._chain)
        found = []
        for parent, borders in self._borders.items():
            last = self._unit.children.until if parent == self._unit.directory else ""
            step = -(-len(borders) // _MOST_RANGES)
            # A range ends with the last name before the next one begins.
            ends = borders[step::step]
            after = entered.get(parent, "")
            for end in [*ends, last]:
                found.append(SurveyUnit(parent, KeyRange(after, end), True, parent in self._target_only))
                after = end
        return found

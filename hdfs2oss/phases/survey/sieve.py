"""What of a step takes part: the one place where something is left out, and counted."""

from __future__ import annotations

from typing import NamedTuple

from ...model.values import DIRECTORY, UNLISTED, FileStatus
from ...rules.frontier import SurveyUnit
from ...rules.keys import is_directly_in
from ...rules.layout import Layout
from ...rules.merging import TARGET, Step, Stretch
from .exclusion import Exclusion
from .findings import Findings


class Sifted(NamedTuple):
    """A step without what is left out; the streams of `passed_by` skip what lies in its directory."""

    step: Step
    passed_by: tuple[int, ...] = ()


class Sieve:
    """Sifts the steps of one unit.

    Left out are rows that filters exclude, our own places on either side, and the files of a resumed unit's own
    directory, which an earlier unit has accounted for. A directory is counted where it is entered, so once; where it
    is not, it is listed again.
    """

    def __init__(self, layout: Layout, exclusion: Exclusion, unit: SurveyUnit, findings: Findings) -> None:
        self._layout = layout
        self._exclusion = exclusion
        self._unit = unit
        self._findings = findings

    def sift(self, step: Step, entered: bool) -> Sifted:
        """Leave out and count; note what could not be listed and what two sources bring."""
        kept, passed_by = [], []
        for root, row in step.sources:
            if self._takes_part(root, row, entered):
                kept.append((root, row))
            elif row.kind == DIRECTORY:
                passed_by.append(root)
        target = step.target
        if target is not None and target.path in self._exclusion.own_at_target:
            if target.kind == DIRECTORY:
                passed_by.append(TARGET)
            # It is hidden from a directory of the sources; a file of that name would stand in its place.
            target = None if kept else target
        if target is not None and target.kind == UNLISTED:
            self._findings.add_problem(str(self._layout.target_of(target.path)), target.problem)
        if len(kept) > 1:
            self._meet_several(kept, entered)
        return Sifted(Step(step.key, tuple(kept), target), tuple(passed_by))

    def lets_through(self, stretch: Stretch) -> bool:
        """Whether nothing of a stretch is left out, or counted by itself."""
        first, last = stretch.sources[0].path, stretch.sources[-1].path
        is_elsewhere = self._unit.resumed and is_directly_in(self._unit.directory, first)
        return not is_elsewhere and not self._exclusion.may_touch(stretch.root, first, last)

    def _takes_part(self, root: int, row: FileStatus, entered: bool) -> bool:
        if row.kind == UNLISTED:
            self._findings.add_problem(str(self._layout.named_source_of(root, row.path)), row.problem)
            return True
        is_directory = row.kind == DIRECTORY
        if not is_directory and self._unit.resumed and is_directly_in(self._unit.directory, row.path):
            self._findings.count_elsewhere(row)
            return False
        is_counted = entered or not is_directory
        if not is_counted:
            self._findings.count_elsewhere(row)
        if self._exclusion.excludes(root, row.path, is_directory):
            if is_counted:
                self._findings.count_excluded(row)
            return False
        if is_directory and is_counted:
            self._findings.count_directory()
        return True

    def _meet_several(self, rows: list[tuple[int, FileStatus]], entered: bool) -> None:
        """Directories of several sources merge; with anything else of that key they are one too many."""
        found = [(root, row) for root, row in rows if row.kind != UNLISTED]
        if all(row.kind == DIRECTORY for _, row in found):
            self._findings.merged.directories += max(0, len(found) - 1) if entered else 0
        elif len(found) > 1:
            path = found[0][1].path
            source, other = (str(self._layout.named_source_of(root, path)) for root, _ in found[:2])
            self._findings.add_duplicate(path, source, other)

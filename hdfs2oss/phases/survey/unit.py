"""One unit of a survey, from its streams to its pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ...model.values import DIRECTORY, FilePair, FileStatus
from ...rules.frontier import SurveyUnit
from ...rules.gate import Budget, Gate
from ...rules.keys import parent_of
from ...rules.merging import TARGET, Cursor, Merge, Step
from ...rules.pairing import Pairing, blocked_by_file
from ...tasks.context import RunContext
from .exclusion import Exclusion
from .findings import Findings
from .missing import Missing
from .sides import Sides
from .sieve import Sieve

TakePairs = Callable[[Sequence[FilePair]], None]


class UnitSurvey:
    """Pairs the two sides of units and hands them to `take`, some at a time; what it learns besides goes to `findings`.

    `survey` raises StoreError or SurveyError when a side fails as a whole; what was handed over by then counts.
    """

    def __init__(
        self, context: RunContext, take: TakePairs, findings: Findings, missing: Missing | None = None
    ) -> None:
        """Where `missing` wants to know what only the target has, all of the target is listed."""
        self._layout = context.layout
        self._lists_root = not context.options.sync
        self._take = take
        self._findings = findings
        self._missing = missing
        self._exclusion = Exclusion(context)
        self._sides = Sides(context, self._exclusion, findings)

    def survey(self, unit: SurveyUnit, budget: Budget) -> list[SurveyUnit]:
        """Pair what lies in a unit as far as the budget goes; the units that are left."""
        sources = self._sides.open_sources(unit) if not unit.target_only else []
        if not sources and not unit.target_only:
            return []
        target = self._sides.open_target(unit)
        in_the_way = list(self._sides.files_in_the_way(unit, target is not None)) if sources else []
        own = self._own_pair(unit, sources[0].root, target is not None, in_the_way) if sources else None
        if target is None:
            pairing = Pairing(own, block=blocked_by_file(in_the_way[-1].path) if in_the_way else None)
        else:
            pairing = Pairing(own, in_the_way)
        wants_missing = self._missing is not None
        gate = Gate(unit, budget, wants_missing)
        if self._missing is not None:
            self._missing.begin(unit)
        merge = Merge(sources, target, wants_missing)
        rest = self._pair_up(merge, gate, self._sieve(unit), pairing, self._missing, cuts=bool(sources))
        if self._missing is not None:
            self._missing.end()
        self._count_listed(sources)
        return [piece for one in rest for piece in self._sides.cut(one)] if rest else gate.rest()

    def survey_files(self, numbers: Sequence[int]) -> None:
        """Pair roots that are files, where no listing is due in which they would come up.

        One that cannot be asked for is a problem of its own.
        """
        for number, opened in self._sides.open_lone_files(numbers):
            if isinstance(opened, Exception):
                self._findings.add_problem(str(self._layout.roots[number].source), str(opened))
            else:
                self._survey_file(number, *opened)

    def _survey_file(self, number: int, source: Cursor, target: Cursor | None) -> None:
        unit = SurveyUnit(parent_of(self._layout.roots[number].prefix))
        merge = Merge([source], target, wants_missing=False)
        self._pair_up(merge, Gate(unit, Budget(1, 0.0)), self._sieve(unit), Pairing())
        self._count_listed([source])

    def place_of(self, unit: SurveyUnit) -> str:
        """The unit in words."""
        return self._sides.place_of(unit)

    def lone_files(self, tells_duplicates: bool = True) -> list[int]:
        """The numbers of the roots that are files; one whose place another source has is a duplicate instead."""
        roots = self._layout.roots
        excludes = self._exclusion.excludes
        excluded = {number for number, root in enumerate(roots) if excludes(number, root.prefix, not root.is_file)}
        seen = {
            root.prefix: root.source for number, root in enumerate(roots) if number not in excluded and not root.is_file
        }
        found = []
        for number, root in enumerate(roots):
            if not root.is_file:
                continue
            if number not in excluded and seen.setdefault(root.prefix, root.source) is not root.source:
                if tells_duplicates:
                    self._findings.add_duplicate(root.prefix, str(seen[root.prefix]), str(root.source))
            else:
                found.append(number)
        return found

    def _pair_up(
        self,
        merge: Merge,
        gate: Gate,
        sieve: Sieve,
        pairing: Pairing,
        missing: Missing | None = None,
        cuts: bool = False,
    ) -> list[SurveyUnit]:
        """All steps. With `cuts` it may end where the budget does, if the stores can be cut, which nobody asks them
        before: what is left then, the rest of the innermost directory first."""
        taken = ""
        while (step := merge.step(pairing.waiting_for)) is not None:
            may_end = cuts and gate.is_spent and self._sides.can_be_cut
            if may_end and (rest := self._rest_behind(taken, step, gate, pairing)):
                return rest
            entered = gate.enters(step)
            if not entered:
                merge.stop_descending()
            sifted = sieve.sift(step, entered)
            self._take(pairing.take(sifted.step, entered))
            passed_by = sifted.passed_by
            if missing is not None and missing.take(step, bool(sifted.step.sources), entered):
                passed_by = (*passed_by, TARGET)
            merge.advance(step, passed_by)
            taken = step.end
            if step.target is not None and step.sources:
                taken = self._take_stretches(merge, gate, sieve, pairing, missing) or taken
        self._take(pairing.finish())
        return []

    def _rest_behind(self, taken: str, step: Step, gate: Gate, pairing: Pairing) -> list[SurveyUnit]:
        """What is handed back if the unit ends before this step: nothing while a pair waits for it."""
        rest = gate.rest_behind(taken, step)
        if rest:
            self._take(pairing.release(step.key))
        return rest if pairing.is_settled else []

    def _take_stretches(self, merge: Merge, gate: Gate, sieve: Sieve, pairing: Pairing, missing: Missing | None) -> str:
        """Behind a step of both sides: as long as both have the same files, which no rule looks at one by one, take
        them together. It comes to the same as steps, which the rest goes on with. The last key that was taken."""
        taken = ""
        while (stretch := merge.stretch()) is not None and sieve.lets_through(stretch):
            self._take(pairing.release(stretch.sources[0].path))
            pairs = pairing.take_stretch(stretch)
            if pairs is None:
                break
            gate.passes(len(pairs))
            if missing is not None:
                missing.take_files(stretch.targets)
            self._take(pairs)
            merge.take(stretch)
            taken = stretch.sources[-1].path
            if gate.is_spent:
                break
        return taken

    def _count_listed(self, sources: Iterable[Cursor]) -> None:
        for cursor in sources:
            self._findings.listed.merge(cursor.count())

    def _own_pair(
        self, unit: SurveyUnit, root: int, target_exists: bool, in_the_way: list[FileStatus]
    ) -> FilePair | None:
        """The pair of the unit's own directory, unless another unit has seen to it."""
        if unit.resumed:
            return None
        # DistCp leaves the root out of the listing under -update and -overwrite.
        if unit.directory or self._lists_root:
            self._findings.count_directory()
        status = FileStatus(unit.directory, DIRECTORY)
        self._findings.listed.add(status)
        target = next((row for row in in_the_way if row.path == unit.directory), status if target_exists else None)
        return FilePair(unit.directory, status, target, root)

    def _sieve(self, unit: SurveyUnit) -> Sieve:
        return Sieve(self._layout, self._exclusion, unit, self._findings)

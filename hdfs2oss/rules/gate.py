"""Whether a survey enters a directory, and what it hands back of those it did not enter."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..model.values import UNLISTED
from .frontier import Frontier, SurveyUnit
from .keys import is_directly_in
from .merging import Step


class Budget:
    """How much a task may look at before it hands back what is left."""

    def __init__(self, entries: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries_left = entries
        self._clock = clock
        self._deadline = clock() + seconds

    def spend(self, entries: int = 1) -> None:
        """So many more entries."""
        self._entries_left -= entries

    @property
    def is_spent(self) -> bool:
        """Whether more was looked at, or for longer, than was given."""
        return self._entries_left < 0 or self._clock() > self._deadline


class Gate:
    """Asked about each step of a unit, in order. Open while the budget lasts; once closed, closed for good.

    1. Every step costs an entry of the budget, also what filters leave out: they decide behind the gate. But for files
       that an earlier unit has seen to: where many of them stand before each directory, none would be got to.
    2. A directory of the target alone is no reason to come back, unless what is missing at the sources is wanted.
    3. A unit of which only sub-directories are left enters one at least, or it would be handed back for ever.
    """

    def __init__(self, unit: SurveyUnit, budget: Budget, wants_missing: bool = False) -> None:
        self._unit = unit
        self._budget = budget
        self._wants_missing = wants_missing
        self._frontier = Frontier(unit)
        self._may_close = not unit.resumed
        self._is_closed = False

    def rest_behind(self, taken: str, step: Step) -> list[SurveyUnit]:
        """Once the budget is spent and something was taken: units that cover what comes behind the key `taken`, from
        this step on, of which nothing is taken then; for stores that can go on there. Empty to go on here.

        A failure is taken first: its row has the path of what could not be listed, which says nothing of how far that
        was listed."""
        if self._is_closed or not step.sources or not taken or not self._budget.is_spent:
            return []
        if any(row.kind == UNLISTED for _, row in step.sources):
            return []
        return self._frontier.rest_behind(taken, step.sources[0][1].path)

    def enters(self, step: Step) -> bool:
        """Whether the walk goes into the directory of this step; for other rows: whether it still would."""
        if not self._is_elsewhere(step):
            self._budget.spend()
        if not step.is_directory:
            return not self._is_closed
        if not self._is_closed and self._may_close and self._budget.is_spent:
            self._is_closed = True
        if not self._is_closed:
            self._frontier.enter(step.directory, not step.is_directory_at_source)
            self._may_close = True
        elif step.is_directory_at_source or self._wants_missing:
            self._frontier.leave_out(step.directory)
        return not self._is_closed

    def _is_elsewhere(self, step: Step) -> bool:
        unit = self._unit
        return unit.only_directories and not step.is_directory and is_directly_in(unit.directory, step.key)

    def passes(self, files: int) -> None:
        """So many steps that are files on both sides."""
        self._budget.spend(files)

    @property
    def is_spent(self) -> bool:
        """Whether the budget is."""
        return self._budget.is_spent

    def rest(self) -> list[SurveyUnit]:
        """Units that together cover all that was not entered, and nothing else."""
        return self._frontier.units()

"""What a survey is made for: who takes its pairs, and whether anybody wants what only the target has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ...model.values import FilePair, PlanSlice
from ...records.jobdir import JobDir
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk
from .missing import Missing


class Planned(NamedTuple):
    """Slices of ordinary items, of large files, and of directories that get attributes, each with its depth."""

    slices: list[PlanSlice]
    large_slices: list[PlanSlice]
    directories: list[tuple[int, PlanSlice]]


class PairTaker(Protocol):
    """Takes the pairs of one survey task and writes down what is to be done about them."""

    def take_all(self, pairs: Sequence[FilePair]) -> None:
        """Some pairs."""

    def publish(self) -> Planned:
        """Count what was decided, and write the plan files."""


class Purpose(NamedTuple):
    """Module-level functions, as they travel to tasks. `writes` says whether the target will be written to.

    `find_ledger` gives the records whose ledger is asked what is known of a pair; None where nothing is asked.
    """

    make_taker: Callable[[TaskDesk], PairTaker]
    make_missing: Callable[[TaskDesk], Missing | None]
    find_ledger: Callable[[RunContext], JobDir | None]
    writes: bool = True

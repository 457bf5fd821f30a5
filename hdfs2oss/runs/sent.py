"""What the waves of a copy did: which task had which slices, and so which ledger files hold their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..model.values import CopyTask, PlanSlice
from ..records import ledger


def task_name(task: CopyTask) -> str:
    """The name of a task of the copy wave."""
    return task.name("copy")


def again_name(task: CopyTask) -> str:
    """The name of the task of the second wave that sends again what this one could not."""
    return task.name("copy-again")


class Sent(NamedTuple):
    """What the copy did: its tasks, and the names of those of which some chunks were sent in a second wave."""

    tasks: list[CopyTask]
    again: frozenset[str]

    def ledger_files(self) -> Callable[[Sequence[PlanSlice]], tuple[str, ...]]:
        """What tells the ledger files that hold the rows of some slices."""
        task_of = {(piece.file, piece.row_group): task for task in self.tasks for piece in task.slices}

        def files_of(slices: Sequence[PlanSlice]) -> tuple[str, ...]:
            tasks = dict.fromkeys(task_of[piece.file, piece.row_group] for piece in slices)
            second = [again_name(task) for task in tasks if task_name(task) in self.again]
            return tuple(ledger.file_of(name) for name in [*map(task_name, tasks), *second])

        return files_of


class Outdated(NamedTuple):
    """Slices of uploads, of which some have no row as their sources changed; the ledger files with the rows of all
    others."""

    uploads: tuple[PlanSlice, ...]
    ledger_files: tuple[str, ...]

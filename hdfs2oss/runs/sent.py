"""What the copy wave did: which task had which slices, and so which ledger files hold their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..model.values import CopyTask, PlanSlice
from ..records import ledger


def task_name(task: CopyTask) -> str:
    """The name of a task of the copy wave."""
    return f"copy-{task.number:05d}"


def again_name(task: CopyTask) -> str:
    """The name of the task of the second wave that sends again what this one could not."""
    return f"copy-again-{task.number:05d}"


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

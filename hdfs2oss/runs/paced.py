"""A runner whose tasks keep to the limits of the job, and tell how far they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..model.errors import Hdfs2ossError
from ..records.limits import Dealt
from ..runners.base import Report, Runner, Task, TaskFunction
from .sharing import Sharing

# carry_out(work, task, attempt), for what was dealt out.
Wrap = Callable[[Dealt], Callable[..., Any]]


class PacedRunner(Runner):
    """Another runner, each wave of which is dealt what it may have; `wrap` gives it to a task function."""

    def __init__(self, runner: Runner, sharing: Sharing, wrap: Wrap) -> None:
        self._runner = runner
        self._sharing = sharing
        self._wrap = wrap
        self.slots = runner.slots
        self.reports_live = runner.reports_live
        self.shares_disk = runner.shares_disk

    def run_wave(
        self,
        name: str,
        work: TaskFunction[Task, Report],
        tasks: Sequence[Task],
        on_report: Callable[[Report], None],
    ) -> None:
        with self._sharing.wave(len(tasks)) as dealt:
            self._runner.run_wave(name, partial(self._wrap(dealt), work), tasks, on_report)

    def runs_here(self, tasks: int) -> bool:
        return self._runner.runs_here(tasks)

    def busy_slots(self) -> int | None:
        return self._runner.busy_slots()

    def end_wave(self, error: Hdfs2ossError) -> None:
        self._runner.end_wave(error)

    def cancel(self) -> None:
        self._runner.cancel()

    def describe(self) -> dict[str, int]:
        return self._runner.describe()

    def hadoop_configuration(self) -> dict[str, str]:
        return self._runner.hadoop_configuration()

    def make_thread(self, target: Callable[[], None]) -> threading.Thread:
        return self._runner.make_thread(target)

    def close(self) -> None:
        self._runner.close()

"""Where tasks run. A task function is a module-level function of a phase; only values go in and out."""

from __future__ import annotations

import abc
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from .signals import daemon_thread

Task = TypeVar("Task")
Report = TypeVar("Report")
# A task function of a phase, with what it needs of the run already bound: work(task, attempt).
TaskFunction = Callable[[Task, str], Report]


class Runner(abc.ABC):
    """Runs waves of tasks. `slots` is how many run at once, as far as is known."""

    slots: int = 1
    # Reports are handed over while a wave runs, not only at its end.
    reports_live = True
    # Tasks see the files of this machine, so a local job directory will do.
    shares_disk = True

    @abc.abstractmethod
    def run_wave(
        self,
        name: str,
        work: TaskFunction[Task, Report],
        tasks: Sequence[Task],
        on_report: Callable[[Report], None],
    ) -> None:
        """Run work(task, attempt) for each task and hand over each report as it comes.

        What is bound in `work` travels with it, so it holds values only.

        `attempt` names one try of one task, unique in the run.

        `name` may be shown to anybody, so it holds no path with a secret. Returns when all are done. Raises
        what a task raised once it has no attempts left (only for an unfit node: file-level failures are
        reports), or Interrupted after `cancel`.
        """

    @abc.abstractmethod
    def cancel(self) -> None:
        """Stop what runs and start nothing more; called from another thread or a signal handler."""

    def describe(self) -> dict[str, int]:
        """Measured Job Counters, such as launched map tasks; empty when nothing was measured."""
        return {}

    def hadoop_configuration(self) -> dict[str, str]:
        """Hadoop's configuration as the runner knows it; empty when it knows none."""
        return {}

    def make_thread(self, target: Callable[[], None]) -> threading.Thread:
        """A thread from which waves may be run, while the main thread waits for signals."""
        return daemon_thread(target)

    def close(self) -> None:
        """Give back processes and sessions."""

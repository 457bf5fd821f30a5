"""Where tasks run. A task function is a module-level function of a phase; only values go in and out."""

from __future__ import annotations

import abc
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..model.errors import Hdfs2ossError
from .signals import daemon_thread

Task = TypeVar("Task")
Report = TypeVar("Report")


class Attempt(str):
    """The name of one try of one task, unique in the run, that knows what comes after it.

    A task that could do better elsewhere raises where another try follows; the last one writes down what failed.
    """

    is_last: bool

    def __new__(cls, name: str, is_last: bool = True) -> Attempt:
        made = super().__new__(cls, name)
        made.is_last = is_last
        return made

    def again(self, number: int, is_last: bool) -> Attempt:
        """The `number`th repetition in the same place."""
        return Attempt(f"{self}.{number}" if number else self, is_last)


def is_last_try(attempt: str) -> bool:
    """Whether nobody tries again after this one; a bare name stands for an only try."""
    return attempt.is_last if isinstance(attempt, Attempt) else True


# A task function of a phase, with what it needs of the run already bound: work(task, attempt).
TaskFunction = Callable[[Task, str], Report]


class Runner(abc.ABC):
    """Runs waves of tasks. `slots` is how many run at once, as far as is known."""

    slots: int = 1
    # Reports are handed over while a wave runs, not only at its end.
    reports_live = True
    # Tasks see the files of this machine, so a local job directory will do.
    shares_disk = True
    # How the command ends, once it does: what a cluster is told.
    exit_code = 0

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

        `attempt` names one try of one task, unique in the run (an Attempt). A task that raises StoreGone is tried
        again after a pause, in the end elsewhere, where there is an elsewhere.

        `name` may be shown to anybody, so it holds no path with a secret. Returns when all are done. Raises
        what a task raised once it has no attempts left (only for an unfit node: file-level failures are
        reports), at once what ends the wave, or Interrupted after `cancel`.
        """

    def end_wave(self, error: Hdfs2ossError) -> None:
        """End the wave that runs, in which `run_wave` raises `error`; called from another thread.

        For waves whose reports are not live; elsewhere who is handed a report raises by itself.
        """

    def runs_here(self, tasks: int) -> bool:
        """Whether a wave of so many tasks runs in this very process, one by one."""
        return False

    def busy_slots(self) -> int | None:
        """How many slots have a task of the wave that runs, or will have at once; None when that is not known."""
        return None

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

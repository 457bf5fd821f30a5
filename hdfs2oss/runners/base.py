"""Where tasks run. A task function is a module-level function of a phase; only values go in and out."""

from __future__ import annotations

import abc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records.jobdir import JobDir
from ..rules.layout import Layout
from .signals import daemon_thread

Task = TypeVar("Task")
Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every task of a run is given. Holds secrets in `stores`, so its repr leaves them out."""

    options: CopyOptions
    layout: Layout
    stores: StoreConfig = field(repr=False)
    job_dir: Uri
    run_id: str

    def open_job_dir(self) -> JobDir:
        """The job directory through this process's own client."""
        return JobDir(open_filesystem(self.job_dir, self.stores), self.job_dir.path, self.run_id)


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
        function: Callable[[RunContext, Task, str], Report],
        tasks: Sequence[Task],
        context: RunContext,
        on_report: Callable[[Report], None],
    ) -> None:
        """Run function(context, task, attempt) for each task and hand over each report as it comes.

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

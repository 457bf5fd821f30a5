"""A task from inside: what it is given, what it measures, and where its results go."""

from __future__ import annotations

from ..filesystems.registry import open_filesystem
from ..model.counters import COPY_MAPPER, Counters, Counts
from ..model.values import CopyResult, FileAction, Outcome, TaskReport
from ..records import damage, ledger
from ..records.copylog import CopyLog
from ..rules.throttle import Throttle
from .context import RunContext
from .meter import TaskMeter
from .pulse import PULSE


def earlier_report(context: RunContext, name: str) -> TaskReport | None:
    """The report of an attempt at a task that has published already, so that nothing is done twice; else None."""
    return ledger.earlier_report(context.open_job_dir(), ledger.file_of(name))


def publish_log(context: RunContext, log: CopyLog, name: str) -> None:
    """Write the lines of a task as one file of the -log directory. Raises CommitError that names it."""
    context.open_log_dir().publish(log, name)


class TaskDesk:
    """One attempt at a task, measured from the making of its desk on. `name` is that of the task: `copy-00007`.

    A task with results hands each to `take` and ends with `publish`. One with another product publishes that by
    itself, counts in `counters`, and gives `counts()`, which hold the traffic of its stores too.
    """

    def __init__(self, context: RunContext, name: str, attempt: str) -> None:
        self.context = context
        self.name = name
        # Drivers count attempts from one on: two of them never give the same name to different work.
        self.attempt = f"r{context.incarnation}.{attempt}" if context.incarnation else str(attempt)
        self.job_dir = context.open_job_dir()
        self.log = CopyLog(context.options.verbose, context.options.log_path is not None)
        stores = [open_filesystem(place, context.stores) for place in (context.layout.base, context.job_dir)]
        self._meter = TaskMeter([*stores, *dict.fromkeys(context.source_stores())])
        self._results: list[CopyResult] = []
        PULSE.at(name)

    @property
    def counters(self) -> Counters:
        """What the task counts about itself."""
        return self._meter.counters

    def counts(self) -> Counts:
        """All that was counted so far, and what the stores measured."""
        return self._meter.counts()

    def measured(self) -> TaskReport:
        """The report as it stands now, for a task whose product is no ledger."""
        return self._meter.report(self.name, self.attempt, self._results)

    def take(self, result: CopyResult) -> None:
        """One result for the ledger: it is counted, and has its line in the log."""
        result = result._replace(attempt=self.attempt, host=self._meter.host)
        # At once: the task may be killed before it publishes.
        for etag in result.left_etags.split():
            damage.remember(self.job_dir, damage.Damaged(result.path, etag))
        if result.outcome == Outcome.COPIED and result.action == FileAction.OVERWRITE:
            damage.forget(self.job_dir, result.path, result.target_etag)
        self._meter.count(result)
        self._results.append(result)
        PULSE.done(result)
        # A file that goes up in chunks has its line once: when its upload is completed.
        if not result.is_chunk:
            self.log.note(self.context.layout, result)

    def publish(self, throttle: Throttle | None = None) -> TaskReport:
        """Publish log and ledger, and give the report that counts: ours, or that of an attempt that was first.

        The ledger comes last: an attempt that ends before it is done again, with all its lines. `throttle` is that of
        -bandwidth, whose pauses DistCp counts.
        """
        if throttle is not None and throttle.held_seconds:
            self.counters.add(COPY_MAPPER, "SLEEP_TIME_MS", round(1000 * throttle.held_seconds))
        report = self._meter.report(self.name, self.attempt, self._results)
        publish_log(self.context, self.log, f"part-m-{self.name}")
        return ledger.publish(self.job_dir, report, self._results)

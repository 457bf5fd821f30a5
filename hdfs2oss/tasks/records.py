"""What a task leaves behind at its end: the lines of its log, then its ledger file, which makes it count."""

from __future__ import annotations

from collections.abc import Sequence

from ..filesystems.registry import open_filesystem
from ..model.errors import CommitError, StoreError
from ..model.values import CopyResult, TaskReport
from ..records import ledger
from ..records.copylog import CopyLog
from ..records.jobdir import JobDir
from .context import RunContext
from .meter import TaskMeter


def open_log(context: RunContext) -> CopyLog:
    """The log of one task; it stays empty without -log."""
    return CopyLog(context.options.verbose, context.options.log_path is not None)


def publish_log(context: RunContext, log: CopyLog, name: str) -> None:
    """Write the lines as one file of the -log directory. Raises CommitError that names it."""
    log_path = context.options.log_path
    if log_path is None:
        return
    try:
        log.publish(open_filesystem(log_path, context.stores), log_path.path, name)
    except StoreError as error:
        raise CommitError(f"the -log directory {log_path} cannot be written: {error}", error.hint) from error


def publish_task(
    context: RunContext, job_dir: JobDir, meter: TaskMeter, log: CopyLog, results: Sequence[CopyResult]
) -> TaskReport:
    """Publish log and ledger, and give the report that counts: ours, or that of an attempt that was first.

    The ledger comes last: an attempt that ends before it is done again, with all its lines.
    """
    report = meter.report(results)
    publish_log(context, log, f"part-m-{report.task}")
    return ledger.publish(job_dir, report, results)

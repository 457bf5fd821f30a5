"""Ledger files: what happened to every item, with the task's report in the footer.

A task publishes one file by a rename that never overwrites. The first attempt wins; a later one takes
over the report of the first, so every count exists once, however often a task ran.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

from ..model.errors import NotFound
from ..model.values import CopyResult, StoredPart, TaskReport, Work
from .jobdir import JobDir
from .tables import RESULT_SCHEMA, results_of, write_table

_REPORT_KEY = "hdfs2oss.task_report"


def file_of(task: str) -> str:
    """Where the results of a task are; every attempt at it publishes under this name, and the first one wins."""
    return f"{task}.parquet"


def publish(job_dir: JobDir, report: TaskReport, results: Sequence[CopyResult]) -> TaskReport:
    """Write `ledger/<task>.parquet` and give the report that counts: ours, or that of an earlier attempt."""
    data = write_table(results, RESULT_SCHEMA, {_REPORT_KEY: json.dumps(dataclasses.asdict(report))})
    if job_dir.publish(f"ledger/{report.ledger_file}", data):
        return report
    return read_report(job_dir, report.ledger_file)


def earlier_report(job_dir: JobDir, ledger_file: str) -> TaskReport | None:
    """The report of an attempt that has published already, so that nothing is done twice; else None."""
    try:
        return read_report(job_dir, ledger_file)
    except NotFound:
        return None


def read_report(job_dir: JobDir, ledger_file: str) -> TaskReport:
    """The report in the footer of a ledger file."""
    with job_dir.open_table(f"ledger/{ledger_file}") as table:
        fields = json.loads(table.footer(_REPORT_KEY))
    failures = tuple(_failure(CopyResult(*values)) for values in fields.pop("failures"))
    return TaskReport(**fields, failures=failures)


def read_results(job_dir: JobDir, ledger_file: str) -> Iterator[CopyResult]:
    """The rows of a ledger file, one row group in memory at a time."""
    with job_dir.open_table(f"ledger/{ledger_file}") as table:
        for group in range(table.row_groups):
            yield from results_of(table.read(group))


def _failure(plain: CopyResult) -> CopyResult:
    """A result as it was before it became JSON."""
    return plain._replace(work=Work(plain.work), parts=tuple(StoredPart(*part) for part in plain.parts))

"""Ledger files: what happened to every item, with the task's report in the footer.

A task publishes one file by a rename that never overwrites. The first attempt wins; a later one takes
over the report of the first, so every count exists once, however often a task ran.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

import pyarrow as pa

from ..model.errors import NotFound
from ..model.values import CopyResult, TaskReport
from .jobdir import JobDir
from .tables import RESULT_SCHEMA, plain_of, result_of_plain, results_of, write_table

_REPORT_KEY = "hdfs2oss.task_report"


def file_of(task: str) -> str:
    """Where the results of a task are; every attempt at it publishes under this name, and the first one wins."""
    return f"{task}.parquet"


def publish(job_dir: JobDir, report: TaskReport, results: Sequence[CopyResult]) -> TaskReport:
    """Write `ledger/<task>.parquet` and give the report that counts: ours, or that of an earlier attempt."""
    fields = {**dataclasses.asdict(report), "failures": [plain_of(one) for one in report.failures]}
    data = write_table(results, RESULT_SCHEMA, {_REPORT_KEY: json.dumps(fields)})
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
    known = {one.name: fields[one.name] for one in dataclasses.fields(TaskReport) if one.name in fields}
    return TaskReport(**{**known, "failures": tuple(result_of_plain(one) for one in fields.get("failures", ()))})


def read_results(job_dir: JobDir, ledger_file: str) -> Iterator[CopyResult]:
    """The rows of a ledger file, one row group in memory at a time."""
    with job_dir.open_table(f"ledger/{ledger_file}") as table:
        for group in range(table.row_groups):
            yield from results_of(table.read(group))


def read_table(job_dir: JobDir, ledger_file: str) -> pa.Table:
    """All rows of a ledger file, by columns; those that an older version did not have are empty."""
    with job_dir.open_table(f"ledger/{ledger_file}") as file:
        groups = [file.read(group) for group in range(file.row_groups)]
    table = pa.concat_tables(groups) if groups else RESULT_SCHEMA.empty_table()
    for field in RESULT_SCHEMA:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table

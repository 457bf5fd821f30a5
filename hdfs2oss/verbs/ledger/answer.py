"""Finds the records of a copy and answers a question about them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from ...commandline.command import CopyCommand
from ...commandline.ledger_command import HINT, LedgerQuestion
from ...commandline.on_record import open_records
from ...commandline.request import resolve
from ...filesystems.hadoop_conf import read_hadoop_conf
from ...filesystems.registry import close_filesystems
from ...model.errors import StoreError, SurveyError, UsageError
from ...model.known import KnownFile
from ...records import generation, layout, ledger
from ...records.jobdir import JobDir
from ...records.past_runs import past_runs
from ...rules.ledger_digest import DigestMaker
from .summary import summary
from .table import write_rows

_RUN_COLUMNS = (
    "path", "outcome", "action", "source_length", "bytes_copied", "proof", "crc64", "crc32c", "target_etag",
    "error_class", "message",
)  # fmt: skip
# What fits a terminal; the other forms have all there is.
_TABLE_COLUMNS = ("path", "target_length", "proof", "crc64", "crc32c", "run")


def answer(command: CopyCommand, question: LedgerQuestion, environment: Mapping[str, str], out: TextIO) -> int:
    """Write the answer; 0. Raises UsageError where nothing is on record, SurveyError for a store that says nothing."""
    request = resolve(command, environment, read_hadoop_conf(environment))
    try:
        place, job_dir = open_records(request)
        if question.digest:
            maker = DigestMaker()
            for row in generation.read_all(job_dir):
                maker.take(row)
            out.writelines(f"{line}\n" for line in maker.digest().lines())
        elif question.is_of_runs:
            write_rows(_RUN_COLUMNS, _rows_of_run(job_dir, question), question.form, out)
        elif question.is_summary:
            out.writelines(f"{line}\n" for line in summary(place, job_dir, request.options))
        else:
            is_table = question.form in ("", "table")
            columns = _TABLE_COLUMNS if is_table else KnownFile._fields
            rows = ([getattr(row, name) for name in columns] for row in _known_rows(job_dir, question))
            write_rows(columns, rows, question.form, out)
    except StoreError as error:
        raise SurveyError(f"the records cannot be read: {error}", error.hint) from error
    finally:
        close_filesystems()
    return 0


def _known_rows(job_dir: JobDir, question: LedgerQuestion) -> Iterator[KnownFile]:
    for row in generation.read_all(job_dir):
        if question.proof in ("", row.proof) and _matches(question.path, row.path):
            yield row


def _rows_of_run(job_dir: JobDir, question: LedgerQuestion) -> Iterator[Sequence[Any]]:
    """Rows of files and directories; those of chunks say nothing that their files' do not."""
    runs = [one.run for one in past_runs(job_dir)]
    run = question.run or next(reversed(runs), "")
    if run not in runs:
        raise UsageError(f"there is no run {run} on record; there are {', '.join(runs[-10:]) or 'none'}", HINT)
    records = job_dir.of_run(run)
    if not records.exists(layout.NAME) and records.exists("report.json"):
        raise UsageError(f"of run {run} only the report is here: {job_dir.path} is what it left at its target", HINT)
    for name in sorted(records.names("ledger")):
        for row in ledger.read_results(records, name):
            if row.is_chunk or (question.failed and not row.has_failed):
                continue
            if _matches(question.path, row.path):
                yield [getattr(row, column) for column in _RUN_COLUMNS]


def _matches(glob: str, path: str) -> bool:
    return not glob or fnmatch.fnmatchcase(path, glob)

"""What the operator reads at the end, or why there was no run.

The account and the last line are for standard output, all else is for standard error.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from ..model.counters import OWN
from ..model.errors import Hdfs2ossError
from ..model.units import format_duration, format_size, several
from ..model.uri import mask_secrets
from ..rules.causes import grouped

if TYPE_CHECKING:
    from ..runs.report import Report

_SHOWN = 10
_LEVELS = {
    "end-to-end": "end-to-end",
    "transfer": "by transfer",
    "length": "by their length only",
    "none": "not at all",
}
_BY_A_SIGNAL = 128
_DEFECT = "This is a defect of hdfs2oss. Run again with -v (and -log) for the stack trace, and report it."


def findings(report: Report) -> Iterator[str]:
    """What the operator has to know of a run that reached its end, beside its account."""
    for notice in report.notices:
        yield f"NOTE: {notice}"
    for place, cause in report.problems[:_SHOWN]:
        yield f"NOT LISTED: {place}: {cause}"
    yield from _more(report.counters.get(OWN, "DIRECTORIES_NOT_LISTED") - _SHOWN)
    groups = grouped(report.failures, report.causes)
    for group in groups[:_SHOWN]:
        yield group.line()
        if group.first.advice:
            yield f"  {group.first.advice}"
    kept = sum(report.counters.get(OWN, f"{what}_KEPT") for what in ("FILES", "DIRECTORIES"))
    told = sum(group.files for group in groups[:_SHOWN])
    yield from _more(report.failed_files + report.undeleted + kept - told)
    if report.discrepancy:
        yield f"THE ACCOUNTS DO NOT BALANCE: {report.discrepancy}"
    if report.stopped:
        yield f"STOPPED: {report.stopped}"
        if report.advice:
            yield f"  {report.advice}"
    if report.withheld:
        yield f"NOTHING {'WOULD BE' if report.rehearsal else 'WAS'} DELETED: {report.withheld}."
    if report.exit_code and not report.lifted_by and not report.rehearsal:
        yield f"Every file that failed is on record in {report.job_dir}/ledger, a summary in report.json there."


def account(report: Report) -> Iterator[str]:
    """How the run ended, in the words of Hadoop's `Job`; what was counted, and where it is on record."""
    if report.rehearsal:
        yield from report.rehearsal
        return
    yield _job_line(report)
    yield from _pace(report)
    yield from report.counters.lines()
    left_out = [report.counters.get(OWN, name) for name in ("DIRECTORIES_EXCLUDED", "FILES_EXCLUDED")]
    if any(left_out):
        yield f"Left out by filters, or as records of hdfs2oss itself: {_entries(*left_out)}."
    if report.proven:
        told = ", ".join(f"{files} {_LEVELS[level]}" for level, files in report.proven.items())
        yield f"Files proven to have arrived as they were: {told}."
    yield from _deleted(report)
    phases = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in report.phase_seconds.items())
    yield f"Phases: {phases}. Records: {report.job_dir}"
    if report.log_dir:
        yield f"Log: {report.log_dir}"


def _pace(report: Report) -> Iterator[str]:
    """What was copied, how fast, and for how long limits held it back."""
    files, size_bytes = (report.counters.get(OWN, f"{what}_COPIED") for what in ("FILES", "BYTES"))
    seconds = sum(report.phase_seconds.values())
    if files and seconds:
        files_now, bytes_now = files - report.copied_before[0], size_bytes - report.copied_before[1]
        told = f"{several(files, 'file')}, {format_size(size_bytes)}"
        if files_now < files:
            told += f", {files_now:,} of them, {format_size(bytes_now)}, since the run was gone on with,"
        rates = f"{format_size(bytes_now / seconds)}/s, {files_now / seconds:,.1f} files/s"
        yield f"Copied {told} in {format_duration(seconds)}: {rates}."
    if report.held_back:
        held = " and ".join(f"{format_duration(held)} for {what}" for what, held in report.held_back.items())
        yield f"Limits held tasks back: {held}, of {format_duration(report.task_seconds)} that they ran."


def _job_line(report: Report) -> str:
    if report.exit_code == 0:
        return f"Job {report.run_id} completed successfully"
    state = "KILLED" if report.exit_code > _BY_A_SIGNAL else "FAILED"
    cause = " ".join(report.first_cause().split())
    return f"Job {report.run_id} failed with state {state} due to: {cause}"


def last_line(source: str, target: str, success: bool, what: str = "copy") -> str:
    """`copy from SRC to DST does succeed !!!`"""
    return f"{what} from {source} to {target} does {'succeed' if success else 'fail'} !!!"


def refusal(error: BaseException) -> Iterator[str]:
    """The lines for a command that could not be carried out: the cause, and the next step where there is one."""
    if isinstance(error, KeyboardInterrupt):
        yield "hdfs2oss: interrupted"
    elif isinstance(error, Hdfs2ossError):
        yield f"hdfs2oss: {error}"
        if error.hint:
            yield f"  {error.hint}"
    else:
        yield f"hdfs2oss: unexpected {type(error).__name__}: {error}"
        yield f"  {_DEFECT}"


def print_refusal(error: BaseException, stream: TextIO, with_trace: bool) -> int:
    """Say why a command could not be carried out, and give its exit code. Nothing else says so."""
    if with_trace:
        traceback.print_exception(error, file=stream)
    print_lines(refusal(error), stream)
    if isinstance(error, KeyboardInterrupt):
        return 128 + signal.SIGINT
    return error.exit_code if isinstance(error, Hdfs2ossError) else Hdfs2ossError.exit_code


def print_lines(lines: Iterable[str], stream: TextIO) -> None:
    """Print for the operator, who sees no secret."""
    for line in lines:
        stream.write(mask_secrets(line) + "\n")
    # Account and messages go different ways, and should meet on a terminal in the order in which they were said.
    stream.flush()


def _deleted(report: Report) -> Iterator[str]:
    """What became of that which only the target had."""
    entries = {
        name: [report.counters.get(OWN, f"{what}_{name}") for what in ("DIRECTORIES", "FILES")]
        for name in ("DELETED", "WITHHELD")
    }
    if any(entries["DELETED"]):
        directories, files = entries["DELETED"]
        kept = [
            f", {count} of them to {where}"
            for name, where in (("FILES_IN_TRASH", "the trash of HDFS"), ("FILES_BACKED_UP", "the backup directory"))
            if (count := report.counters.get(OWN, name))
        ]
        yield f"Deleted at the target, as no source has them: {_entries(directories, files)}{''.join(kept)}."
    directories, files = entries["WITHHELD"]
    if report.tracked:
        yield f"Only the target has {_entries(directories, files)}: they are listed in {report.tracked}"
    elif directories or files:
        yield f"Not deleted at the target, though no source has them: {_entries(directories, files)}."


def _entries(directories: int, files: int) -> str:
    return f"{several(directories, 'directory', 'directories')}, {several(files, 'file')}"


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"... and {count} more"

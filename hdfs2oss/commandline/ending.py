"""What the operator reads at the end: failures, counters and the last line, or why there was no run."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from ..model.counters import OWN
from ..model.errors import Hdfs2ossError
from ..model.units import format_duration
from ..model.uri import mask_secrets

if TYPE_CHECKING:
    from ..runs.report import Report

_SHOWN = 10
_DEFECT = "This is a defect of hdfs2oss. Run again with -v (and -log) for the stack trace, and report it."


def ending(report: Report) -> Iterator[str]:
    """The lines after a run that reached its end."""
    for notice in report.notices:
        yield f"NOTE: {notice}"
    for place, cause in report.problems[:_SHOWN]:
        yield f"NOT LISTED: {place}: {cause}"
    yield from _more(report.counters.get(OWN, "DIRECTORIES_NOT_LISTED"))
    for failure in report.failures[:_SHOWN]:
        yield f"{failure.outcome}: {failure.message}"
    yield from _more(report.failed_files)
    left_out = [report.counters.get(OWN, name) for name in ("DIRECTORIES_EXCLUDED", "FILES_EXCLUDED")]
    if any(left_out):
        yield f"Left out by filters, or as records of hdfs2oss itself: {left_out[0]} directories, {left_out[1]} files."
    yield from report.counters.lines()
    if report.discrepancy:
        yield f"THE ACCOUNTS DO NOT BALANCE: {report.discrepancy}"
    if report.exit_code:
        yield f"Every file that failed is on record in {report.job_dir}/ledger, a summary in report.json there."
        yield "Next: mend the cause and run the same command with -update; what arrived is not copied again."
    phases = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in report.phase_seconds.items())
    yield f"Phases: {phases}. Records: {report.job_dir}"
    yield last_line(report.source, report.target, report.exit_code == 0)


def last_line(source: str, target: str, success: bool) -> str:
    """`copy from SRC to DST does succeed !!!`"""
    return f"copy from {source} to {target} does {'succeed' if success else 'fail'} !!!"


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
    stream.flush()


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"... and {count - _SHOWN} more"

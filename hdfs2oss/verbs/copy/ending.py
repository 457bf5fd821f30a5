"""What the operator reads at the end: failures, counters, the last line."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.errors import Hdfs2ossError
from ...model.units import format_duration
from ...phases.report import Report

_SHOWN = 10


def ending(report: Report) -> Iterator[str]:
    """The lines after a run that reached its end."""
    for place, cause in report.problems[:_SHOWN]:
        yield f"NOT LISTED: {place}: {cause}"
    yield from _more(len(report.problems))
    for failure in report.failures[:_SHOWN]:
        yield f"{failure.outcome}: {failure.message}"
    yield from _more(report.failed_files)
    yield from report.counters.lines()
    if report.discrepancy:
        yield f"THE ACCOUNTS DO NOT BALANCE: {report.discrepancy}"
    if report.exit_code:
        yield f"Every failure is on record in {report.job_dir}/ledger and report.json."
        yield "Next: mend the cause and run the same command with -update; what arrived is not copied again."
    phases = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in report.phase_seconds.items())
    yield f"Phases: {phases}. Records: {report.job_dir}"
    yield last_line(report.source, report.target, report.exit_code == 0)


def last_line(source: str, target: str, success: bool) -> str:
    """`copy from SRC to DST does succeed !!!`"""
    return f"copy from {source} to {target} does {'succeed' if success else 'fail'} !!!"


def refusal(error: Hdfs2ossError) -> Iterator[str]:
    """The lines for a run that could not be carried out."""
    yield f"hdfs2oss: {error}"
    if error.hint:
        yield f"  {error.hint}"


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"... and {count - _SHOWN} more"

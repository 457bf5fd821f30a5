"""Attributes of directories: last of all, as whatever is written into a directory changes its times.

Deepest first, so that nobody is kept from what lies below by a permission that was set above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...model.counters import OWN
from ...model.errors import CommitError, WaveEnded
from ...model.values import DIRECTORY, CopyItem, CopyResult, Outcome, TaskReport
from ...runs.run import Run
from ...tasks.context import RunContext
from ...tasks.preserving import SIDECARS, Preserving
from ...transfer.results import result_of
from .coding import has_policies
from .levels import Level, LevelTask, carry_out, ends_of, work_through


def keep_attributes(context: RunContext, run: Run, levels: Sequence[Level]) -> None:
    """Give all directories their attributes, unless files are missing: a later run is to come back to them (or -i).

    Raises CommitError when no directory would fare better.
    """
    options, report = context.options, run.report
    if levels and (report.failed_files or report.problems) and not options.ignore_failures:
        report.notices.append(
            "directories were not given their attributes, as not all files arrived: the next run does it (or -i)"
        )
    elif levels:
        try:
            carry_out(context, run, sorted(levels, reverse=True), "attributes", attributes_task)
        except WaveEnded as ended:
            # What was to be copied and deleted is done by now.
            raise CommitError(f"directories were not given their attributes: {ended}", ended.hint) from ended
    sidecars = report.counters.get(OWN, SIDECARS)
    if sidecars:
        report.notices.append(
            f"ACLs and extended attributes of {sidecars} entries are too long for their object: they are kept in "
            f"{context.job_dir}/attributes, and are needed there when they are to be restored"
        )


def attributes_task(context: RunContext, task: LevelTask, attempt: str) -> TaskReport:
    """Give directories their attributes. A task function; safe to run twice."""
    preserving = Preserving(context)
    is_coded_already = has_policies(context)

    def keep(item: CopyItem) -> CopyResult:
        ends = ends_of(context, item)
        preservation = preserving.of(ends.source)
        if preservation is not None and is_coded_already:
            preservation = replace(preservation, letters=preservation.letters.replace("e", ""))
        is_new = preservation is not None and preservation.refresh(*ends, DIRECTORY)
        return result_of(item, Outcome.REFRESHED if is_new else Outcome.SKIPPED)

    return work_through(context, task, attempt, keep, preserving)

"""The survey of a retry: neither side is listed; what failed in an earlier run is looked up, and decided again.

Its ledger files are dealt to tasks. Where attributes of directories are kept, the directories that the earlier run had
planned to give theirs come up again: it gave none while files were missing, and copying into them changes their times.
What it could not list is on record nowhere, and stays a problem of this run.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from ...filesystems.registry import open_filesystem
from ...model.counters import OWN, Counters
from ...model.differences import Difference
from ...model.errors import SurveyError
from ...model.units import several
from ...model.values import DIRECTORY, FileAction, FilePair, PlanSlice
from ...records import ledger
from ...records.course import read_end
from ...records.jobdir import JobDir
from ...records.planfile import read_slices
from ...rules.compare import decide_again
from ...runners.base import Runner
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk, publish_log
from .ending import from_record
from .findings import Findings
from .hazards import refuse_hazardous_target
from .repair import GONE, TASKS_PER_SLOT, Repair
from .wave import SurveyReport, decision_of

NOT_LISTED = "DIRECTORIES_NOT_LISTED"


class RetryTask(NamedTuple):
    """Ledger files of the earlier run, and slices of its plan of directories."""

    number: int
    files: tuple[str, ...]
    directories: tuple[PlanSlice, ...]


def survey_failures(context: RunContext, runner: Runner) -> SurveyReport:
    """Plan what failed in the run `options.retry_of`, in a wave. Raises SurveyError for a run without records."""
    options = context.options
    refuse_hazardous_target(open_filesystem(context.layout.base, context.stores), context.layout)
    records = _records(context)
    end = read_end(records, "survey")
    if end is None:
        raise SurveyError(f"of run {options.retry_of} there is no survey on record", "Run the copy itself again.")
    before = from_record(end)
    files = sorted(records.names("ledger"))
    directories = [piece for _, piece in before.directories] if options.preserve else []
    bins = max(1, min(runner.slots * TASKS_PER_SLOT, len(files) + len(directories)))
    tasks = [RetryTask(at, tuple(files[at::bins]), tuple(directories[at::bins])) for at in range(bins)]
    found = SurveyReport()
    runner.run_wave("survey", partial(retry_task, context), tasks, found.add)
    unlisted = before.counters.get(OWN, {}).get(NOT_LISTED, 0)
    counters = Counters(found.counters)
    if unlisted:
        counters.add(OWN, NOT_LISTED, unlisted)
        found.notices.append(
            f"{several(unlisted, 'directory', 'directories')} that run {options.retry_of} could not list: not tried "
            "again, as nobody knows what is in there, which needs the copy itself again, with -update"
        )
    found.problems = [*before.problems, *found.problems]
    found.counters = counters.as_dict()
    gone = found.counters.get(OWN, {}).get(GONE, 0)
    if gone:
        found.notices.append(f"{gone} of what failed has gone from the source since")
    return found


def retry_task(context: RunContext, task: RetryTask, attempt: str) -> SurveyReport:
    """Look up what failed by the ledger files of a task, and publish what is to be done. A task function."""
    desk = TaskDesk(context, f"survey-{task.number:05d}", attempt)
    findings = Findings(desk.counters)
    by_options = decision_of(context)

    def decide(pair: FilePair, failed: str) -> FileAction:
        return decide_again(failed, by_options(pair))

    repair = Repair(context, desk, findings, decide)
    repair.take(_failed(_records(context), task))
    findings.settle()
    report = repair.publish()
    publish_log(context, desk.log, f"{desk.name}-{attempt}")
    report.counters, report.problems = desk.counts(), findings.problems
    return report


def _failed(records: JobDir, task: RetryTask) -> Iterator[Difference]:
    """Each path once, with the action that failed; deletions are no matter of a retry."""
    seen = set[str]()
    for file in task.files:
        for row in ledger.read_results(records, file):
            if row.has_failed and not row.is_chunk and not row.is_deletion and row.path not in seen:
                seen.add(row.path)
                yield Difference(row.path, row.action, row.kind, root=row.root)
    for item in read_slices(records, task.directories):
        if item.path not in seen:
            seen.add(item.path)
            yield Difference(item.path, FileAction.SKIP.value, DIRECTORY, root=item.root)


def _records(context: RunContext) -> JobDir:
    return context.open_job_dir().of_run(context.options.retry_of)

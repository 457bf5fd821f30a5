"""The survey: listings of sources and target, merged in key order, become file actions and plan files.

A unit is a directory below the target base together with all source directories that map onto it. It is
walked until its budget is spent; from then on files of the directories already open are finished, but
sub-directories are handed back as ranges of their parent, so the driver never holds a listing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from ...filesystems.capabilities import Capabilities
from ...filesystems.registry import open_filesystem
from ...model.counters import Counters, Counts
from ...model.errors import DuplicateEntry, StoreError, SurveyError
from ...model.known import Standing
from ...model.options import CopyOptions
from ...model.values import FileAction, FilePair, PlanSlice
from ...records import damage
from ...records.jobdir import JobDir
from ...rules.compare import decide, decide_single
from ...rules.filesum import checks_between
from ...rules.frontier import SurveyUnit
from ...rules.gate import Budget
from ...rules.standing import standing_of
from ...runners.base import Runner
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk, publish_log
from .exclusion import Exclusion
from .findings import MOST_NAMED, Findings
from .hazards import refuse_hazardous_target, refuse_one_stream
from .missing import Missing, MissingSlices
from .planner import Decide, Planner
from .purpose import Purpose
from .recall import Recall
from .unit import UnitSurvey

_TASKS_PER_SLOT = 4
# Sources that are files: so many are asked for between two looks at the budget, and at least as many make a task.
_LONE_FILES_AT_ONCE = 256


class Share(NamedTuple):
    """How much one task may look at: what it does not begin after that, and sub-directories, are handed back."""

    entries: int
    seconds: float


class Span(NamedTuple):
    """Some of the sources that are files, of which there may be many thousands: [begin, end) of them."""

    begin: int = 0
    end: int = 0

    def __bool__(self) -> bool:
        return self.begin < self.end

    def cut(self, ways: int) -> list[Span]:
        """In at most so many pieces, none of them very small."""
        size = max(_LONE_FILES_AT_ONCE, -(-(self.end - self.begin) // ways))
        return [Span(at, min(at + size, self.end)) for at in range(self.begin, self.end, size)]


_NO_FILES = Span()

# The driver's own share: small trees are surveyed without starting anything.
FIRST_SHARE = Share(20_000, 10.0)
LATER_SHARE = Share(200_000, 60.0)


class SurveyTask(NamedTuple):
    """A bin of units, or of sources that are files, with the budget of the task."""

    number: int
    units: tuple[SurveyUnit, ...]
    share: Share
    lone_files: Span = _NO_FILES


@dataclass(slots=True)
class SurveyReport:
    """What a survey found: slices of plan files, what is still to be walked, what went wrong.

    `directories` are slices of those that get attributes, each with the depth below the target base that it is about;
    `missing` is what only the target has, where that is wanted. `rest` and `lone_files` are handed back.

    `problems` are directories that could not be listed, each with its cause; `duplicates` are files that
    two sources bring. Both keep the first hundred; DIRECTORIES_NOT_LISTED counts all problems. `notices` are lines
    for the operator about what cannot be found out.
    """

    slices: list[PlanSlice] = field(default_factory=list)
    large_slices: list[PlanSlice] = field(default_factory=list)
    directories: list[tuple[int, PlanSlice]] = field(default_factory=list)
    missing: MissingSlices = field(default_factory=MissingSlices)
    rest: list[SurveyUnit] = field(default_factory=list)
    lone_files: Span = _NO_FILES
    counters: Counts = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def add(self, other: SurveyReport) -> None:
        """Take over what another task found, except its rest."""
        self.slices += other.slices
        self.large_slices += other.large_slices
        self.directories += other.directories
        self.missing.add(other.missing)
        self.problems = (self.problems + other.problems)[:MOST_NAMED]
        self.duplicates = (self.duplicates + other.duplicates)[:MOST_NAMED]
        self.notices = list(dict.fromkeys(self.notices + other.notices))[:MOST_NAMED]
        counters = Counters(self.counters)
        counters.merge(other.counters)
        self.counters = counters.as_dict()


def survey(
    context: RunContext,
    runner: Runner,
    first_share: Share = FIRST_SHARE,
    later_share: Share = LATER_SHARE,
    purpose: Purpose | None = None,
) -> SurveyReport:
    """List everything, in waves until nothing is handed back; a copy is planned, unless there is another purpose.

    Raises before anything is copied: DuplicateEntry, and UsageError for a target that would not keep the bytes.
    """
    purpose = purpose or COPY
    if purpose.writes:
        target = open_filesystem(context.layout.base, context.stores)
        refuse_hazardous_target(target, context.layout)
        if context.options.blocks_per_chunk:
            refuse_one_stream(target, context.layout)
    found = SurveyReport(notices=_notices(context))
    units = first_units(context)
    # Where a listing is due of the directory that they go into, they come up in that.
    lone_files = Span(0, len(context.layout.roots) if all(unit.directory for unit in units) else 0)
    work = partial(survey_task, context, purpose)
    first = work(SurveyTask(0, units, first_share, lone_files), "driver")
    found.add(first)
    rest, spans, number = first.rest, [first.lone_files], 1
    while rest or any(spans):
        ways = runner.slots * _TASKS_PER_SLOT
        bins = [tuple(rest[at::ways]) for at in range(min(len(rest), ways))]
        pieces = [piece for span in spans for piece in span.cut(ways)]
        tasks = [SurveyTask(number + at, units, later_share) for at, units in enumerate(bins)]
        number += len(tasks)
        tasks += [SurveyTask(number + at, (), later_share, piece) for at, piece in enumerate(pieces)]
        number += len(pieces)
        rest, spans = [], []

        def on_report(report: SurveyReport, rest: list[SurveyUnit] = rest, spans: list[Span] = spans) -> None:
            found.add(report)
            rest.extend(report.rest)
            spans.append(report.lone_files)

        runner.run_wave("survey", work, tasks, on_report)
    if found.duplicates:
        path, one, other = found.duplicates[0]
        more = f" (and {len(found.duplicates) - 1} more)" if len(found.duplicates) > 1 else ""
        raise DuplicateEntry(
            f"two sources bring the same file {path!r}: {one} and {other}{more}; nothing was copied",
            "Leave one of them out, or copy them to different targets.",
        )
    return found


def _notices(context: RunContext) -> list[str]:
    """One line for each store of which something cannot be found out."""
    places = [context.layout.base, *(root.source for root in context.layout.roots)]
    stores = dict.fromkeys(place._replace(path="/") for place in places)
    spots = {store: open_filesystem(store, context.stores).blind_spot() for store in stores}
    return [f"of {store}: {spot}" for store, spot in spots.items() if spot]


def first_units(context: RunContext) -> tuple[SurveyUnit, ...]:
    """Where walking begins: the base when a source goes straight into it, else one unit for each source directory."""
    roots = context.layout.roots
    if any(not root.prefix for root in roots):
        return (SurveyUnit(""),)
    return tuple(dict.fromkeys(SurveyUnit(root.prefix) for root in roots if not root.is_file))


def survey_task(context: RunContext, purpose: Purpose, task: SurveyTask, attempt: str) -> SurveyReport:
    """Walk the units of a task and publish what is to be done as plan files. A task function."""
    desk = TaskDesk(context, f"survey-{task.number:05d}", attempt)
    taker = purpose.make_taker(desk)
    findings = Findings(desk.counters)
    missing = purpose.make_missing(desk)
    recall = Recall(context.layout, purpose.find_ledger(context), taker.take_all, desk.counters, needed=purpose.writes)
    rest, lone_files = _walk(task, UnitSurvey(context, recall.take, findings, missing), findings)
    findings.settle()
    planned = taker.publish()
    publish_log(context, desk.log, f"{desk.name}-{attempt}")
    report = SurveyReport(
        *planned, rest=rest, lone_files=lone_files, problems=findings.problems, duplicates=findings.duplicates
    )
    report.notices += [recall.notice] if recall.notice else []
    if missing is not None:
        report.missing = missing.publish()
    report.counters = desk.counts()
    return report


def planner_of(desk: TaskDesk) -> Planner:
    """What takes the pairs of a task of a copy."""
    return Planner(desk, decision_of(desk.context))


def missing_of(desk: TaskDesk) -> Missing | None:
    """What takes that which only the target has, where a copy asks for it; else it is not even listed."""
    options = desk.context.options
    asks = options.delete or options.xtrack_path is not None
    return Missing(desk, Exclusion(desk.context)) if asks else None


def ledger_of(context: RunContext) -> JobDir | None:
    """What a copy knows of the pair by its own ledger, which only -update asks."""
    options = context.options
    asks = options.update and not options.overwrite and not options.ignore_ledger and not context.layout.onto_file
    return context.open_job_dir() if asks else None


COPY = Purpose(planner_of, missing_of, ledger_of)


def _walk(task: SurveyTask, survey: UnitSurvey, findings: Findings) -> tuple[list[SurveyUnit], Span]:
    """Hand over all pairs of a task, as far as its budget goes, something at least; what is left.

    This is where a side that fails becomes a problem.
    """
    budget = Budget(*task.share)
    has_begun = False
    numbers = survey.lone_files(task.number == 0)[: task.lone_files.end] if task.lone_files else []
    at = task.lone_files.begin
    while at < len(numbers) and not (has_begun and budget.is_spent):
        several = numbers[at : at + _LONE_FILES_AT_ONCE]
        survey.survey_files(several)
        budget.spend(len(several))
        has_begun, at = True, at + len(several)
    rest: list[SurveyUnit] = []
    for unit in task.units:
        if has_begun and budget.is_spent:
            rest.append(unit)
            continue
        has_begun = True
        try:
            rest += survey.survey(unit, budget)
        except (StoreError, SurveyError) as error:
            findings.add_problem(survey.place_of(unit), str(error))
    return rest, Span(at, len(numbers)) if at < len(numbers) else _NO_FILES


def decision_of(context: RunContext) -> Decide:
    """DistCp copies a lone file onto a file whatever the options say; all other pairs are decided by them."""
    if context.layout.onto_file:
        return decide_single
    options, damaged = context.options, damage.recall(context.open_job_dir())
    target = open_filesystem(context.layout.base, context.stores).capabilities
    checks = [checks_between(store.capabilities.checksums, target.checksums) for store in context.source_stores()]
    appends_from_bytes = _appends_from(target, options)

    def decision(pair: FilePair) -> FileAction:
        standing = Standing.UNKNOWN
        if pair.known is not None and pair.source is not None and pair.target is not None:
            standing = standing_of(pair.known, pair.source, pair.target)
        return decide(pair, options, damaged, checks[pair.root], appends_from_bytes, standing)

    return decision


def _appends_from(target: Capabilities, options: CopyOptions) -> int:
    """The length from which a file at the target may be appended to; 0 for never. A part cannot be too small."""
    if not options.append or not target.checksums:
        return 0
    return 1 if target.appends else options.part_size_bytes if target.multipart and target.server_copy else 0

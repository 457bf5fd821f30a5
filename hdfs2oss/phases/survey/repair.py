"""The survey of a --from-diff: neither side is listed; what is to be copied is what a verify has listed.

listed as                                what is planned
--------------------------------------   ---------------------------------------------------------------
MISSING, LENGTH, CHECKSUM, UNPROVEN      the source as it is now, over whatever stands there (a TYPE is refused)
TYPE                                     a conflict, unless both sides are of one type by now
METADATA                                 its attributes, with -p
EXTRA                                    its deletion, with -delete, if it is still there, and nothing protects it
ERROR                                    nothing: it is left to another verify
any, and the source has gone             nothing
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from ...filesystems.base import FileSystem
from ...filesystems.registry import open_filesystem
from ...model.counters import OWN, Counters
from ...model.differences import Difference, Finding
from ...model.errors import Hdfs2ossError, StoreError, SurveyError, TypeConflict, UsageError
from ...model.options import CopyOptions
from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, UNUSABLE, FileAction, FilePair
from ...records.diff_list import DiffList, DiffSlice, Foreign, open_list, read_slice
from ...records.differences import pair_of
from ...records.planfile import PlanWriter
from ...rules.compare import decide_listed
from ...rules.deletion import FILES_VERIFIED
from ...rules.keys import is_within, parent_of
from ...rules.layout import Layout
from ...runners.base import Runner
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk, publish_log
from .exclusion import Exclusion
from .findings import Findings
from .hazards import refuse_hazardous_target
from .missing import REMOVAL_SECONDS, MissingSlices, candidate_of
from .planner import Planner
from .wave import SurveyReport

TASKS_PER_SLOT = 4
_THREADS = 16
_MOST_KEPT = 10_000
_LEFT, GONE = "DIFFERENCES_LEFT", "DIFFERENCES_GONE"


class RepairTask(NamedTuple):
    """Pieces of a list of differences."""

    number: int
    slices: tuple[DiffSlice, ...]


def survey_differences(context: RunContext, runner: Runner) -> SurveyReport:
    """Plan what a list of differences asks for, in a wave. Raises UsageError for one of other places, SurveyError."""
    options, layout = context.options, context.layout
    assert options.from_diff is not None
    refuse_hazardous_target(open_filesystem(layout.base, context.stores), layout)
    try:
        listed = open_list(options.from_diff, context.stores)
    except StoreError as error:
        raise SurveyError(f"reading {options.from_diff}: {error}", error.hint) from error
    refuse_other_pair(listed, layout, options)
    found = SurveyReport()
    bins = max(1, min(runner.slots * TASKS_PER_SLOT, len(listed.slices)))
    tasks = [RepairTask(number, listed.slices[number::bins]) for number in range(bins)]
    runner.run_wave("survey", partial(repair_task, context), tasks, found.add)
    found.counters = _with_verified(found.counters, listed)
    found.notices += _notices(found.counters.get(OWN, {}), options)
    return found


def refuse_other_pair(listed: DiffList, layout: Layout, options: CopyOptions) -> None:
    """Raise UsageError for a list that says nothing of these places, or too little to delete by it."""
    if listed.slices and listed.pair != pair_of(layout):
        what = f"{options.from_diff} lists differences of other places, or of another layout"
        report = listed.report or {}
        of = f": {', '.join(report.get('sources', ()))} and {report.get('target', '')}" if report else ""
        hint = f"it is of --layout {listed.layout}" if listed.layout else "give --layout as for the verify"
        raise UsageError(f"{what}{of}", f"Give the sources and the target of the verify, in its order; {hint}.")
    if options.delete and listed.report is None:
        raise UsageError(
            "-delete with --from-diff needs the whole report of the verify, and not lines of it",
            "Name its --output directory: the brake must know how much there is at the target.",
        )
    if options.delete and listed.report is not None and listed.report.get("problems"):
        raise UsageError(
            f"by {options.from_diff} nothing may be deleted: the verify could not list everything",
            "Leave -delete out, or verify again.",
        )


def repair_task(context: RunContext, task: RepairTask, attempt: str) -> SurveyReport:
    """Look up what the rows of a task are about, and publish what is to be done as plan files. A task function."""
    desk = TaskDesk(context, f"survey-{task.number:05d}", attempt)
    findings = Findings(desk.counters)
    repair = Repair(context, desk, findings)
    try:
        for piece in task.slices:
            repair.take(read_slice(piece, pair_of(context.layout), context.stores))
    except Foreign as error:
        raise SurveyError(str(error), "Name the --output directory of a verify of these places.") from error
    findings.settle()
    report = repair.publish()
    publish_log(context, desk.log, f"{desk.name}-{attempt}")
    report.counters, report.problems = desk.counts(), findings.problems
    return report


class Repair:
    """Takes the rows of one task, in threads, and plans in their order, by a pair and what its row says."""

    def __init__(
        self,
        context: RunContext,
        desk: TaskDesk,
        findings: Findings,
        decide: Callable[[FilePair, str], FileAction] = decide_listed,
    ) -> None:
        self._context = context
        self._layout = context.layout
        self._desk = desk
        self._findings = findings
        self._exclusion = Exclusion(context)
        self._finding = ""
        self._planner = Planner(desk, lambda pair: decide(pair, self._finding))
        self._target = open_filesystem(context.layout.base, context.stores)
        self._in_the_way = _FilesInTheWay(self._target, context.layout)
        self._extra = Tally()
        self._delete = PlanWriter(f"plan/{desk.name}-{desk.attempt}-delete.parquet", desk.job_dir)
        self._depths: dict[int, list[FilePair]] = {}

    def take(self, rows: Iterator[Difference]) -> None:
        """All rows of a piece."""
        running: deque[tuple[Difference, Future[FilePair | None]]] = deque()
        with ThreadPoolExecutor(_THREADS, "look-up") as pool:
            for row in rows:
                if row.difference == Finding.ERROR or (
                    row.difference == Finding.EXTRA and not self._context.options.delete
                ):
                    self._desk.counters.add(OWN, _LEFT)
                    continue
                running.append((row, pool.submit(self._look_up, row)))
                if len(running) >= 2 * _THREADS:
                    self._settle(*running.popleft())
            while running:
                self._settle(*running.popleft())

    def publish(self) -> SurveyReport:
        """Count what was found, and write the plan files."""
        report = SurveyReport(*self._planner.publish())
        self._extra.count("MISSING", self._desk.counters)
        depths: dict[int, int] = {}
        first = self._delete.end_group()
        for depth, pairs in sorted(self._depths.items()):
            for pair in pairs:
                assert pair.target is not None
                self._delete.add(candidate_of(pair.target), REMOVAL_SECONDS)
            last = self._delete.end_group()
            depths |= dict.fromkeys(range(first, last), depth)
            first = last
        found = MissingSlices()
        for number, piece in enumerate(self._delete.publish(self._desk.job_dir)):
            depth_of = depths.get(number)
            (found.files if depth_of is None else found.directories.setdefault(depth_of, [])).append(piece)
        report.missing = found
        return report

    def _look_up(self, row: Difference) -> FilePair | None:
        """What stands on both sides now; None for a path that is none of this run's."""
        at_target = self._target.status(self._layout.target_of(row.path).path)
        target = at_target._replace(path=row.path) if at_target is not None else None
        if row.difference == Finding.EXTRA:
            return FilePair(row.path, None, target)
        if not 0 <= row.root < len(self._layout.roots) or not is_within(row.path, self._layout.roots[row.root].prefix):
            raise Foreign(f"{row.path!r} belongs to no source of this command")
        place = self._layout.source_of(row.root, row.path)
        source = open_filesystem(place, self._context.stores).status(place.path)
        if source is None:
            return None
        pair = FilePair(row.path, source._replace(path=row.path), target, row.root)
        reason = self._in_the_way.above(row.path) if target is None else ""
        if not reason or pair.source is None:
            return pair
        kind = DIRECTORY if source.kind == DIRECTORY else UNUSABLE
        return pair._replace(
            source=pair.source._replace(kind=kind, problem=reason), problem_class=TypeConflict.__name__, is_empty=True
        )

    def _settle(self, row: Difference, looked_up: Future[FilePair | None]) -> None:
        try:
            pair = looked_up.result()
        except Foreign:
            raise
        except Hdfs2ossError as error:
            self._findings.add_problem(str(self._layout.target_of(row.path)), str(error))
            return
        if pair is None or (pair.source is None and pair.target is None):
            self._desk.counters.add(OWN, GONE)
        elif pair.source is None:
            self._take_extra(pair)
        else:
            self._take_pair(pair, row)

    def _take_pair(self, pair: FilePair, row: Difference) -> None:
        source = pair.source
        assert source is not None
        self._findings.listed.add(source)
        is_directory = source.kind == DIRECTORY
        parent = row.path if row.path == self._layout.roots[row.root].prefix else parent_of(row.path)
        if self._exclusion.excludes_directory(row.root, parent) or self._exclusion.excludes(
            row.root, row.path, is_directory
        ):
            self._findings.count_excluded(source)
            return
        if is_directory:
            self._findings.count_directory()
        self._finding = row.difference
        self._planner.take(pair)

    def _take_extra(self, pair: FilePair) -> None:
        target = pair.target
        assert target is not None
        is_directory = target.kind == DIRECTORY
        is_protected = self._exclusion.protects_directory(parent_of(pair.path)) or self._exclusion.protects(
            pair.path, is_directory
        )
        if is_protected or target.kind not in (FILE, DIRECTORY):
            self._desk.counters.add(OWN, _LEFT)
            return
        self._extra.add(target)
        if is_directory:
            self._depths.setdefault(pair.path.count("/"), []).append(pair)
        else:
            self._delete.add(candidate_of(target), REMOVAL_SECONDS)


class _FilesInTheWay:
    """Files of the target that stand where a directory is due: each directory is asked about once. For threads."""

    def __init__(self, target: FileSystem, layout: Layout) -> None:
        self._target = target
        self._layout = layout
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def above(self, path: str) -> str:
        """Why nothing can be put at a path; "" when something can."""
        directory = parent_of(path)
        if not directory:
            return ""
        with self._lock:
            known = self._known.get(directory)
        if known is None:
            known = self.above(directory) or self._ask(directory)
            with self._lock:
                if len(self._known) >= _MOST_KEPT:
                    self._known.clear()
                self._known[directory] = known
        return known

    def _ask(self, directory: str) -> str:
        status = self._target.status(self._layout.target_of(directory).path)
        return f"at the target {directory} is a file" if status is not None and status.kind != DIRECTORY else ""


def _with_verified(counts: dict[str, dict[str, int]], listed: DiffList) -> dict[str, dict[str, int]]:
    """With what the verify had counted, which the brakes of -delete go by."""
    own: dict[str, Any] = (listed.report or {}).get("counters", {}).get(OWN, {})
    counters = Counters(counts)
    for name in ("FILES_AT_TARGET", "DIRECTORIES_AT_TARGET"):
        if own.get(name):
            counters.add(OWN, name, int(own[name]))
    if own.get("FILES_LISTED"):
        counters.add(OWN, FILES_VERIFIED, int(own["FILES_LISTED"]))
    return counters.as_dict()


def _notices(own: dict[str, int], options: CopyOptions) -> list[str]:
    notices = []
    if own.get(GONE):
        notices.append(f"{own[GONE]} of the listed paths have gone since the verify")
    if own.get(_LEFT):
        what = "could not be verified, or are protected" if options.delete else "are EXTRA (see -delete) or ERROR"
        notices.append(f"{own[_LEFT]} of the listed paths are left as they are: they {what}")
    return notices

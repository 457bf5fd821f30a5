"""The survey of a -diff: neither side is listed; what is to be copied follows from what two snapshots differ in.

All that is created or modified is looked up in the snapshot that is copied; of new directories, what lies in them,
but for what moved there. Paths are below the target base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from ...filesystems.base import FileSystem
from ...filesystems.registry import open_filesystem
from ...model.counters import Counts
from ...model.errors import NotFound, StoreError, SurveyError
from ...model.uri import join_path
from ...model.values import DIRECTORY, UNLISTED, FileAction, FilePair, FileStatus
from ...rules.keys import parent_of
from ...rules.snapshot_diff import Changes, Overlap, apply_exclusion, told_once
from ...runners.base import Runner
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk, publish_log
from .exclusion import Exclusion
from .findings import Findings
from .hazards import refuse_hazardous_target
from .planner import Planner
from .wave import SurveyReport

_TASKS_PER_SLOT = 4
_FEWEST_OF_TASK = 200
IsPath = Callable[[str], bool]


class ChangesTask(NamedTuple):
    """Paths of the source to be looked up; `arrivals` are those below `created` that other entries speak for."""

    number: int
    created: tuple[str, ...]
    modified: tuple[str, ...]
    arrivals: tuple[str, ...]


def without_excluded(context: RunContext, changes: Changes, was_directory: IsPath, is_directory: IsPath) -> Changes:
    """Changes as a copy sees them that leaves out what filters and globs say, and our own work.

    The two tell of a path of the older and of the newer snapshot what it is; only who leaves something out asks. It may
    leave out what lies in a directory under one of its two names only: then a directory that was renamed is copied
    anew.
    """
    options = context.options
    is_selective = bool(options.filters or options.include or options.exclude)
    exclusion, prefix = Exclusion(context), context.layout.roots[0].prefix

    def is_out(path: str, is_path: IsPath) -> bool:
        below = join_below(prefix, path)
        if exclusion.excludes_directory(0, parent_of(below) if path else below):
            return True
        return exclusion.excludes(0, below, is_selective and is_path(path))

    known = apply_exclusion(changes, lambda path: is_out(path, was_directory), lambda path: is_out(path, is_directory))
    anew = {move for move in known.moves if is_selective and is_directory(move.new_path)}
    return told_once(
        known._replace(
            moves=tuple(move for move in known.moves if move not in anew),
            deleted=(*known.deleted, *(move.path for move in known.moves if move in anew)),
            created=(*known.created, *(move.new_path for move in known.moves if move in anew)),
        )
    )


def join_below(prefix: str, path: str) -> str:
    """A path of the source as one below the target base."""
    return f"{prefix}/{path}" if prefix and path else prefix or path


def survey_changes(context: RunContext, runner: Runner, changes: Changes) -> SurveyReport:
    """Plan the copy of what is created or modified, in a wave. Raises UsageError, SurveyError."""
    refuse_hazardous_target(open_filesystem(context.layout.base, context.stores), context.layout)
    rows = [(path, True) for path in changes.created] + [(path, False) for path in changes.modified]
    bins = max(1, min(runner.slots * _TASKS_PER_SLOT, len(rows) // _FEWEST_OF_TASK))
    new = Overlap(changes.created)
    arrivals = tuple(move.new_path for move in changes.moves if new.holds(move.new_path))
    tasks = [_task(number, rows[number::bins], arrivals) for number in range(bins)]
    found = SurveyReport()
    runner.run_wave("survey", partial(changes_task, context), tasks, found.add)
    return found


def _task(number: int, rows: Sequence[tuple[str, bool]], arrivals: Sequence[str]) -> ChangesTask:
    created = tuple(path for path, is_new in rows if is_new)
    modified = tuple(path for path, is_new in rows if not is_new)
    # Only what lies in one of its own new directories matters to a task.
    mine = Overlap(created)
    return ChangesTask(number, created, modified, tuple(path for path in arrivals if mine.holds(path)))


def changes_task(context: RunContext, task: ChangesTask, attempt: str) -> SurveyReport:
    """Look up the paths of a task and publish what is to be copied as plan files. A task function."""
    desk = TaskDesk(context, f"survey-{task.number:05d}", attempt)
    planner = Planner(desk, _decide)
    findings = Findings(desk.counters)
    lookup = _Lookup(context, findings, frozenset(task.arrivals), planner.note_directory)
    for path, is_new in [*((one, True) for one in task.created), *((one, False) for one in task.modified)]:
        try:
            for pair in lookup.pairs(path, is_new):
                planner.take(pair)
        except (StoreError, SurveyError) as error:
            findings.add_problem(str(context.layout.named_source_of(0, lookup.below_base(path))), str(error))
    findings.settle()
    planned = planner.publish()
    publish_log(context, desk.log, f"{desk.name}-{attempt}")
    counts: Counts = desk.counts()
    return SurveyReport(*planned, counters=counts, problems=findings.problems)


def _decide(pair: FilePair) -> FileAction:
    """Nothing is compared: the snapshots have told that it differs. An action of the truth table all the same."""
    if pair.source is None or pair.source.kind == DIRECTORY:
        return FileAction.MKDIR
    return FileAction.OVERWRITE


class _Lookup:
    """Pairs of what stands at paths of the source, with no target: it is not asked."""

    def __init__(
        self,
        context: RunContext,
        findings: Findings,
        arrivals: frozenset[str],
        note_directory: Callable[[FilePair], None],
    ) -> None:
        self._layout = context.layout
        self._store: FileSystem = open_filesystem(context.layout.roots[0].source, context.stores)
        self._real_directories = open_filesystem(context.layout.base, context.stores).capabilities.real_directories
        self._exclusion = Exclusion(context)
        self._findings = findings
        self._arrivals = arrivals
        self._note_directory = note_directory

    def below_base(self, path: str) -> str:
        """A path of the source as one below the target base."""
        return join_below(self._layout.roots[0].prefix, path)

    def pairs(self, path: str, is_new: bool) -> Iterator[FilePair]:
        """Of a file, itself; of a new directory, it and what lies in it; of another one, itself where it is empty."""
        place = self._layout.source_of(0, self.below_base(path)).path
        status = self._store.status(place)
        if status is None:
            # What is read is there now, and not a snapshot.
            raise NotFound(f"{place} has gone since the snapshots were compared")
        if status.kind != DIRECTORY:
            yield from self._pair(status, path)
        elif is_new:
            yield from self._tree(status, path, place)
        elif not self._real_directories and path and next(self._store.walk(place, recursive=False), None) is None:
            yield from self._pair(status, path)
        else:
            # It is at the target already, but what changed of it may be its attributes.
            self._note_directory(FilePair(self.below_base(path), status, None))

    def _tree(self, status: FileStatus, top: str, place: str) -> Iterator[FilePair]:
        """A directory counts as empty when nothing in it is given behind it, nor moves there."""
        directory: FilePair | None = None
        for pair in [*self._pair(status, top)]:
            directory = pair
        for row in self._store.walk(place):
            path = join_path(top, row.path) if top else row.path
            if directory is not None and path.startswith(self._relative(directory) + "/"):
                directory = directory._replace(is_empty=False)
            if self._is_elsewhere(path, top):
                continue
            for pair in self._pair(row, path):
                if directory is not None:
                    yield directory
                directory = None
                if row.kind == DIRECTORY:
                    directory = pair
                else:
                    yield pair
        if directory is not None:
            yield directory

    def _relative(self, pair: FilePair) -> str:
        prefix = self._layout.roots[0].prefix
        return pair.path[len(prefix) + 1 :] if prefix else pair.path

    def _is_elsewhere(self, path: str, top: str) -> bool:
        """Whether another entry speaks for a path below the new directory `top`, or one above it does."""
        while len(path) > len(top):
            if path in self._arrivals:
                return True
            path = path.rpartition("/")[0]
        return False

    def _pair(self, row: FileStatus, path: str) -> Iterator[FilePair]:
        """The pair of a row, unless it is left out; both are counted."""
        row = row._replace(path=self.below_base(path))
        if row.kind == UNLISTED:
            self._findings.add_problem(str(self._layout.named_source_of(0, row.path)), row.problem)
            return
        self._findings.listed.add(row)
        is_directory = row.kind == DIRECTORY
        parent = row.path if row.path == self._layout.roots[0].prefix else parent_of(row.path)
        if self._exclusion.excludes_directory(0, parent) or self._exclusion.excludes(0, row.path, is_directory):
            self._findings.count_excluded(row)
            return
        if is_directory:
            self._findings.count_directory()
        yield FilePair(row.path, row, None, 0)

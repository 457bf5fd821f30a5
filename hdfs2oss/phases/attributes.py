"""Attributes of directories: last of all, as whatever is written into a directory changes its times.

Deepest first, so that nobody is kept from what lies below by a permission that was set above. With `e` in -p there is
a step before the copy, too, shallowest first: files take after the directory they are written into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

from ..filesystems.registry import open_filesystem
from ..model.counters import OWN
from ..model.errors import CommitError, StoreError, TransferError, WaveEnded
from ..model.uri import Uri
from ..model.values import DIRECTORY, CopyItem, CopyResult, CopyTask, Outcome, PlanSlice, TaskReport
from ..records.fence import Fence
from ..records.planfile import read_slices
from ..runners.base import is_last_try
from ..runners.stop import checkpoint
from ..runs.run import Run
from ..tasks.context import RunContext
from ..tasks.desk import TaskDesk, earlier_report
from ..tasks.outage import concerns_all, leave_to_another_try, wave_ended
from ..tasks.preserving import SIDECARS, Preserving
from ..transfer.results import failed_result, result_of

# With so few directories one task does all depths, one after another; with more each depth is a wave.
_MOST_OF_ONE_TASK = 5_000
_THREADS = 16

# A slice of a plan file, and the depth of its directories.
Level = tuple[int, PlanSlice]
# The bins of the wave of that name.
Pack = Callable[[str, Sequence[PlanSlice]], Sequence[CopyTask]]


class LevelTask(NamedTuple):
    """Directories whose depths are done one after another; the first of `levels` comes first."""

    name: str
    levels: tuple[tuple[PlanSlice, ...], ...]

    @property
    def cost(self) -> float:
        """Seconds of one slot."""
        return sum(piece.cost for level in self.levels for piece in level)


def code_directories(context: RunContext, run: Run, levels: Sequence[Level]) -> None:
    """With `e`: make the directories that are to have an erasure-coding policy, before anything comes into them."""
    if "e" in context.options.preserve and _codes(context):
        _carry_out(context, run, sorted(levels), "coding", code_task)


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
            _carry_out(context, run, sorted(levels, reverse=True), "attributes", attributes_task)
        except WaveEnded as ended:
            # What was to be copied and deleted is done by now.
            raise CommitError(f"directories were not given their attributes: {ended}", ended.hint) from ended
    sidecars = report.counters.get(OWN, SIDECARS)
    if sidecars:
        report.notices.append(
            f"ACLs and extended attributes of {sidecars} entries are too long for their object: they are kept in "
            f"{context.job_dir}/attributes, and are needed there when they are to be restored"
        )


def _codes(context: RunContext) -> bool:
    """Whether the target's directories have policies of their own; elsewhere one is kept like any other attribute."""
    target = open_filesystem(context.layout.base, context.stores).capabilities
    return target.real_directories and "e" in target.keeps


def _carry_out(
    context: RunContext,
    run: Run,
    levels: Sequence[Level],
    name: str,
    work: Callable[[RunContext, LevelTask, str], TaskReport],
) -> None:
    with run.phase(name):
        for tasks in _waves(name, levels, run.course.pack):
            run.ledger_wave(name, partial(work, context), tasks, lambda task: task.name, run.take)


def _waves(name: str, levels: Sequence[Level], pack: Pack) -> Iterator[list[LevelTask]]:
    """The tasks of one wave after the other, `levels` being in the order in which they are due."""
    depths = [tuple(piece for _, piece in group) for _, group in groupby(levels, key=lambda level: level[0])]
    if sum(piece.items for _, piece in levels) <= _MOST_OF_ONE_TASK:
        yield [LevelTask(f"{name}-00000", tuple(depths))] if depths else []
        return
    number = 0
    for pieces in depths:
        bins = pack(f"{name}-{number:05d}", pieces)
        yield [LevelTask(f"{name}-{number + at:05d}", (one.slices,)) for at, one in enumerate(bins)]
        number += len(bins)


def attributes_task(context: RunContext, task: LevelTask, attempt: str) -> TaskReport:
    """Give directories their attributes. A task function; safe to run twice."""
    preserving = Preserving(context)

    is_coded_already = _codes(context)

    def keep(item: CopyItem) -> CopyResult:
        ends = _ends(context, item)
        preservation = preserving.of(ends.source)
        if preservation is not None and is_coded_already:
            preservation = replace(preservation, letters=preservation.letters.replace("e", ""))
        is_new = preservation is not None and preservation.refresh(*ends, DIRECTORY)
        return result_of(item, Outcome.REFRESHED if is_new else Outcome.SKIPPED)

    return _work_through(context, task, attempt, keep, preserving)


def code_task(context: RunContext, task: LevelTask, attempt: str) -> TaskReport:
    """Make those directories that the source has erasure-coded, and give them their policy. A task function."""
    preserving = Preserving(context)
    target = open_filesystem(context.layout.base, context.stores)

    def code(item: CopyItem) -> CopyResult:
        ends = _ends(context, item)
        preservation = preserving.of(ends.source)
        coding = replace(preservation, letters="e") if preservation is not None else None
        if coding is None or not coding.wanted(ends.source.path, DIRECTORY).ec_policy:
            return result_of(item, Outcome.SKIPPED)
        target.make_directory(ends.target.path)
        is_new = coding.refresh(*ends, DIRECTORY)
        return result_of(item, Outcome.MADE if is_new else Outcome.SKIPPED)

    return _work_through(context, task, attempt, code, preserving)


class _Ends(NamedTuple):
    source: Uri
    target: Uri


def _ends(context: RunContext, item: CopyItem) -> _Ends:
    return _Ends(context.layout.source_of(item.root, item.path), context.layout.target_of(item.path))


def _work_through(
    context: RunContext,
    task: LevelTask,
    attempt: str,
    work: Callable[[CopyItem], CopyResult],
    preserving: Preserving,
) -> TaskReport:
    """Depth by depth, some directories at once. A failure is on record; a store that is gone is tried elsewhere."""
    done = earlier_report(context, task.name)
    if done is not None:
        return done
    desk = TaskDesk(context, task.name, attempt)
    fence = Fence(context.open_job_dir(), context.fence)

    def one(item: CopyItem) -> CopyResult:
        checkpoint()
        fence.pass_through()
        try:
            return work(item)
        except TransferError as error:
            failure = error
        except StoreError as error:
            source, target = _ends(context, item)
            failure = TransferError.caused_by(f"keeping the attributes of {source} at {target}: {error}", error)
            failure.__cause__ = error
        if concerns_all(failure, context.layout.base.path):
            raise wave_ended(failure) from failure
        leave_to_another_try(failure, is_last_try(attempt))
        return failed_result(item, failure)

    with ThreadPoolExecutor(_THREADS, "attributes") as pool:
        for level in task.levels:
            for batch in _batches(read_slices(desk.job_dir, level)):
                for result in pool.map(one, batch):
                    desk.take(result)
    preserving.count(desk.counters)
    return desk.publish()


def _batches(items: Iterable[CopyItem]) -> Iterator[list[CopyItem]]:
    rest = iter(items)
    while batch := list(islice(rest, 64 * _THREADS)):
        yield batch

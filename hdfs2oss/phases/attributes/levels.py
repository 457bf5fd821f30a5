"""Directories depth by depth: the tasks of it, and what each does with one directory after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

from ...model.errors import StoreError, TransferError
from ...model.uri import Uri
from ...model.values import CopyItem, CopyResult, CopyTask, PlanSlice, TaskReport
from ...records.fence import Fence
from ...records.planfile import read_slices
from ...runners.base import is_last_try
from ...runners.stop import checkpoint
from ...runs.run import Run
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk, earlier_report
from ...tasks.outage import concerns_all, leave_to_another_try, wave_ended
from ...tasks.preserving import Preserving
from ...transfer.results import failed_result

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


def carry_out(
    context: RunContext,
    run: Run,
    levels: Sequence[Level],
    name: str,
    work: Callable[[RunContext, LevelTask, str], TaskReport],
) -> None:
    """Waves of one name; `levels` are in the order in which they are due."""
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


class Ends(NamedTuple):
    """Both places of a directory."""

    source: Uri
    target: Uri


def ends_of(context: RunContext, item: CopyItem) -> Ends:
    """Where it is read, and where it goes."""
    return Ends(context.layout.source_of(item.root, item.path), context.layout.target_of(item.path))


def work_through(
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
            source, target = ends_of(context, item)
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

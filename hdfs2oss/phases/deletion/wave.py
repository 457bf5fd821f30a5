"""The delete phase: whether it may begin, and its waves: files first, then directories, the deepest first."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import NamedTuple

from ...model.counters import OWN
from ...model.values import CopyItem, PlanSlice, TaskReport
from ...records import fence
from ...records.planfile import read_slices
from ...rules.account import discrepancy
from ...rules.deletion import refusal
from ...rules.packing import pack
from ...runners.base import is_last_try
from ...runners.stop import checkpoint
from ...runs.report import Report
from ...runs.run import Run
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk, earlier_report
from .removal import Remover

_THREADS = 16
# Looked at and removed together; as many as OSS removes by one request.
_BATCH = 1000


class DeleteTask(NamedTuple):
    """Slices of candidates, all of them files or all of them directories of one depth."""

    name: str
    slices: tuple[PlanSlice, ...]
    are_directories: bool

    @property
    def cost(self) -> float:
        """Seconds of one slot."""
        return sum(piece.cost for piece in self.slices)


class Stage(NamedTuple):
    """What can be removed at once, in any order."""

    name: str
    slices: list[PlanSlice]
    are_directories: bool = False


def delete(context: RunContext, run: Run, files: list[PlanSlice], directories: dict[int, list[PlanSlice]]) -> None:
    """Remove the candidates (`directories` by depth), unless something stands against it, which the report says then.

    Nothing is removed as a tree: a directory goes when it is empty, so what came in since the survey stays, and
    the directory with it.
    """
    report = run.report
    reason = obstacle(report)
    if not reason and all(root.is_file for root in context.layout.roots):
        reason = "no source is a directory that the target could mirror"
    if reason:
        report.withhold_deletion(reason)
        return
    counts = report.counters.as_dict().get(OWN, {})
    brake = refusal(counts, context.options.max_delete, context.options.allow_empty_source)
    if brake is not None:
        report.withhold_deletion(*brake)
        return
    stages = [Stage("delete-files", files)]
    for depth in sorted(directories, reverse=True):
        stages.append(Stage(f"delete-d{depth:03}", directories[depth], True))
    with run.phase("delete"):
        for stage in stages:
            packed = pack(stage.slices, run.slots)
            tasks = [DeleteTask(f"{stage.name}-{one.number:05}", one.slices, stage.are_directories) for one in packed]
            run.check_lock()
            run.follow("delete", packed, sum(piece.items for piece in stage.slices))
            run.wave("delete", partial(delete_task, context), tasks, run.take)


def obstacle(report: Report) -> str:
    """Why nothing may be concluded from what is missing at the sources; "" when all went well so far."""
    if report.problems:
        return "a part of the trees could not be listed"
    if report.stopped:
        return "the copy was ended early"
    if report.failed_files:
        return f"{report.failed_files} entries failed, or changed while they were copied"
    own = report.counters.as_dict().get(OWN, {})
    if discrepancy(own, is_listed_whole=True, is_at_its_end=False):
        return "the accounts do not balance"
    return ""


def delete_task(context: RunContext, task: DeleteTask, attempt: str) -> TaskReport:
    """Remove the candidates of a task. A task function; what an earlier attempt removed is found to have gone.

    Raises StoreGone where a store gave no answer and another try of the task follows.
    """
    done = earlier_report(context, task.name)
    if done is not None:
        return done
    desk = TaskDesk(context, task.name, attempt)
    with ThreadPoolExecutor(_THREADS, "delete") as pool:
        remover = Remover(context, pool, task.are_directories, is_last_try(attempt))
        for batch in _batches(read_slices(desk.job_dir, task.slices)):
            checkpoint()
            fence.check(desk.job_dir, context.fence)
            for result in remover.remove(batch):
                desk.take(result)
    return desk.publish()


def _batches(items: Iterator[CopyItem]) -> Iterator[list[CopyItem]]:
    while batch := list(islice(items, _BATCH)):
        yield batch

"""The delete phase: whether it may begin, and its waves: files first, then directories, the deepest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

from ...model.counters import OWN
from ...model.values import DIRECTORY, CopyItem, CopyTask, PlanSlice, TaskReport
from ...records import fence
from ...records.planfile import read_slices
from ...rules.account import discrepancy
from ...rules.deletion import refusal
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
# What costs no more is one task, which leaves one file.
_FEW_SECONDS = 10.0
# The bins of the wave of that name.
Pack = Callable[[str, Sequence[PlanSlice]], Sequence[CopyTask]]


class DeleteTask(NamedTuple):
    """Slices of candidates, which are removed in this order: what can go at once stands together."""

    name: str
    slices: tuple[PlanSlice, ...]

    @property
    def cost(self) -> float:
        """Seconds of one slot."""
        return sum(piece.cost for piece in self.slices)


def delete(context: RunContext, run: Run, files: list[PlanSlice], directories: dict[int, list[PlanSlice]]) -> None:
    """Remove the candidates (`directories` by depth), unless something stands against it, which the report says then.

    Nothing is removed as a tree: a directory goes when it is empty, so what came in since the survey stays, and
    the directory with it.
    """
    own = run.report.counters.as_dict().get(OWN, {})
    if not obstacle(run.report) and discrepancy(own, is_listed_whole=True, is_at_its_end=False):
        run.report.withhold_deletion("the accounts do not balance")
        return
    if not may_delete(context, run.report):
        return
    with run.phase("delete"):
        for tasks in _stages(files, directories, run.course.pack):
            run.check_lock()
            run.follow("delete", tasks, sum(piece.items for task in tasks for piece in task.slices))
            run.ledger_wave("delete", partial(delete_task, context), tasks, lambda task: task.name, run.take)


def _stages(
    files: list[PlanSlice], directories: dict[int, list[PlanSlice]], pack: Pack
) -> Iterator[Sequence[DeleteTask]]:
    """Files, then the directories of each depth, the deepest first; all of it as one task where it is little."""
    depths = sorted(directories, reverse=True)
    in_order = (*files, *(piece for depth in depths for piece in directories[depth]))
    if sum(piece.cost for piece in in_order) <= _FEW_SECONDS:
        yield [DeleteTask("delete-00000", in_order)] if in_order else []
        return
    for name, slices in (("files", files), *((f"d{depth:03}", directories[depth]) for depth in depths)):
        yield [DeleteTask(f"delete-{name}-{one.number:05}", one.slices) for one in pack(f"delete-{name}", slices)]


def may_delete(context: RunContext, report: Report) -> bool:
    """Whether the candidates may go, by what is known so far; where not, the report says why."""
    reason = obstacle(report)
    if not reason and all(root.is_file for root in context.layout.roots):
        reason = "no source is a directory that the target could mirror"
    if reason:
        report.withhold_deletion(reason)
        return False
    counts = report.counters.as_dict().get(OWN, {})
    brake = refusal(counts, context.options.max_delete, context.options.allow_empty_source)
    if brake is not None:
        report.withhold_deletion(*brake)
    return brake is None


def obstacle(report: Report) -> str:
    """Why nothing may be concluded from what is missing at the sources; "" when all went well so far."""
    if report.problems:
        return "a part of the trees could not be listed"
    if report.stopped:
        return "the copy was ended early"
    if report.failed_files:
        return f"{report.failed_files} entries failed, or changed while they were copied"
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
        remover = Remover(context, pool, is_last_try(attempt))
        for batch in _batches(read_slices(desk.job_dir, task.slices)):
            checkpoint()
            fence.check(desk.job_dir, context.fence)
            for result in remover.remove(batch):
                desk.take(result)
    return desk.publish()


def _batches(items: Iterator[CopyItem]) -> Iterator[list[CopyItem]]:
    """What can go at once: files, or directories of one depth."""
    for _, alike in groupby(items, key=lambda item: item.path.count("/") if item.kind == DIRECTORY else None):
        while batch := list(islice(alike, _BATCH)):
            yield batch

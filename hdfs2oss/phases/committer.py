"""The copy committer: completes the uploads whose chunks all arrived, and drops the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..filesystems.registry import open_filesystem
from ..model.errors import Hdfs2ossError, StoreError, of_class
from ..model.units import MIB
from ..model.values import CopyItem, CopyResult, Outcome, PlanSlice, TaskReport
from ..records import fence, ledger
from ..records.jobdir import HASTE
from ..records.planfile import read_slices
from ..rules.checksum import compose_crc32c
from ..rules.packing import pack
from ..rules.throttle import Throttle
from ..runs.run import Run
from ..tasks.context import RunContext
from ..tasks.desk import TaskDesk, earlier_report
from ..transfer.buffers import BufferBudget
from ..transfer.results import copied_result, failed_result
from ..transfer.stream import Ends, Transfer

_THREADS = 8


class CommitTask(NamedTuple):
    """Uploads to complete, and the ledger files in which the results of their chunks are."""

    number: int
    slices: tuple[PlanSlice, ...]
    ledger_files: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Seconds of one slot."""
        return sum(piece.cost for piece in self.slices)


def commit(context: RunContext, run: Run, uploads: Sequence[PlanSlice], ledger_files: tuple[str, ...]) -> None:
    """Complete the uploads, as a wave; `ledger_files` are those of the tasks that sent chunks."""
    tasks = [CommitTask(task.number, task.slices, ledger_files) for task in pack(uploads, run.slots)]
    run.wave("commit", partial(commit_task, context), tasks, run.take)


def commit_task(context: RunContext, task: CommitTask, attempt: str) -> TaskReport:
    """Complete or drop the uploads of a task; each file is counted here, once. A task function."""
    name = f"commit-{task.number:05d}"
    done = earlier_report(context, name)
    if done is not None:
        return done
    job_dir = context.open_job_dir()
    items = list(read_slices(job_dir, task.slices))
    chunks = _chunks_of(
        {item.upload_id for item in items},
        (result for file in task.ledger_files for result in ledger.read_results(job_dir, file)),
    )
    desk = TaskDesk(context, name, attempt)
    target = open_filesystem(context.layout.base, context.stores)

    def finish(item: CopyItem) -> CopyResult:
        fence.check(job_dir, context.fence)
        return _commit(context, target, item, chunks.get(item.upload_id, []), pool)

    with ThreadPoolExecutor(_THREADS) as pool:
        for result in pool.map(finish, items):
            desk.take(result)
    return desk.publish()


def drop_uploads(context: RunContext, slices: Sequence[PlanSlice]) -> None:
    """A run that ends early leaves no parts to pay for: what it opened is dropped, as far as the store answers."""
    target = open_filesystem(context.layout.base, context.stores)

    def drop(item: CopyItem) -> None:
        with suppress(StoreError):
            target.abort_upload(context.layout.target_of(item.path).path, item.upload_id)

    with suppress(StoreError), ThreadPoolExecutor(_THREADS) as pool:
        hasty = context.open_job_dir().of_run(context.run_id, HASTE)
        list(pool.map(drop, read_slices(hasty, tuple(slices))))


def _chunks_of(upload_ids: set[str], results: Iterable[CopyResult]) -> dict[str, list[CopyResult]]:
    chunks: dict[str, list[CopyResult]] = {}
    for result in results:
        if result.upload_id in upload_ids:
            chunks.setdefault(result.upload_id, []).append(result)
    return {upload_id: sorted(found, key=lambda one: one.offset) for upload_id, found in chunks.items()}


def _commit(
    context: RunContext,
    target: FileSystem,
    item: CopyItem,
    chunks: list[CopyResult],
    pool: ThreadPoolExecutor,
) -> CopyResult:
    source = context.layout.source_of(item.root, item.path)
    ends = Ends(source, context.layout.target_of(item.path), "")
    transfer = Transfer(open_filesystem(source, context.stores), target, Throttle(None), BufferBudget(MIB), pool)
    unsent = next((chunk for chunk in chunks if chunk.outcome != Outcome.CHUNK), None)
    try:
        if unsent is not None:
            raise _error_of(unsent)
        _refuse_gaps(ends, item, chunks)
        transfer.refuse_changed_source(ends, item)
        parts = [part for chunk in chunks for part in chunk.parts]
        sum32 = compose_crc32c((chunk.crc32c or 0, chunk.size) for chunk in chunks)
        return copied_result(item, transfer.join(ends, item.upload_id, item.length, parts, sum32))
    except Hdfs2ossError as error:
        transfer.drop_upload(ends.target.path, item.upload_id)
        return failed_result(item, error)


def _error_of(chunk: CopyResult) -> Hdfs2ossError:
    """Why a chunk did not arrive, which is why its file does not."""
    error = of_class(chunk.error_class)(chunk.message)
    error.retryable = chunk.retryable
    return error


def _refuse_gaps(ends: Ends, item: CopyItem, chunks: list[CopyResult]) -> None:
    """The chunks must cover the file exactly, in order."""
    position = 0
    for chunk in chunks:
        if chunk.offset != position:
            break
        position += chunk.size
    if position != item.length:
        raise Hdfs2ossError(
            f"copying {ends.source} to {ends.target}: the ledger holds chunks for {position} of {item.length} bytes"
        )

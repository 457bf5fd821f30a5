"""The copy committer: completes the uploads whose chunks all arrived, and drops the others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from ..filesystems.base import FileSystem, Stored
from ..filesystems.registry import open_filesystem
from ..model.errors import Hdfs2ossError, SourceChanged, StoreError, VerifyError, of_class
from ..model.units import MIB
from ..model.values import FILE, CopyItem, CopyResult, Outcome, PlanSlice, TaskReport
from ..records import fence, ledger
from ..records.intents import chunk_path_of
from ..records.planfile import read_slices
from ..rules.checksum import compose_crc32c, compose_crc64
from ..rules.filesum import COMPOSITE_CRC, COMPOSITE_CRC32C
from ..rules.proof import Evidence
from ..rules.throttle import Throttle
from ..runners.base import is_last_try
from ..runs.run import Run
from ..tasks.context import RunContext
from ..tasks.desk import TaskDesk, earlier_report
from ..tasks.outage import leave_to_another_try
from ..tasks.preserving import Preserving
from ..transfer.buffers import BufferBudget
from ..transfer.ends import Ends, refuse_other_version, writing
from ..transfer.proving import Copied, evidence_read, verify, verify_read
from ..transfer.results import copied_result, failed_result
from ..transfer.stream import Transfer

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


class Committing(NamedTuple):
    """The threads of a commit task, and whether nobody tries again after it."""

    pool: ThreadPoolExecutor
    is_last_try: bool


def commit(context: RunContext, run: Run, uploads: Sequence[PlanSlice], ledger_files: tuple[str, ...]) -> None:
    """Complete the uploads, as a wave; `ledger_files` are those of the tasks that sent chunks."""
    tasks = [CommitTask(task.number, task.slices, ledger_files) for task in run.course.pack("commit", uploads)]
    run.ledger_wave("commit", partial(commit_task, context), tasks, _name_of, run.take)


def commit_task(context: RunContext, task: CommitTask, attempt: str) -> TaskReport:
    """Complete or drop the uploads of a task; each file is counted here, once. A task function.

    Raises StoreGone, with the uploads kept, where the store gave no answer and another try of the task follows: what
    is complete by then is found to be so.
    """
    name = _name_of(task)
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
        return _commit(context, target, item, chunks.get(item.upload_id, []), Committing(pool, is_last_try(attempt)))

    with ThreadPoolExecutor(_THREADS) as pool:
        for result in pool.map(finish, items):
            desk.take(result)
    return desk.publish()


def _name_of(task: CommitTask) -> str:
    return f"commit-{task.number:05d}"


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
    by: Committing,
) -> CopyResult:
    source = context.layout.source_of(item.root, item.path)
    ends = Ends(source, context.layout.target_of(item.path), "")
    transfer = Transfer(open_filesystem(source, context.stores), target, Throttle(None), BufferBudget(MIB), by.pool)
    started = time.monotonic()
    unsent = next((chunk for chunk in chunks if chunk.outcome != Outcome.CHUNK), None)
    try:
        if unsent is not None:
            raise _error_of(unsent)
        _refuse_gaps(ends, item, chunks)
        transfer.refuse_changed_source(ends, item._replace(etag=_version_of(ends, item, chunks)))
        stated = _refuse_other_bytes(ends, chunks)
        if target.capabilities.multipart:
            parts = [part for chunk in chunks for part in chunk.parts]
            sum32 = compose_crc32c((chunk.crc32c or 0, chunk.size) for chunk in chunks)
            copied = transfer.join(ends, item.upload_id, item.length, parts, sum32)
        else:
            copied = _join_files(context, transfer, ends, item, chunks)
        copied = copied._replace(read=evidence_read(transfer.source, stated), source_crc64=stated)
        return copied_result(item, copied)._replace(seconds=round(time.monotonic() - started, 6))
    except Hdfs2ossError as error:
        leave_to_another_try(error, by.is_last_try)
        if target.capabilities.multipart:
            transfer.drop_upload(ends.target.path, item.upload_id)
        else:
            for path, _ in _pieces(context, ends, chunks):
                with suppress(StoreError):
                    target.remove(path)
        return failed_result(item, error)


def _pieces(context: RunContext, ends: Ends, chunks: list[CopyResult]) -> list[tuple[str, int]]:
    return [(chunk_path_of(context.run_id, ends.target.path, chunk.offset), chunk.size) for chunk in chunks]


def _refuse_other_bytes(ends: Ends, chunks: list[CopyResult]) -> int | None:
    """Compare what all chunks read with the CRC-64 that the source's store states of the whole, which is given back.

    None where it states none. All chunks were read from one version. Raises ReadError.
    """
    stated = next((chunk.stored_crc64 for chunk in chunks if chunk.stored_crc64 is not None), None)
    if stated is not None:
        verify_read(ends, compose_crc64((chunk.crc64 or 0, chunk.size) for chunk in chunks), stated)
    return stated


def _join_files(
    context: RunContext, transfer: Transfer, ends: Ends, item: CopyItem, chunks: list[CopyResult]
) -> Copied:
    """Publish chunks that are files, compared by a composed checksum where one can be had."""
    target = transfer.target
    whole64 = compose_crc64((chunk.crc64 or 0, chunk.size) for chunk in chunks)
    whole32 = compose_crc32c((chunk.crc32c or 0, chunk.size) for chunk in chunks)
    known: list[int] = []
    preservation = Preserving(context).of(ends.source)

    def check(path: str, stored: Stored) -> None:
        verify(ends, item.length, whole64, stored)
        if path == ends.target.path and stored.mtime_ms == item.target_mtime_ms:
            raise VerifyError(
                f"copying {ends.source} to {ends.target}: its chunks have gone, and the target is what it was before",
                "Run the same command with -update.",
            )
        with suppress(StoreError):
            stated = target.checksum(path, COMPOSITE_CRC)
            if stated.algorithm == COMPOSITE_CRC32C and stated.value != f"{whole32:08x}":
                raise VerifyError(
                    f"copying {ends.source} to {ends.target}: the CRC-32C of its chunks is {whole32:08x}, "
                    f"that of the file that was joined of them {stated.value}"
                )
            known[:] = [whole32] if stated.algorithm == COMPOSITE_CRC32C else []
        if preservation is not None:
            target.keep_attributes(path, FILE, preservation.wanted(ends.source.path, FILE))

    with writing(ends):
        stored = target.join(ends.target.path, _pieces(context, ends, chunks), check)
    copied = transfer.arrived(stored, (whole64, whole32))
    return copied._replace(written=Evidence.STATED, target_crc32c=whole32) if known else copied


def _error_of(chunk: CopyResult) -> Hdfs2ossError:
    """Why a chunk did not arrive, which is why its file does not."""
    error = of_class(chunk.error_class)(chunk.message)
    error.retryable = chunk.retryable
    return error


def _version_of(ends: Ends, item: CopyItem, chunks: list[CopyResult]) -> str:
    """The ETag that all chunks were read from, "" where the source has none. Raises SourceChanged for two versions."""
    versions = {(chunk.source_etag, chunk.source_mtime_ms) for chunk in chunks}
    if len(versions) > 1:
        raise SourceChanged(
            f"copying {ends.source} to {ends.target}: its chunks were read from {len(versions)} versions of the source",
            "Run the same command with -update once nobody writes to it.",
        )
    version = next((chunk.source_etag for chunk in chunks), "")
    refuse_other_version(ends, item, version)
    return version or item.etag


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

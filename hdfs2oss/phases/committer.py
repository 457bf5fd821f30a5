"""The copy committer: completes the uploads whose chunks all arrived, and drops the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from ..filesystems.base import FileSystem, Stored
from ..filesystems.registry import open_filesystem
from ..model.attributes import NOTHING
from ..model.counters import OWN
from ..model.errors import Hdfs2ossError, SourceChanged, SourceOpen, StoreError, VerifyError, of_class
from ..model.units import MIB
from ..model.values import FILE, CopyItem, CopyResult, CopyTask, LargeBin, Outcome, PlanSlice, TaskReport
from ..records import fence, ledger
from ..records.intents import chunk_path_of
from ..records.jobdir import JobDir
from ..records.planfile import read_slices
from ..rules import packing
from ..rules.checksum import compose_crc32c, compose_crc64
from ..rules.proof import Evidence
from ..rules.throttle import Throttle
from ..runners.base import is_last_try
from ..runs.run import Run
from ..runs.sent import Outdated
from ..tasks.context import RunContext
from ..tasks.desk import TaskDesk, earlier_report
from ..tasks.outage import is_unanswered, leave_to_another_try
from ..tasks.preserving import Preserving
from ..transfer.buffers import BufferBudget
from ..transfer.ends import Ends, refuse_other_version, writing
from ..transfer.proving import UNASKED, Copied, SourceSaid, ask, verify, verify_statement, witnesses
from ..transfer.results import copied_result, failed_result
from ..transfer.stream import Transfer

_THREADS = 8
# What a wave left, as counters of its reports: uploads for a second one, and those of files to be planned anew.
TRIED_AGAIN = "UPLOADS_TRIED_AGAIN"
OUTDATED = "UPLOADS_OUTDATED"


class CommitBin(NamedTuple):
    """Slices of uploads to complete, and the ledger files in which the results of all their chunks are."""

    uploads: tuple[PlanSlice, ...]
    ledger_files: tuple[str, ...]


class CommitTask(NamedTuple):
    """Bins to complete one after another. In the second wave only those uploads that the first one left. `is_anew`
    where their files are those whose sources changed."""

    number: int
    bins: tuple[CommitBin, ...]
    is_second: bool = False
    is_anew: bool = False

    @property
    def cost(self) -> float:
        """Seconds of one slot."""
        return sum(piece.cost for one in self.bins for piece in one.uploads)

    @property
    def name(self) -> str:
        """What its ledger is called."""
        return f"commit-{'again-' if self.is_second else ''}{'anew-' if self.is_anew else ''}{self.number:05d}"

    @property
    def uploads(self) -> tuple[PlanSlice, ...]:
        """Those of all its bins."""
        return tuple(piece for one in self.bins for piece in one.uploads)


class Committing(NamedTuple):
    """The threads of a commit task, those that ask for checksums, and what follows it."""

    pool: ThreadPoolExecutor
    is_last_try: bool
    is_last_wave: bool
    is_last_plan: bool
    witnesses: Executor | None


def commit(
    context: RunContext,
    run: Run,
    bins: Sequence[LargeBin],
    ledger_files: Callable[[Sequence[PlanSlice]], tuple[str, ...]],
    is_anew: bool = False,
) -> list[Outdated]:
    """Complete the uploads, as a wave; `ledger_files` tells where the results of some slices of chunks are.

    What stores gave no answer about has a second wave, when all others are done. Files whose sources changed are left
    to be planned anew, and told of, without a row: unless this is the wave of such files (`is_anew`).
    """
    tasks = [
        CommitTask(number, tuple(CommitBin(one.uploads, ledger_files(one.chunks)) for one in bundle), is_anew=is_anew)
        for number, bundle in enumerate(_bundles(run, [one for one in bins if one.uploads], is_anew))
    ]
    left: dict[str, set[str]] = {TRIED_AGAIN: set(), OUTDATED: set()}

    def take(report: TaskReport) -> None:
        run.take(report)
        for name, tasks_of in left.items():
            if report.counters.get(OWN, {}).get(name):
                tasks_of.add(report.task)

    run.ledger_wave("commit", partial(commit_task, context), tasks, lambda task: task.name, take)
    second = {task: task._replace(is_second=True) for task in tasks if task.name in left[TRIED_AGAIN]}
    run.ledger_wave("commit again", partial(commit_task, context), list(second.values()), lambda task: task.name, take)
    waves = [[one for one in (task, second.get(task)) if one is not None] for task in tasks]
    return [
        Outdated(tried[0].uploads, tuple(ledger.file_of(one.name) for one in tried))
        for tried in waves
        if any(one.name in left[OUTDATED] for one in tried)
    ]


def _bundles(run: Run, bins: Sequence[LargeBin], is_anew: bool) -> list[list[LargeBin]]:
    """The bins of each task: as on record, where each is told by its first slice."""
    by_first = {one.uploads[0]: one for one in bins}

    def bundled(firsts: Sequence[PlanSlice], slots: int) -> list[CopyTask]:
        bundles = packing.bundle([by_first[first] for first in firsts], slots)
        return [CopyTask(number, tuple(one.uploads[0] for one in bundle)) for number, bundle in enumerate(bundles)]

    tasks = run.course.pack("commit", list(by_first), bundled, is_anew)
    return [[by_first[first] for first in task.slices] for task in tasks]


def commit_task(context: RunContext, task: CommitTask, attempt: str) -> TaskReport:
    """Complete or drop the uploads of a task; each file is counted here, once. A task function.

    Raises StoreGone, with the uploads kept, where the store gave no answer and another try of the task follows: what
    is complete by then is found to be so.
    """
    done = earlier_report(context, task.name)
    if done is not None:
        return done
    job_dir = context.open_job_dir()
    desk = TaskDesk(context, task.name, attempt)
    target = open_filesystem(context.layout.base, context.stores)
    first = task._replace(is_second=False)
    settled = {row.upload_id for row in _rows(job_dir, (ledger.file_of(first.name),))} if task.is_second else set()

    with ThreadPoolExecutor(_THREADS) as pool, witnesses(context.options.proof == "end-to-end") as asking:
        by = Committing(pool, is_last_try(attempt), task.is_second, task.is_anew, asking)
        for one in task.bins:
            items = [item for item in read_slices(job_dir, one.uploads) if item.upload_id not in settled]
            chunks = _chunks_of({item.upload_id for item in items}, _rows(job_dir, one.ledger_files))

            def finish(item: CopyItem, chunks: dict[str, list[CopyResult]] = chunks) -> CopyResult | str:
                fence.check(job_dir, context.fence)
                return _commit(context, target, item, chunks.get(item.upload_id, []), by)

            for result in pool.map(finish, items):
                if isinstance(result, CopyResult):
                    desk.take(result)
                else:
                    desk.counters.add(OWN, result)
    return desk.publish()


def _rows(job_dir: JobDir, ledger_files: Iterable[str]) -> Iterator[CopyResult]:
    return (row for file in ledger_files for row in ledger.read_results(job_dir, file))


def _chunks_of(upload_ids: set[str], results: Iterable[CopyResult]) -> dict[str, list[CopyResult]]:
    """The results of chunks by upload, in order; of one that was sent after it had failed, that it was sent."""
    chunks: dict[str, list[CopyResult]] = {}
    for result in results:
        if result.upload_id in upload_ids:
            chunks.setdefault(result.upload_id, []).append(result)
    for upload_id, found in chunks.items():
        sent = {one.offset for one in found if one.outcome == Outcome.CHUNK}
        left = [one for one in found if one.outcome == Outcome.CHUNK or one.offset not in sent]
        chunks[upload_id] = sorted(left, key=lambda one: one.offset)
    return chunks


def _commit(
    context: RunContext,
    target: FileSystem,
    item: CopyItem,
    chunks: list[CopyResult],
    by: Committing,
) -> CopyResult | str:
    """What came of one file; or as what it is left, to a second wave or to be planned anew."""
    source = context.layout.source_of(item.root, item.path)
    ends = Ends(source, context.layout.target_of(item.path), "")
    transfer = Transfer(
        open_filesystem(source, context.stores),
        target,
        Throttle(None),
        BufferBudget(MIB),
        by.pool,
        witnesses=by.witnesses,
    )
    started = time.monotonic()
    unsent = _first_unsent(chunks)
    try:
        if unsent is not None:
            raise _error_of(unsent)
        _refuse_gaps(ends, item, chunks)
        word = transfer.word_of_source(ends, item.length, _crc64_of_source(chunks))
        transfer.refuse_changed_source(ends, item._replace(etag=_version_of(ends, item, chunks)))
        sum64 = compose_crc64((chunk.crc64 or 0, chunk.size) for chunk in chunks)
        sum32 = compose_crc32c((chunk.crc32c or 0, chunk.size) for chunk in chunks)
        said = word.compare(ends, sum64, sum32)
        if target.capabilities.multipart:
            parts = [part for chunk in chunks for part in chunk.parts]
            copied = transfer.join(ends, item.upload_id, item.length, parts, sum32, said)
        else:
            joining = _Joining(context, transfer, ends, item, _pieces(context, ends, chunks))
            copied = joining.publish(sum64, sum32, said)
        return copied_result(item, copied)._replace(seconds=round(time.monotonic() - started, 6))
    except Hdfs2ossError as error:
        leave_to_another_try(error, by.is_last_try)
        if is_unanswered(error) and unsent is None and not by.is_last_wave:
            return TRIED_AGAIN
        if isinstance(error, SourceChanged | SourceOpen) and not by.is_last_plan:
            # Whoever plans it anew drops what was sent.
            return OUTDATED
        if target.capabilities.multipart:
            transfer.drop_upload(ends.target.path, item.upload_id)
        else:
            for path, _ in _pieces(context, ends, chunks):
                with suppress(StoreError):
                    target.remove(path)
        return failed_result(item, error)


def _pieces(context: RunContext, ends: Ends, chunks: list[CopyResult]) -> list[tuple[str, int]]:
    run_id, path = context.run_id, ends.target.path
    return [(chunk_path_of(run_id, path, chunk.offset, chunk.is_renewed), chunk.size) for chunk in chunks]


def _first_unsent(chunks: list[CopyResult]) -> CopyResult | None:
    """The first chunk that did not arrive, of those whose source had changed if there are any: that is why."""
    unsent = [chunk for chunk in chunks if chunk.outcome != Outcome.CHUNK]
    changed = [chunk for chunk in unsent if chunk.outcome in (Outcome.CHANGED, Outcome.OPEN)]
    return next(iter(changed or unsent), None)


def _crc64_of_source(chunks: list[CopyResult]) -> int | None:
    """What the source's store stated of the whole file when the chunks were read; None where it states none."""
    return next((chunk.stored_crc64 for chunk in chunks if chunk.stored_crc64 is not None), None)


class _Joining(NamedTuple):
    """Chunks that are files, to be published as one."""

    context: RunContext
    transfer: Transfer
    ends: Ends
    item: CopyItem
    pieces: list[tuple[str, int]]

    def publish(self, whole64: int, whole32: int, said: SourceSaid) -> Copied:
        """Join and compare them, also by a composed checksum where one can be had."""
        transfer, ends, item = self.transfer, self.ends, self.item
        target = transfer.target
        # Each chunk was checked by who stores it. Only the Java client tells of the whole, and it takes long to start.
        is_asked = transfer.witnesses is not None or bool(self.context.options.blocks_per_chunk)
        stated, kept, was_there = UNASKED, NOTHING, False
        preservation = Preserving(self.context).of(ends.source)

        def check(path: str, stored: Stored) -> None:
            nonlocal stated, kept, was_there
            verify(ends, item.length, whole64, stored)
            was_there = path == ends.target.path
            if was_there and stored.mtime_ms == item.target_mtime_ms:
                raise VerifyError(
                    f"copying {ends.source} to {ends.target}: its chunks have gone, and the target is what it was "
                    "before",
                    "Run the same command with -update.",
                )
            # That an earlier try has published this file is not seen by its length alone.
            if is_asked or was_there:
                stated = verify_statement(ends, whole32, ask(target, path, item.length))
            if preservation is not None:
                kept = preservation.wanted(ends.source.path, FILE)
                # A later version's time on these bytes would make them pass for it.
                transfer.refuse_changed_source(ends, item)
                target.keep_attributes(path, FILE, kept)

        with writing(ends):
            stored = target.join(ends.target.path, self.pieces, check)
        if kept.mtime_ms is not None:
            # By this the next run knows the file again; what the store told was before.
            stored = stored._replace(mtime_ms=kept.mtime_ms)
        if transfer.witnesses is None:
            # Nobody asked for more than could be had.
            stated = stated._replace(why="")
        copied = transfer.arrived(stored, (whole64, whole32), said, stated)
        if was_there and stated.crc32c is None:
            return copied._replace(written=Evidence.LENGTH)
        return copied


def _error_of(chunk: CopyResult) -> Hdfs2ossError:
    """Why a chunk did not arrive, which is why its file does not."""
    error = of_class(chunk.error_class)(chunk.message, chunk.advice)
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

"""Cutting large files: chunks that different tasks send, into one multipart upload a file, or into files to be joined.

Opening uploads is work for tasks too: the driver only sees slices. What a task is going to open is on record before
it does, so whatever ends a run, its uploads can be found and dropped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from ..filesystems.base import FileSystem
from ..filesystems.registry import open_filesystem
from ..model.attributes import NOTHING, Attributes
from ..model.counters import Counters, Counts
from ..model.errors import StoreError, WriteError
from ..model.values import FILE, CopyItem, CopyTask, FileAction, PlanSlice, Work
from ..records.intents import chunk_path_of
from ..records.planfile import PlanWriter, read_slices
from ..rules import packing
from ..runners.base import is_last_try
from ..runs.run import Run
from ..tasks.context import RunContext
from ..tasks.desk import TaskDesk
from ..tasks.leftovers import Leftovers
from ..tasks.outage import concerns_all, leave_to_another_try, wave_ended
from ..tasks.preserving import Preserving
from ..transfer.comparison import Side, settle

_CHECKS_AT_ONCE = 8


@dataclass(slots=True)
class CutReport:
    """Slices of chunks to send, slices of uploads to complete afterwards (one item a file), and the traffic."""

    chunks: list[PlanSlice] = field(default_factory=list)
    uploads: list[PlanSlice] = field(default_factory=list)
    counters: Counts = field(default_factory=dict)

    def add(self, other: CutReport) -> None:
        """Take over what another task cut."""
        self.chunks += other.chunks
        self.uploads += other.uploads
        counters = Counters(self.counters)
        counters.merge(other.counters)
        self.counters = counters.as_dict()


def cut(context: RunContext, run: Run, slices: Sequence[PlanSlice], cuts: CutReport) -> None:
    """Cut large files, as a wave, unless an earlier driver has: `cuts` takes up what came of it.

    A wave that did not come to its end is run again, and its tasks drop the uploads that were opened before.
    """
    if not slices:
        return
    ended = run.course.end_of("cut")
    if ended is not None:
        cuts.add(
            CutReport(
                [PlanSlice(*piece) for piece in ended["chunks"]],
                [PlanSlice(*piece) for piece in ended["uploads"]],
                ended["counters"],
            )
        )
        return
    run.wave("cut", partial(cut_task, context), run.course.pack("cut", slices), cuts.add)
    run.course.end("cut", dataclasses.asdict(cuts))


def cut_task(context: RunContext, task: CopyTask, attempt: str) -> CutReport:
    """Open an upload for each large file of a task and write down its chunks. A task function.

    Raises StoreGone where the store gave no answer and another try of the task follows, which clears what this one
    opened; WaveEnded when no file would fare better.
    """
    desk = TaskDesk(context, f"cut-{task.number:05d}", attempt)
    target = open_filesystem(context.layout.base, context.stores)
    name = f"{desk.name}-{desk.attempt}.parquet"
    leftovers = Leftovers(context, desk.name, task.slices, target)
    chunks, uploads = PlanWriter(f"plan/{name}", desk.job_dir), PlanWriter(f"uploads/{name}")
    preserving = Preserving(context)
    with ThreadPoolExecutor(_CHECKS_AT_ONCE) as pool:
        items = list(pool.map(partial(_settled, context, target), read_slices(desk.job_dir, task.slices)))
    for item in items:
        if item.action == FileAction.SKIP:
            # Told of by the mapper, in whose ledger it belongs.
            chunks.add(item, 0.0)
            continue
        leftovers.enter(item)
        try:
            source = context.layout.source_of(item.root, item.path)
            preservation = preserving.of(source)
            kept = preservation.wanted(source.path, FILE) if preservation is not None else NOTHING
            upload_id = _begin(context, target, context.layout.target_of(item.path).path, kept)
        except StoreError as error:
            if concerns_all(error, context.layout.base.path):
                raise wave_ended(error) from error
            leave_to_another_try(error, is_last_try(attempt))
            # The mapper turns this into a failure like any other, on record in its ledger.
            refused = item._replace(
                work=Work.REFUSED,
                action=FileAction.CONFLICT.value,
                problem=f"writing failed: {error}",
                problem_class=WriteError.__name__,
            )
            chunks.add(refused, 0.0)
            continue
        whole = item._replace(work=Work.UPLOAD, upload_id=upload_id)
        uploads.add(whole, packing.cost_of(0, 0.0, 1))
        for one in packing.cut(item.length, _step(target, item), item.chunk_size_bytes):
            chunk = whole._replace(work=Work.CHUNK, offset=one.offset, size=one.size, first_part=one.first_part)
            chunks.add(chunk, packing.cost_of(one.size, 0.0, 1, context.options.bytes_per_second))
    preserving.count(desk.counters)
    return CutReport(chunks.publish(desk.job_dir), uploads.publish(desk.job_dir), desk.counts())


def _begin(context: RunContext, target: FileSystem, path: str, kept: Attributes) -> str:
    """What names the chunks of one file: an upload, or where takes none, the path of the first chunk."""
    return target.begin_upload(path, kept) if target.capabilities.multipart else chunk_path_of(context.run_id, path, 0)


def _step(target: FileSystem, item: CopyItem) -> int:
    """Chunks end where a part does; on a store without parts where a block does."""
    return item.part_size_bytes if target.capabilities.multipart else item.chunk_size_bytes


def _settled(context: RunContext, target: FileSystem, item: CopyItem) -> CopyItem:
    source, place = context.layout.source_of(item.root, item.path), context.layout.target_of(item.path)
    return settle(item, Side(open_filesystem(source, context.stores), source), Side(target, place), context.options)

"""Cutting large files: one multipart upload each, and chunks that different tasks send.

Opening uploads is work for tasks too: the driver only sees slices. Each upload is on record before a byte is
sent, so whatever ends a run, its uploads can be found and dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..filesystems.registry import open_filesystem
from ..model.counters import Counters, Counts
from ..model.errors import StoreError, WriteError
from ..model.values import CopyTask, FileAction, PlanSlice, Work
from ..records.planfile import PlanWriter, read_slices
from ..rules.packing import cost_of, cut
from ..tasks.context import RunContext


@dataclass(slots=True)
class CutReport:
    """Slices of chunks to send, slices of uploads to complete afterwards (one item a file), and the traffic."""

    chunks: list[PlanSlice] = field(default_factory=list)
    uploads: list[PlanSlice] = field(default_factory=list)
    counters: Counts = field(default_factory=dict)


def cut_task(context: RunContext, task: CopyTask, attempt: str) -> CutReport:
    """Open an upload for each large file of a task and write down its chunks. A task function."""
    job_dir = context.open_job_dir()
    target = open_filesystem(context.layout.base, context.stores)
    stores = {id(store): (store, store.traffic.snapshot()) for store in (target, job_dir.filesystem)}
    name = f"cut-{task.number:05d}-{attempt}.parquet"
    chunks, uploads = PlanWriter(f"plan/{name}", job_dir), PlanWriter(f"uploads/{name}")
    for item in read_slices(job_dir, task.slices):
        path = context.layout.target_of(item.path).path
        try:
            upload_id = target.begin_upload(path)
        except StoreError as error:
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
        uploads.add(whole, cost_of(0, 0.0, 1))
        for one in cut(item.length, item.part_size_bytes, context.options.chunk_size_bytes):
            chunk = whole._replace(work=Work.CHUNK, offset=one.offset, size=one.size, first_part=one.first_part)
            chunks.add(chunk, cost_of(one.size, 0.0, 1, context.options.bytes_per_second))
    report = CutReport(chunks.publish(job_dir), uploads.publish(job_dir))
    counters = Counters()
    for store, before in stores.values():
        now = store.traffic.snapshot()
        counters.add_traffic(store.capabilities.counter_name, {name: now[name] - before[name] for name in now})
    report.counters = counters.as_dict()
    return report

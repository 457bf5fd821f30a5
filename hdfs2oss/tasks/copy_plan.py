"""The plan that a task writes of what is to be copied: files whole, and large ones to be cut."""

from __future__ import annotations

from ..filesystems.base import FileSystem
from ..model.options import SMALLEST_PART_BYTES
from ..model.values import CopyItem, FileAction, FileStatus, PlanSlice, Work
from ..records.planfile import PlanWriter
from ..rules.packing import (
    STORE_BLOCK_BYTES,
    chunk_size_for,
    cost_of,
    files_at_once,
    opening_cost,
    part_size_for,
    whole_blocks,
)
from .desk import TaskDesk


class CopyPlan:
    """Collects items. Files above the chunk size go to a plan file of their own, where their target takes chunks."""

    def __init__(self, desk: TaskDesk, target: FileSystem) -> None:
        self._options = desk.context.options
        self._job_dir = desk.job_dir
        self._filesystem, self._target = target, target.capabilities
        name = f"plan/{desk.name}-{desk.attempt}"
        self._items = PlanWriter(f"{name}.parquet", desk.job_dir)
        self._large_items = PlanWriter(f"{name}-large.parquet", desk.job_dir)
        self._takes_chunks = self._target.multipart or self._target.joins
        self._threads = files_at_once(self._target.close_seconds, self._options.threads)

    def sizes(self, source: FileStatus) -> tuple[int, int]:
        """Bytes of a part and of a chunk; of a file that is joined of chunks, its block stands for a part."""
        options = self._options
        usual = chunk_size_for(source.block_size_bytes, options.blocks_per_chunk, options.chunk_size_bytes)
        if self._target.joins and source.length > usual:
            keeps_block = "b" in options.preserve and source.block_size_bytes
            block = source.block_size_bytes if keeps_block else 0
            block = block or (STORE_BLOCK_BYTES if options.blocks_per_chunk else self._filesystem.block_size())
            chunk = whole_blocks(usual, block)
            if source.length > chunk:
                return block, chunk
        return self._part_size(source, usual), usual

    def add(self, item: CopyItem) -> None:
        """Write one down."""
        length = item.length if item.work is not Work.ATTRIBUTES else 0
        cost = cost_of(length, self._target.close_seconds, self._threads, self._options.bytes_per_second)
        is_cut = self._takes_chunks and item.work is Work.FILE and item.action != FileAction.APPEND
        if is_cut and item.length > item.chunk_size_bytes:
            # What cutting it costs; its chunks have costs of their own.
            self._large_items.add(item, opening_cost(item.length, item.chunk_size_bytes))
        else:
            self._items.add(item, cost)

    def publish(self) -> tuple[list[PlanSlice], list[PlanSlice]]:
        """Write the plan files: slices of what is copied whole, and of what is to be cut."""
        return self._items.publish(self._job_dir), self._large_items.publish(self._job_dir)

    def _part_size(self, source: FileStatus, chunk_size_bytes: int) -> int:
        """A chunk has whole parts, which OSS does not take too small."""
        asked = min(self._options.part_size_bytes, chunk_size_bytes)
        if self._target.multipart:
            asked = max(SMALLEST_PART_BYTES, asked)
        return part_size_for(source.length, asked)

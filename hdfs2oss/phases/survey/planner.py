"""From pairs to plan files: decide, count, and write down what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...filesystems.registry import open_filesystem
from ...model.counters import COPY_MAPPER, OWN
from ...model.errors import IllegalName, TransferError, TypeConflict, WriteError
from ...model.options import SMALLEST_PART_BYTES
from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, UNUSABLE, CopyItem, FileAction, FilePair, FileStatus, Work
from ...records.planfile import PlanWriter
from ...rules.packing import (
    STORE_BLOCK_BYTES,
    chunk_size_for,
    cost_of,
    files_at_once,
    opening_cost,
    part_size_for,
    whole_blocks,
)
from ...rules.standing import is_new_version, recorded_sums
from ...tasks.desk import TaskDesk
from .attributes import AttributePlan
from .companions import Companions
from .hazards import Hazards
from .purpose import Planned

# A directory by itself holds no bytes.
_WRITING = (FileAction.COPY, FileAction.OVERWRITE, FileAction.APPEND, FileAction.CHECK)
_WORK = {FileAction.MKDIR: Work.DIRECTORY, FileAction.REFRESH: Work.ATTRIBUTES}
# What is to be done about a pair, told from its two rows.
Decide = Callable[[FilePair], FileAction]


class Problem(NamedTuple):
    """Why a pair cannot be copied, and which error that is."""

    text: str
    error: str


class Planner:
    """Takes the pairs of one survey task. Files above the chunk size go to a plan file of their own, to be cut."""

    def __init__(self, desk: TaskDesk, decide: Decide) -> None:
        self._desk = desk
        self._decide = decide
        self._options = desk.context.options
        name = f"plan/{desk.name}-{desk.attempt}"
        self._attributes = (
            AttributePlan(desk.context, f"{desk.name}-{desk.attempt}") if self._options.preserve else None
        )
        self._items = PlanWriter(f"{name}.parquet", desk.job_dir)
        self._large_items = PlanWriter(f"{name}-large.parquet", desk.job_dir)
        target = open_filesystem(desk.context.layout.base, desk.context.stores)
        self._target = target.capabilities
        self._hazards = Hazards(target, desk.context.layout)
        self._filesystem = target
        self._cuts = self._target.multipart or self._target.joins
        self._threads = files_at_once(self._target.close_seconds, self._options.threads)
        self._planned, self._conflicting, self._skipped = Tally(), Tally(), Tally()
        self._companions = Companions(self._options, desk.counters)

    def take_all(self, pairs: Sequence[FilePair]) -> None:
        """Decide about some pairs; what is a file on both sides, and stays as it is, is only counted."""
        decide, forbidden, skip = self._decide, self._target.forbidden_characters, FileAction.SKIP
        is_told = self._attributes is not None or self._options.log_path is not None
        files = size_bytes = 0
        for pair in pairs:
            _, source, target, *_ = pair
            if (
                not is_told
                and source is not None
                and target is not None
                and source.kind == FILE
                and not source.problem
                and decide(pair) is skip
                and not (forbidden and any(one in pair.path for one in forbidden))
            ):
                files += 1
                size_bytes += source.length
            else:
                self.take(pair)
        self._skipped.merge(Tally(files, size_bytes))

    def take(self, pair: FilePair) -> None:
        """Decide about a pair and write it down, or count it as skipped."""
        source = pair.source
        if source is None:
            return
        if source.kind == DIRECTORY and pair.target is None:
            self._hazards.note_missing(pair.path)
        if source.kind == DIRECTORY:
            self.note_directory(pair)
        if self._companions.take(pair):
            return
        action = self._decide(pair)
        problem = self._problem(pair, source, action)
        if problem is not None:
            action = FileAction.CONFLICT
        if action is FileAction.SKIP:
            if self._attributes is None or not self._attributes.is_due(pair):
                self._skip(pair, source)
                return
            action = FileAction.REFRESH
        (self._planned if problem is None else self._conflicting).add(source)
        self._write(self._item(pair, source, action, problem))

    def note_directory(self, pair: FilePair) -> None:
        """A directory that only gets attributes, where any are kept."""
        if self._attributes is not None:
            self._attributes.take_directory(pair)

    def publish(self) -> Planned:
        """Count what was decided, and write the plan files."""
        self._count()
        job_dir = self._desk.job_dir
        directories = self._attributes.publish(job_dir) if self._attributes is not None else []
        return Planned(self._items.publish(job_dir), self._large_items.publish(job_dir), directories)

    def _count(self) -> None:
        counters = self._desk.counters
        decided = {"PLANNED": self._planned, "CONFLICTING": self._conflicting, "SKIPPED": self._skipped}
        for name, tally in decided.items():
            tally.count(name, counters)
        self._companions.count()
        for tally in decided.values():
            if tally.files:
                counters.add(OWN, "FILES_EXPECTED", tally.files)
                counters.add(OWN, "BYTES_EXPECTED", tally.size_bytes)
        if self._skipped.files:
            counters.add(COPY_MAPPER, "SKIP", self._skipped.files)
            counters.add(COPY_MAPPER, "BYTESSKIPPED", self._skipped.size_bytes)

    def _skip(self, pair: FilePair, source: FileStatus) -> None:
        self._skipped.add(source)
        # The two names cost more than all the rest.
        if source.kind != DIRECTORY and self._options.log_path is not None:
            layout = self._desk.context.layout
            ends = layout.named_source_of(pair.root, pair.path), layout.target_of(pair.path)
            self._desk.log.skipped(*ends, source.length, pair.target.length if pair.target is not None else 0)

    def _problem(self, pair: FilePair, source: FileStatus, action: FileAction) -> Problem | None:
        """Why this pair cannot be copied; None when it can."""
        if source.problem:
            usual = (
                TransferError if source.kind == DIRECTORY else IllegalName if source.kind == UNUSABLE else TypeConflict
            )
            return Problem(source.problem, pair.problem_class or usual.__name__)
        if action is FileAction.CONFLICT:
            if pair.target is not None and pair.target.kind != source.kind:
                at_target, at_source = (
                    "a directory" if kind == DIRECTORY else "a file" for kind in (pair.target.kind, source.kind)
                )
                return Problem(f"the target is {at_target}, the source {at_source}", TypeConflict.__name__)
            return Problem("a symbolic link is not followed", TypeConflict.__name__)
        forbidden = next((one for one in self._target.forbidden_characters if one in pair.path), "")
        if forbidden:
            return Problem(f"the target allows no {forbidden!r} in names", IllegalName.__name__)
        hazard = self._hazards.above(pair.path) if action in _WRITING else ""
        return Problem(hazard, WriteError.__name__) if hazard else None

    def _item(self, pair: FilePair, source: FileStatus, action: FileAction, problem: Problem | None) -> CopyItem:
        target = pair.target
        work = Work.REFUSED if problem is not None else _WORK.get(action, Work.FILE)
        sums = recorded_sums(pair.known, source) if action is FileAction.CHECK else (None, None)
        part_size_bytes, chunk_size_bytes = self._sizes(source)
        return CopyItem(
            path=pair.path,
            root=pair.root,
            action=action.value,
            kind=source.kind,
            length=source.length,
            mtime_ms=source.mtime_ms,
            etag=source.etag,
            target_length=target.length if target is not None else -1,
            target_mtime_ms=target.mtime_ms if target is not None else -1,
            target_etag=target.etag if target is not None else "",
            crc64=sums[0],
            crc32c=sums[1],
            is_new_version=action is FileAction.CHECK and is_new_version(pair.known, source),
            part_size_bytes=part_size_bytes,
            chunk_size_bytes=chunk_size_bytes,
            problem=problem.text if problem is not None else "",
            problem_class=problem.error if problem is not None else "",
            work=work,
        )

    def _sizes(self, source: FileStatus) -> tuple[int, int]:
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

    def _part_size(self, source: FileStatus, chunk_size_bytes: int) -> int:
        """A chunk has whole parts, which OSS does not take too small."""
        asked = min(self._options.part_size_bytes, chunk_size_bytes)
        if self._target.multipart:
            asked = max(SMALLEST_PART_BYTES, asked)
        return part_size_for(source.length, asked)

    def _write(self, item: CopyItem) -> None:
        length = item.length if item.work is not Work.ATTRIBUTES else 0
        cost = cost_of(length, self._target.close_seconds, self._threads, self._options.bytes_per_second)
        is_cut = self._cuts and item.work is Work.FILE and item.action != FileAction.APPEND
        if is_cut and item.length > item.chunk_size_bytes:
            # What cutting it costs; its chunks have costs of their own.
            self._large_items.add(item, opening_cost(item.length, item.chunk_size_bytes))
        else:
            self._items.add(item, cost)

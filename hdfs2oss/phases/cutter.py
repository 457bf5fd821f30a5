"""Cutting large files: chunks that different tasks send, into one multipart upload a file, or into files to be joined.

Opening uploads is work for tasks too: the driver only sees slices. What a task is going to open is on record before
it does, so whatever ends a run, its uploads can be found and dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

from ..filesystems.base import FileSystem
from ..filesystems.registry import open_filesystem
from ..model.attributes import NOTHING, Attributes
from ..model.counters import Counters, Counts
from ..model.errors import StoreError, WriteError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..model.values import FILE, CopyItem, CopyTask, FileAction, LargeBin, PlanSlice, Work
from ..records.intents import chunk_path_of
from ..records.jobdir import JobDir
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
# Rows of parts that whoever completes a bin holds at once: some 10 MiB.
_PARTS_OF_BIN = 20_000


@dataclass(slots=True)
class CutReport:
    """Bins of large files: chunks to send, and uploads to complete afterwards; and the traffic."""

    bins: list[LargeBin] = field(default_factory=list)
    # Why the first of those was not cut that go as one stream each.
    one_stream: str = ""
    counters: Counts = field(default_factory=dict)

    @property
    def chunks(self) -> list[PlanSlice]:
        """All slices of chunks, and of what turned out to need none."""
        return [piece for one in self.bins for piece in one.chunks]

    def notices(self, base: Uri) -> list[str]:
        """For the operator: that files go as one stream each, which takes longer."""
        if not self.one_stream:
            return []
        return [f"large files go to {base} as one stream each where chunks cannot be joined: {self.one_stream}"]

    def add(self, other: CutReport) -> None:
        """Take over what another task cut."""
        self.bins += other.bins
        self.one_stream = self.one_stream or other.one_stream
        counters = Counters(self.counters)
        counters.merge(other.counters)
        self.counters = counters.as_dict()


def cut(context: RunContext, run: Run, slices: Sequence[PlanSlice], cuts: CutReport, is_anew: bool = False) -> None:
    """Cut large files, as a wave, unless an earlier driver has: `cuts` takes up what came of it.

    A wave that did not come to its end is run again, and its tasks drop the uploads that were opened before.
    `is_anew` for files whose sources changed.
    """
    if not slices:
        return
    phase = "cut-anew" if is_anew else "cut"
    ended = run.course.end_of(phase)
    if ended is not None:
        cuts.add(CutReport([_bin(uploads, chunks) for uploads, chunks in ended["bins"]], ended["counters"]))
        return
    most_seconds = packing.group_seconds(sum(piece.size_bytes for piece in slices), run.slots)
    work = partial(cut_task, context, most_seconds=most_seconds)
    run.wave("cut", work, run.course.pack("cut", slices, is_anew=is_anew), cuts.add)
    run.course.end(phase, {"bins": cuts.bins, "counters": cuts.counters})


def _bin(uploads: list[list[Any]], chunks: list[list[Any]]) -> LargeBin:
    return LargeBin(tuple(PlanSlice(*piece) for piece in uploads), tuple(PlanSlice(*piece) for piece in chunks))


def cut_task(
    context: RunContext, task: CopyTask, attempt: str, most_seconds: float = packing.LAST_GROUP_SECONDS
) -> CutReport:
    """Open an upload for each large file of a task and write down its chunks. A task function.

    A slice of chunks takes about `most_seconds` of a slot at most, unless it is a single one.

    Raises StoreGone where the store gave no answer and another try of the task follows, which clears what this one
    opened; WaveEnded when no file would fare better.
    """
    desk = TaskDesk(context, task.name("cut"), attempt)
    target = open_filesystem(context.layout.base, context.stores)
    leftovers = Leftovers(context, desk.name, task.slices, target)
    bins = BinWriter(f"{desk.name}-{desk.attempt}.parquet", desk.job_dir, most_seconds)
    preserving, hindrance, one_stream = Preserving(context), Hindrance(context, target), ""
    with ThreadPoolExecutor(_CHECKS_AT_ONCE) as pool:
        items = list(pool.map(partial(_settled, context, target), read_slices(desk.job_dir, task.slices)))
    for item in items:
        if item.action == FileAction.SKIP:
            # Told of by the mapper, in whose ledger it belongs.
            bins.pass_on(item)
            continue
        if why := hindrance.of(item):
            one_stream = one_stream or why
            bins.copy_whole(item, context.options)
            continue
        leftovers.enter(item)
        try:
            source = context.layout.source_of(item.root, item.path)
            preservation = preserving.of(source)
            kept = preservation.wanted(source.path, FILE) if preservation is not None else NOTHING
            upload_id = _begin(context, target, item, kept)
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
            bins.pass_on(refused)
            continue
        bins.add(item._replace(work=Work.UPLOAD, upload_id=upload_id), context.options)
    preserving.count(desk.counters)
    return CutReport(bins.publish(), one_stream, desk.counts())


class BinWriter:
    """The plan files of a cut task: of uploads, and of chunks, with row groups that end together at the end of a bin.

    A bin holds so few files that whoever completes them can hold the rows of all their parts.
    """

    def __init__(self, name: str, job_dir: JobDir, most_seconds: float) -> None:
        self._job_dir = job_dir
        self._most_seconds = most_seconds
        self._seconds = 0.0
        self._chunks, self._uploads = PlanWriter(f"plan/{name}", job_dir), PlanWriter(f"uploads/{name}")
        self._parts = 0
        # How many row groups of uploads and of chunks there were at the end of each bin.
        self._ends = [(0, 0)]

    def pass_on(self, item: CopyItem) -> None:
        """An item that is not cut: only the mapper tells of it, in its ledger."""
        self._chunks.add(item, 0.0)

    def copy_whole(self, item: CopyItem, options: CopyOptions) -> None:
        """A file that one task copies, as one stream."""
        self._add(item, options)

    def add(self, upload: CopyItem, options: CopyOptions) -> None:
        """A file whose upload is open, with its chunks, which end where a part or block does."""
        self._uploads.add(upload, packing.completing_cost(upload.length, upload.part_size_bytes))
        for one in packing.cut(upload.length, upload.part_size_bytes, upload.chunk_size_bytes):
            chunk = upload._replace(work=Work.CHUNK, offset=one.offset, size=one.size, first_part=one.first_part)
            self._add(chunk, options)
        self._parts += 1 + upload.length // upload.part_size_bytes
        if self._parts >= _PARTS_OF_BIN:
            self._end_bin()

    def _add(self, item: CopyItem, options: CopyOptions) -> None:
        cost = packing.cost_of(item.size_bytes, 0.0, 1, options.bytes_per_second)
        self._chunks.add(item, cost)
        self._seconds += cost
        if self._seconds >= self._most_seconds:
            self._chunks.end_group()
            self._seconds = 0.0

    def publish(self) -> list[LargeBin]:
        """Write both files; the bins that are in them."""
        self._end_bin()
        uploads, chunks = self._uploads.publish(self._job_dir), self._chunks.publish(self._job_dir)
        ends = pairwise(self._ends)
        return [LargeBin(tuple(uploads[a:b]), tuple(chunks[c:d])) for (a, c), (b, d) in ends if (a, c) != (b, d)]

    def _end_bin(self) -> None:
        self._ends.append((self._uploads.end_group(), self._chunks.end_group()))
        self._parts = 0


def _begin(context: RunContext, target: FileSystem, item: CopyItem, kept: Attributes) -> str:
    """What names the chunks of one file: an upload, or where takes none, the path of the first chunk."""
    path = context.layout.target_of(item.path).path
    if target.capabilities.multipart:
        return target.begin_upload(path, kept)
    return chunk_path_of(context.run_id, path, 0, item.is_renewed)


class Hindrance:
    """Why files are not joined of chunks in a directory of the target; each is asked about once."""

    def __init__(self, context: RunContext, target: FileSystem) -> None:
        self._context = context
        self._target = target
        self._known: dict[str, str] = {}

    def of(self, item: CopyItem) -> str:
        """In words; "" where nothing is against it."""
        if self._target.capabilities.multipart:
            return ""
        path = self._context.layout.target_of(item.path).path
        odd = next((one for one in self._target.capabilities.unjoinable_characters if one in path), "")
        if odd:
            return f"{path} holds a {odd!r}"
        directory = path.rpartition("/")[0] or "/"
        if directory not in self._known:
            try:
                self._known[directory] = self._target.cannot_join(directory)
            except StoreError as error:
                self._known[directory] = str(error)
        return self._known[directory]


def _settled(context: RunContext, target: FileSystem, item: CopyItem) -> CopyItem:
    source, place = context.layout.source_of(item.root, item.path), context.layout.target_of(item.path)
    return settle(item, Side(open_filesystem(source, context.stores), source), Side(target, place), context.options)

"""Plan files: what a survey found to be done, as Parquet with row groups of about equal work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby

import pyarrow as pa
import pyarrow.parquet as pq

from ..model.errors import NotFound, WaveEnded
from ..model.values import CopyItem, PlanSlice
from ..rules.packing import group_limit
from .jobdir import JobDir
from .tables import ITEM_SCHEMA, items_of, to_table

# Where plan files are, below the directory of the run.
PLAN = "plan/"
# A row group is also closed at this many items, so that a task's rows stay small in memory.
_MOST_ITEMS = 50_000
# A file is published at this many items, so that a flat directory of millions fits the memory of one process.
MOST_ITEMS_OF_FILE = 500_000
# And at this many row groups, so that its footer, which comes with each of them, stays small beside them.
_MOST_GROUPS_OF_FILE = 32


class PlanDamaged(WaveEnded):
    """A plan file has gone, or is not what was written: nobody knows what was to be done. Ends the run, and the same
    command begins a new one."""


class PlanWriter:
    """Collects items and closes a row group when its cost reaches the limit; only `publish` tells of them.

    `name` is the path below the run's directory, such as `plan/00000-1.parquet`. With a job directory, files are
    written on the way as they fill up: the next ones are `plan/00000-1.part-1.parquet`, `...part-2.parquet`.
    """

    def __init__(self, name: str, job_dir: JobDir | None = None, most_items: int = MOST_ITEMS_OF_FILE) -> None:
        self._first_name = name
        self._job_dir = job_dir
        self._most_items = most_items
        self._files = 0
        self._begin_file()
        self._rows: list[CopyItem] = []
        self._cost = 0.0
        self._closed_cost = 0.0
        self._bytes = 0
        self._slices: list[PlanSlice] = []

    def add(self, item: CopyItem, cost: float) -> None:
        """One more item, costing `cost` seconds of a slot."""
        self._rows.append(item)
        self._cost += cost
        self._bytes += item.size_bytes
        if self._cost >= group_limit(self._closed_cost) or len(self._rows) >= _MOST_ITEMS:
            self._close_group()

    def end_group(self) -> int:
        """What comes next is in another row group; how many there are so far."""
        self._close_group()
        return len(self._slices)

    def publish(self, job_dir: JobDir) -> list[PlanSlice]:
        """Write the last file and describe all row groups; no file when there are no items."""
        self._close_group()
        self._end_file(job_dir)
        return self._slices

    def _begin_file(self) -> None:
        stem, dot, ending = self._first_name.rpartition(".")
        self._name = f"{stem}.part-{self._files}{dot}{ending}" if self._files else self._first_name
        self._sink = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._sink, ITEM_SCHEMA, compression="zstd", write_statistics=["path"])
        self._groups_of_file = self._items_of_file = 0

    def _end_file(self, job_dir: JobDir) -> None:
        self._writer.close()
        if self._groups_of_file:
            job_dir.publish(self._name, bytes(self._sink.getvalue()))
            self._files += 1

    def _close_group(self) -> None:
        if not self._rows:
            return
        self._writer.write_table(to_table(self._rows, ITEM_SCHEMA), row_group_size=len(self._rows))
        self._slices.append(PlanSlice(self._name, self._groups_of_file, len(self._rows), self._bytes, self._cost))
        self._groups_of_file += 1
        self._items_of_file += len(self._rows)
        self._closed_cost += self._cost
        self._rows, self._cost, self._bytes = [], 0.0, 0
        is_full = self._items_of_file >= self._most_items or self._groups_of_file >= _MOST_GROUPS_OF_FILE
        if self._job_dir is not None and is_full:
            self._end_file(self._job_dir)
            self._begin_file()


def read_slices(job_dir: JobDir, slices: tuple[PlanSlice, ...]) -> Iterator[CopyItem]:
    """The items of some slices, one row group in memory at a time; no more is read of their files. Or PlanDamaged."""
    for file, pieces in groupby(slices, key=lambda piece: piece.file):
        with _intact(job_dir, file):
            table = job_dir.open_table(file)
        with table:
            for piece in pieces:
                with _intact(job_dir, file):
                    items = items_of(table.read(piece.row_group))
                yield from items


def find_damage(job_dir: JobDir, files: Iterable[str]) -> str:
    """Why not all of these plan files can be read, told of the first; "" where each is there and has its footer."""
    there = {PLAN + name for name in job_dir.names(PLAN.rstrip("/"))}
    try:
        for file in files:
            with _intact(job_dir, file):
                if file not in there:
                    raise NotFound("there is no such path")
                job_dir.open_table(file).close()
    except PlanDamaged as damaged:
        return damaged.message
    return ""


@contextmanager
def _intact(job_dir: JobDir, file: str) -> Iterator[None]:
    try:
        yield
    except (NotFound, pa.ArrowException, ValueError, OSError, KeyError, IndexError, TypeError) as error:
        raise PlanDamaged(
            f"the plan file {job_dir.run_path}/{file} has gone or is damaged: {' '.join(str(error).split())}",
            "The next run looks at both sides anew, and keeps what is on record as arrived.",
        ) from error

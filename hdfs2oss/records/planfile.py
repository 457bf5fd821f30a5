"""Plan files: what a survey found to be done, as Parquet with row groups of about equal work."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from ..model.values import CopyItem, PlanSlice
from ..rules.packing import group_limit
from .jobdir import JobDir
from .tables import ITEM_SCHEMA, items_of, open_table, to_table

# A row group is also closed at this many items, so that a task's rows stay small in memory.
_MOST_ITEMS = 50_000


class PlanWriter:
    """Collects items and closes a row group when its cost reaches the limit; nothing shows before `publish`.

    `name` is the path below the run's directory, such as `plan/00000-1.parquet`.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._sink = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._sink, ITEM_SCHEMA, compression="zstd")
        self._rows: list[CopyItem] = []
        self._cost = 0.0
        self._bytes = 0
        self._slices: list[PlanSlice] = []

    def add(self, item: CopyItem, cost: float) -> None:
        """One more item, costing `cost` seconds of a slot."""
        self._rows.append(item)
        self._cost += cost
        self._bytes += max(item.size if item.size >= 0 else item.length, 0)
        if self._cost >= group_limit(len(self._slices)) or len(self._rows) >= _MOST_ITEMS:
            self._close_group()

    def publish(self, job_dir: JobDir) -> list[PlanSlice]:
        """Write the file and describe its row groups; no file when there are no items."""
        self._close_group()
        self._writer.close()
        if self._slices:
            job_dir.publish(self._name, bytes(self._sink.getvalue()))
        return self._slices

    def _close_group(self) -> None:
        if not self._rows:
            return
        self._writer.write_table(to_table(self._rows, ITEM_SCHEMA), row_group_size=len(self._rows))
        self._slices.append(PlanSlice(self._name, len(self._slices), len(self._rows), self._bytes, self._cost))
        self._rows, self._cost, self._bytes = [], 0.0, 0


def read_slices(job_dir: JobDir, slices: tuple[PlanSlice, ...]) -> Iterator[CopyItem]:
    """The items of some slices, one row group in memory at a time."""
    opened: dict[str, pq.ParquetFile] = {}
    for piece in slices:
        if piece.file not in opened:
            opened = {piece.file: open_table(job_dir.read(piece.file))}
        yield from items_of(opened[piece.file].read_row_group(piece.row_group))

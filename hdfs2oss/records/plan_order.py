"""The rows of many plan files in key order, for people to read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby

from ..model.values import DIRECTORY, CopyItem, PlanSlice
from .jobdir import JobDir
from .planfile import read_slices
from .tables import TableFile


def read_in_order(job_dir: JobDir, slices: Sequence[PlanSlice]) -> Iterator[CopyItem]:
    """The items of all slices by their keys. A slice is in memory from its first path to its last one only.

    Slices of different tasks hold different ranges of keys, most of them, so few are in memory at once.
    """
    begins = sorted(_first_paths(job_dir, slices), reverse=True)
    heap: list[tuple[str, int, Iterator[CopyItem], CopyItem]] = []
    while begins or heap:
        while begins and (not heap or begins[-1][0] <= heap[0][0]):
            _, number = begins.pop()
            _push(heap, number, iter(sorted(read_slices(job_dir, (slices[number],)), key=_key_of)))
        if heap:
            _, number, items, item = heapq.heappop(heap)
            yield item
            _push(heap, number, items)


def _first_paths(job_dir: JobDir, slices: Sequence[PlanSlice]) -> Iterator[tuple[str, int]]:
    """A path that is not behind the first one of each slice, with the number of the slice."""
    ordered = sorted(enumerate(slices), key=lambda one: (one[1].file, one[1].row_group))
    for file, pieces in groupby(ordered, key=lambda one: one[1].file):
        with job_dir.open_table(file) as table:
            yield from [(_least(table, piece.row_group), number) for number, piece in pieces]


def _least(table: TableFile, row_group: int) -> str:
    bounds = table.bounds(row_group, "path")
    return "" if bounds is None else bounds[0]


def _push(heap: list[tuple[str, int, Iterator[CopyItem], CopyItem]], number: int, items: Iterator[CopyItem]) -> None:
    item = next(items, None)
    if item is not None:
        heapq.heappush(heap, (_key_of(item), number, items, item))


def _key_of(item: CopyItem) -> str:
    return item.path + "/" if item.kind == DIRECTORY else item.path

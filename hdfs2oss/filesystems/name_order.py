"""From the order in which HDFS lists to the order of names.

The NameNode compares names as *signed* bytes, so what is not ASCII comes first: `é`, `数据`, `a`, `z`.
Everything else here is in the order of UTF-8 bytes (the order of Python strings): `a`, `z`, `é`, `数据`.
"""

from __future__ import annotations

import heapq
import pickle
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO

from ..model.values import FileStatus
from ..rules.keys import is_ascending, out_of_order

# Rows held back in memory; more go to temporary files, sorted, and are merged from there.
MAX_ROWS_IN_MEMORY = 100_000
# No character sorts behind it in the NameNode's order.
LAST_ASCII = "\x7f"
_PORTION_ROWS = 1_000
_ASCII_START = re.compile(r"[\x00-\x7f]*")
# Signed order is plain order with both halves of the byte range swapped.
_SWAP_HALVES = bytes(range(128, 256)) + bytes(range(128))


def in_name_order(rows: Iterable[FileStatus], max_rows: int = MAX_ROWS_IN_MEMORY) -> Iterator[FileStatus]:
    """Give rows of one directory in the order of their paths, as they arrive in the NameNode's order.

    Only rows that came too early wait: a row with a name that is not ASCII, until something proves that
    nothing before it can follow. What follows a row R begins with the ASCII start of R or sorts behind it,
    so whatever is less than that start is due. Raises SurveyError when the rows are in neither order.
    """
    return chain.from_iterable(portions_in_name_order(((row,) for row in rows), max_rows))


def portions_in_name_order(
    portions: Iterable[Sequence[FileStatus]], max_rows: int = MAX_ROWS_IN_MEMORY
) -> Iterator[Sequence[FileStatus]]:
    """The same for rows that come several at once; those of ASCII names pass as they come, while none waits."""
    waiting = _Waiting(max_rows)
    previous = ""
    try:
        for rows in portions:
            paths = [previous, *(row.path for row in rows)]
            if not waiting and all(map(str.isascii, paths)) and is_ascending(paths):
                yield rows
            else:
                due = _due(previous, rows, waiting)
                while portion := list(islice(due, _PORTION_ROWS)):
                    yield portion
            previous = paths[-1]
        while portion := list(islice(waiting.take_all(), _PORTION_ROWS)):
            yield portion
    finally:
        waiting.close()


def _due(previous: str, rows: Sequence[FileStatus], waiting: _Waiting) -> Iterator[FileStatus]:
    """What these rows, and those that wait, give by now; `previous` is the path of the last row before them, or ""."""
    for row in rows:
        path = row.path
        is_ascii = path.isascii()
        if previous and not _follows(previous, path, is_ascii):
            raise out_of_order(previous, path)
        previous = path
        if is_ascii:
            if waiting:
                yield from waiting.take_before(path)
            yield row
        else:
            start = _ASCII_START.match(path)
            if waiting and start:
                yield from waiting.take_before(start[0])
            waiting.add(row)


def _follows(previous: str, path: str, is_ascii: bool) -> bool:
    if is_ascii and previous.isascii():
        return path > previous
    return listing_key(path) > listing_key(previous)


def listing_key(name: str) -> bytes:
    """What sorts names as the NameNode lists them."""
    return name.encode().translate(_SWAP_HALVES)


class _Waiting:
    """Rows by path: a heap, and sorted runs in temporary files once the heap is full."""

    def __init__(self, max_rows: int) -> None:
        self._max_rows = max_rows
        self._heap: list[tuple[str, FileStatus]] = []
        self._runs: list[_Run] = []

    def __bool__(self) -> bool:
        return bool(self._heap or self._runs)

    def add(self, row: FileStatus) -> None:
        heapq.heappush(self._heap, (row.path, row))
        if len(self._heap) > self._max_rows:
            self._heap.sort()
            self._runs.append(_Run(self._heap))
            self._heap = []

    def take_before(self, bound: str) -> Iterator[FileStatus]:
        while (first := self._first()) is not None and first < bound:
            yield self._pop()

    def take_all(self) -> Iterator[FileStatus]:
        while self:
            yield self._pop()

    def close(self) -> None:
        for run in self._runs:
            run.close()

    def _first(self) -> str | None:
        heads = [run.path for run in self._runs]
        if self._heap:
            heads.append(self._heap[0][0])
        return min(heads, default=None)

    def _pop(self) -> FileStatus:
        run = min(self._runs, key=lambda run: run.path, default=None)
        if run is None or (self._heap and self._heap[0][0] < run.path):
            return heapq.heappop(self._heap)[1]
        row = run.row
        if not run.advance():
            run.close()
            self._runs.remove(run)
        return row


class _Run:
    """Sorted rows in a temporary file without a name; `row` is the next of them."""

    path: str
    row: FileStatus

    def __init__(self, rows: list[tuple[str, FileStatus]]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="hdfs2oss-order-")  # noqa: SIM115 (closed by close)
        for _, row in rows:
            pickle.dump(tuple(row), self._file, protocol=5)
        self._file.seek(0)
        self.advance()

    def advance(self) -> bool:
        try:
            self.row = FileStatus._make(pickle.load(self._file))
        except EOFError:
            return False
        self.path = self.row.path
        return True

    def close(self) -> None:
        self._file.close()

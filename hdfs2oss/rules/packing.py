"""How work is cut and bundled: what a file costs, parts, chunks, row groups, tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

from ..model.values import CopyTask, PlanSlice


class Costly(Protocol):
    """What takes seconds of a slot, and leaves so many rows in the memory of its task."""

    @property
    def cost(self) -> float: ...

    @property
    def items(self) -> int: ...


Piece = TypeVar("Piece", bound=Costly)
# A slot moves about this much; only ratios between costs matter.
_BYTES_PER_SECOND = 100 * 1024 * 1024
_FILE_SECONDS = 0.003
_THREADS = 16
_WAITING_THREADS = 48
# More would say to the NameNode that so many whole blocks are to come, for which a small cluster has no room.
_CLOSING_FILES = 128
MOST_PARTS = 10_000
# What a store without blocks has for a block, as in Hadoop's client of OSS.
STORE_BLOCK_BYTES = 64 * 1024 * 1024
# Row groups grow from the first cost to the last, so that a small job still has work for every slot
# and a large one has few descriptors: each is one in so many of what is in those before it.
FIRST_GROUP_SECONDS = 0.25
LAST_GROUP_SECONDS = 30.0
_GROUPS_BEFORE = 12
# A task reads its piece of the plan and publishes its ledger, which on HDFS takes some tenths of a second. So a slot
# has few tasks where it has little to do, and more of them only once each is worth it.
_LEAST_TASK_SECONDS = 0.5
_FEW_TASKS_PER_SLOT = 4
_WORTHY_TASK_SECONDS = 4.0
_TASKS_PER_SLOT = 20
# Each task is a file of the ledger, a row of the driver and lines of Spark's event log. So a slot that has to work for
# more than four hours has longer tasks rather than more of them; what a killed one costs stays minutes.
_MOST_TASKS_PER_SLOT = 500
_LONGEST_TASK_SECONDS = 300.0
# A task holds the rows of its ledger until it publishes, also where the items cost nothing.
MOST_ITEMS_OF_TASK = 100_000
# Opening an upload is one request, which some threads share; completing it is a few, and a row for each part.
_OPEN_SECONDS = 0.02
_PART_SECONDS = 0.0001


def cost_of(length: int, close_seconds: float, threads: int, bytes_per_second: float | None = None) -> float:
    """Seconds of one slot that a file takes; `close_seconds` is waiting that `threads` share.

    `bytes_per_second` is a bandwidth limit: tasks of a slow copy are smaller, so that it can be followed.
    """
    rate = _BYTES_PER_SECOND if bytes_per_second is None else min(bytes_per_second, _BYTES_PER_SECOND)
    return _FILE_SECONDS + close_seconds / threads + length / rate


def opening_cost(length: int, chunk_size_bytes: int) -> float:
    """Seconds of one slot that cutting a large file takes: opening its upload, and a row for each chunk."""
    return _OPEN_SECONDS + _PART_SECONDS * (length // chunk_size_bytes)


def completing_cost(length: int, part_size_bytes: int) -> float:
    """Seconds of one slot that publishing a large file takes: its parts are read from ledgers and named."""
    return _OPEN_SECONDS + _PART_SECONDS * (length // part_size_bytes)


def threads_for(close_seconds: float, asked: int | None) -> int:
    """Copy threads of a task: more where closing a file is mostly waiting, unless a number was asked for."""
    if asked is not None:
        return asked
    return _WAITING_THREADS if close_seconds > 0 else _THREADS


def files_at_once(close_seconds: float, asked: int | None, is_confined: bool = False) -> int:
    """Files of a task that are under way: as many as `threads_for`, and where closing a file is mostly waiting, those
    that wait for that, too. Each has a thread, and so a stack: not where the address space of a process is confined."""
    threads = threads_for(close_seconds, asked)
    return _CLOSING_FILES if close_seconds > 0 and asked is None and not is_confined else threads


def part_size_for(length: int, part_size_bytes: int) -> int:
    """The part size for a file: the one asked for, or larger where 10,000 parts would not do (whole MiB)."""
    needed = -(-length // (MOST_PARTS - 1000))
    if needed <= part_size_bytes:
        return part_size_bytes
    mebibyte = 1024 * 1024
    return -(-needed // mebibyte) * mebibyte


def chunk_size_for(block_size_bytes: int, blocks_per_chunk: int, chunk_size_bytes: int) -> int:
    """The chunk size for a file: so many of its blocks where that was asked for (-blocksperchunk), else the usual one.

    A store without blocks has blocks of 64 MiB.
    """
    return blocks_per_chunk * (block_size_bytes or STORE_BLOCK_BYTES) if blocks_per_chunk else chunk_size_bytes


def whole_blocks(chunk_size_bytes: int, block_size_bytes: int) -> int:
    """The chunk size next to that in whole blocks, at least one: only the last block of a joined file is not full."""
    return max(1, chunk_size_bytes // block_size_bytes) * block_size_bytes


class Chunk(NamedTuple):
    """The range [offset, offset + size) of a file; its parts are numbered from `first_part`."""

    offset: int
    size: int
    first_part: int


def cut(length: int, part_size_bytes: int, chunk_size_bytes: int) -> Iterator[Chunk]:
    """Chunks of whole parts, about `chunk_size_bytes` each; every attempt at the file cuts it alike."""
    parts_per_chunk = max(1, chunk_size_bytes // part_size_bytes)
    step = parts_per_chunk * part_size_bytes
    for number, offset in enumerate(range(0, length, step)):
        yield Chunk(offset, min(step, length - offset), 1 + number * parts_per_chunk)


def group_seconds(size_bytes: int, slots: int) -> float:
    """What a slice of the chunks of so many bytes may cost: one in twenty of what a slot has to do, at most 30 s."""
    return min(LAST_GROUP_SECONDS, size_bytes / _BYTES_PER_SECOND / max(1, slots * _TASKS_PER_SLOT))


def group_limit(seconds_closed: float) -> float:
    """The cost at which the next row group is closed, behind others of so many seconds together."""
    return min(LAST_GROUP_SECONDS, max(FIRST_GROUP_SECONDS, seconds_closed / _GROUPS_BEFORE))


def pack(slices: Sequence[PlanSlice], slots: int) -> list[CopyTask]:
    """Tasks of one or more slices, the costliest first: handed out in this order, they balance themselves.

    Slices are joined to a fair part of the whole (see `bundle`), which has no more than `MOST_ITEMS_OF_TASK` items.
    """
    ordered = sorted(slices, key=lambda one: (-one.cost, one.file, one.row_group))
    return [CopyTask(number, pieces) for number, pieces in enumerate(bundle(ordered, slots))]


def bundle(pieces: Sequence[Piece], slots: int) -> list[tuple[Piece, ...]]:
    """Pieces of work, the costliest first, in bundles of a fair part of the whole each, as near to it as they come."""
    total = sum(piece.cost for piece in pieces)
    part, longest = _fair_part(total, max(1, slots))
    bundles: list[list[Piece]] = []
    cost, items = 0.0, 0
    for piece in pieces:
        items += piece.items
        fits = cost + piece.cost / 2 <= part and cost + piece.cost <= longest and items <= MOST_ITEMS_OF_TASK
        if not bundles or not fits:
            bundles.append([])
            cost, items = 0.0, piece.items
        bundles[-1].append(piece)
        cost += piece.cost
    return [tuple(one) for one in bundles]


def _fair_part(total: float, slots: int) -> tuple[float, float]:
    """Of work for so many seconds what a task is to have, and what it may have at most.

    a slot's share of the work      a task has
    ------------------------------  ----------------------------------------------------------------------
    (all of it up to 0.5 s)         all
    up to 2 s                       at least 0.5 s, or the share
    2 s, 16 s, 80 s, 10 min         a fourth of it, 4 s, a twentieth of it, 30 s
    above 4 h                       a five-hundredth of it, up to 300 s
    """
    share = total / slots
    longest = min(_LONGEST_TASK_SECONDS, max(LAST_GROUP_SECONDS, share / _MOST_TASKS_PER_SLOT))
    if total <= _LEAST_TASK_SECONDS:
        return longest, longest
    fewest = max(1, min(_FEW_TASKS_PER_SLOT, int(share / _LEAST_TASK_SECONDS)))
    part = max(share / _TASKS_PER_SLOT, min(share / fewest, _WORTHY_TASK_SECONDS))
    return min(longest, part), longest

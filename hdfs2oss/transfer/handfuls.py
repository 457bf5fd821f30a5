"""Small files by the handful: one thread takes some, fetches them by one errand, and sends one after the other.

To hand a file from thread to thread costs as much as asking the NameNode about it. It is done once for a handful: from
the task's thread to the one that copies, from that to the watchdog's, and back. Towards the end of a task handfuls
become smaller, down to one file, so that no thread has many left while others have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import NamedTuple

from ..model.attributes import Attributes
from ..model.units import KIB
from ..model.values import CopyItem, CopyResult, FileAction, Work
from .proving import SourceWord

# So many files are one handful at most; of more, each brings less.
_MOST_FILES = 8
# A file that is larger goes alone: what it costs to hand it on is nothing beside reading and sending it.
_MOST_BYTES = 32 * KIB
_COPIED_AT_SIGHT = (FileAction.COPY, FileAction.OVERWRITE)

Handful = Sequence[CopyItem]
Results = list[CopyResult]


class Fetched(NamedTuple):
    """A small file as it was read: its bytes, what is kept with them, what its store says, its version; how long it
    took."""

    data: bytes
    kept: Attributes
    word: SourceWord
    etag: str
    seconds: float


def is_small(item: CopyItem) -> bool:
    """Whether it is a file to be copied, whatever stands at the target, and takes no time to speak of."""
    is_short = 0 <= item.length <= min(_MOST_BYTES, item.part_size_bytes)
    return is_short and item.work is Work.FILE and item.action in _COPIED_AT_SIGHT


def deal(items: Iterable[CopyItem], number: int, threads: int) -> Iterator[Handful]:
    """All items in their order, small files among them by the handful; `number` is how many items there are, at most.

    a handful             of what is left each thread would have two such; at most 8 files, all of one root
    anything else         is alone
    with a `number` of 0  all are alone
    """
    held: list[CopyItem] = []
    most = 1
    for dealt, item in enumerate(items):
        if held and (not is_small(item) or item.root != held[0].root):
            yield held
            held = []
        if not held:
            most = min(_MOST_FILES, (number - dealt) // (2 * threads)) if is_small(item) else 1
        held.append(item)
        if len(held) >= most:
            yield held
            held = []
    if held:
        yield held


def work_off(
    pool: Executor, act: Callable[[Handful], Results], handfuls: Iterable[Handful], at_once: int
) -> Iterator[list[tuple[CopyItem, CopyResult]]]:
    """What `act` makes of each handful, as soon as it is done; so many are with the pool at a time."""
    # They come to a queue by themselves: `wait` looks at hundreds of them for each one that is done.
    done: SimpleQueue[Future[Results]] = SimpleQueue()
    running: dict[Future[Results], Handful] = {}
    for handful in handfuls:
        future = pool.submit(act, handful)
        running[future] = handful
        future.add_done_callback(done.put)
        while len(running) >= at_once or not done.empty():
            future = done.get()
            yield list(zip(running.pop(future), future.result(), strict=True))
    while running:
        future = done.get()
        yield list(zip(running.pop(future), future.result(), strict=True))

"""How many files of a task move at once, where more are under way.

HDFS takes half a second to close a file, which costs nobody anything: hundreds of small files may wait for that beside
each other. But only some of them are to be read, compared or written as streams at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Lanes:
    """Shared by the threads of a task; each holds one lane, or none."""

    def __init__(self, number: int) -> None:
        self._free = threading.Semaphore(number)
        self._mine = threading.local()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a lane and keep it for the block, unless it is left earlier."""
        self._free.acquire()
        self._mine.is_held = True
        try:
            yield
        finally:
            self.leave()

    def leave(self) -> None:
        """Stand aside: what this thread does from now on only takes time. Harmless for one that holds no lane."""
        if getattr(self._mine, "is_held", False):
            self._mine.is_held = False
            self._free.release()

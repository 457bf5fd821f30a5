"""The memory that a task's threads may fill with file contents."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BufferBudget:
    """At most `limit_bytes` of buffers at once; one request larger than that waits until it is alone."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, size_bytes: int) -> Iterator[None]:
        """Wait for room, keep it for the block, give it back."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + size_bytes <= self._limit)
            self._used += size_bytes
        try:
            yield
        finally:
            with self._changed:
                self._used -= size_bytes
                self._changed.notify_all()

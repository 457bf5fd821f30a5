"""A bandwidth limit shared by the threads of a task."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# A pause shorter than this costs more than it orders.
_SHORTEST_PAUSE_SECONDS = 0.002


class Throttle:
    """Lets bytes through at a rate, on average since the last idle moment; None lets all through.

    Unlike DistCp's, which starts afresh with every file, the average runs over all files of a task, so many
    small files obey the limit as well.
    """

    def __init__(
        self,
        bytes_per_second: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    def take(self, size_bytes: int) -> None:
        """Wait until `size_bytes` more may pass."""
        if self._rate is None:
            return
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + size_bytes / self._rate
            pause = start - now
        if pause > _SHORTEST_PAUSE_SECONDS:
            self._sleep(pause)

    @property
    def piece_bytes(self) -> int | None:
        """The largest piece to read at a time so that the limit is kept within a quarter of a second."""
        return None if self._rate is None else max(16 * 1024, int(self._rate / 4))

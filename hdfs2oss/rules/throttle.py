"""A limit on what passes in a second, bytes or requests, shared by threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

# A pause shorter than this costs more than it orders.
_SHORTEST_PAUSE_SECONDS = 0.002
# Whoever waits looks so often whether the rate has changed.
_LONGEST_PAUSE_SECONDS = 0.5
# Allowance that nobody used is kept for so long: what a busy machine came late for is made up for, an idle time is not.
BURST_SECONDS = 0.5


class Bucket:
    """The arithmetic of a limit, without a clock of its own; `now` never goes back. A rate of None lets all through.

    Claims stand in a row. One may pass as soon as all claims before it are paid for, so that

        what passes in any time <= rate x time + BURST_SECONDS x rate + the last claim
        what passes while claims wait >= rate x time - the first claim
    """

    def __init__(self, rate: float | None, now: float) -> None:
        self.rate = rate
        self._at = now
        self._claimed = 0.0
        self._paid = 0.0

    def set_rate(self, rate: float | None, now: float) -> None:
        """From now on another rate counts, also for claims that wait."""
        self._pay(now)
        self.rate = rate

    def claim(self, size: float, now: float) -> float:
        """Stand in the row with so much; gives the place, to be asked about. A negative size gives back."""
        self._pay(now)
        place = self._claimed
        self._claimed += size
        return place

    def wait(self, place: float, now: float) -> float:
        """Seconds until whoever stands at this place may pass, if the rate stays as it is."""
        self._pay(now)
        if self.rate is None:
            return 0.0
        return max(0.0, (place - self._paid) / self.rate)

    def _pay(self, now: float) -> None:
        passed, self._at = max(0.0, now - self._at), max(now, self._at)
        if self.rate is None:
            self._paid = self._claimed
        else:
            self._paid = min(self._paid + passed * self.rate, self._claimed + BURST_SECONDS * self.rate)


class Throttle:
    """Holds threads to a rate, on average over all that passes here; what passes must pass `beyond`, too.

    Unlike DistCp's, which starts afresh with every file, the average runs over all files of a task, so many
    small files obey the limit as well.
    """

    def __init__(
        self,
        rate: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        beyond: Throttle | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._beyond = beyond
        self._lock = threading.Lock()
        self._bucket = Bucket(rate, clock())
        self._taken = 0
        self._waiting = 0
        self._waiting_since = 0.0
        self._held = 0.0

    def take(self, size: int = 1) -> None:
        """Wait until so much more may pass."""
        place = None
        with self._lock:
            self._taken += size
            # Without a limit nothing waits, and every claim would be paid for: each piece of a file comes by here.
            if self._bucket.rate is not None:
                now = self._clock()
                place = self._bucket.claim(size, now)
                if self._bucket.wait(place, now) <= _SHORTEST_PAUSE_SECONDS:
                    place = None
        if place is not None:
            self._wait_at(place)
        if self._beyond is not None:
            self._beyond.take(size)

    def give_back(self, size: int) -> None:
        """So much of what was taken did not pass after all."""
        with self._lock:
            self._taken -= size
            self._bucket.claim(-size, self._clock())
        if self._beyond is not None:
            self._beyond.give_back(size)

    def paced(self, pieces: Iterator[bytes], size: int, piece_bytes: int) -> Iterator[bytes]:
        """The pieces, at most `piece_bytes` each, of so many bytes; each is paid for before it is read."""
        left = size
        while left > 0:
            due = min(piece_bytes, left)
            self.take(due)
            piece = next(pieces, b"")
            if len(piece) != due:
                self.give_back(due - len(piece))
            if not piece:
                return
            left -= len(piece)
            yield piece
        # What comes in spite of that is an error of the store, which the caller finds by its sums.
        yield from pieces

    def set_rate(self, rate: float | None) -> None:
        """From now on another rate counts; who waits looks again within half a second."""
        with self._lock:
            self._bucket.set_rate(rate, self._clock())

    @property
    def rate(self) -> float | None:
        """What may pass in a second; None is no limit."""
        return self._bucket.rate

    @property
    def taken(self) -> int:
        """All that has been asked for so far."""
        return self._taken

    @property
    def held_seconds(self) -> float:
        """The time in which anybody waited here; many who wait at once count once."""
        with self._lock:
            running = self._clock() - self._waiting_since if self._waiting else 0.0
            return self._held + running

    @property
    def piece_bytes(self) -> int | None:
        """The largest piece to read at a time so that the limit is kept within a quarter of a second."""
        mine = None if self._bucket.rate is None else max(16 * 1024, int(self._bucket.rate / 4))
        theirs = self._beyond.piece_bytes if self._beyond is not None else None
        return min(mine, theirs) if mine is not None and theirs is not None else mine or theirs

    def _wait_at(self, place: float) -> None:
        with self._lock:
            if not self._waiting:
                self._waiting_since = self._clock()
            self._waiting += 1
        try:
            while True:
                with self._lock:
                    left = self._bucket.wait(place, self._clock())
                if left <= _SHORTEST_PAUSE_SECONDS:
                    return
                self._sleep(min(left, _LONGEST_PAUSE_SECONDS))
        finally:
            with self._lock:
                self._waiting -= 1
                if not self._waiting:
                    self._held += self._clock() - self._waiting_since

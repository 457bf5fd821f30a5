"""The lock of a job directory: one run at a time for a pair of places.

Who wants the lock creates the record of the next number (`records/fence.py` names the files), which of all that
try only one can. Nothing that another one wrote is ever overwritten, so a holder that was paused at any store
call, and goes on when it was followed long ago, changes only files that bear its own number:

    paused before                then another run            the paused one, when it goes on
    --------------------------   -------------------------   ------------------------------------------------------
    creating its record          creates the same number     creation fails: it looks again, and finds the other
                                 ... and is followed, and    creation succeeds below the newest: it looks again,
                                 the record is removed       takes it back, and finds the newest one
    its heartbeat                takes over                  writes a beat of the old number, which nobody reads;
                                                             looks, and is lost
    the listing of `check`       takes over                  finds the newer number, and is lost
    releasing                    takes over                  marks the old number, which nobody reads
    removing what is older       takes over                  removes only what is older than its own number

The one gap that no store can close is between a check and the publication after it.

Who may be followed: one that released; one whose process has gone from this very machine; an earlier attempt of
the same YARN application; and one whose heartbeat is older than a minute and does not move for `watch_seconds`,
which is longer than a living holder can be silent once its store answers: a request that runs out of time, the
store pause after it, and the next beat.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..model.errors import BrakeError, NotFound, StoreError
from ..model.uri import join_path
from ..rules.filters import work_path_beside
from .fence import LockFiles, Stamp, lock_path, look, refuse_lost
from .holder import Holder, parse_holder, this_process


class Pace(NamedTuple):
    """The times of a lock."""

    beat_seconds: float = 15.0
    # After a beat that failed.
    again_seconds: float = 5.0
    stale_seconds: float = 60.0
    watch_seconds: float = 90.0


PACE = Pace()
# A record of a lock is written in less; another driver may be about to.
_UNBORN_MS = 1_000


class Clock(NamedTuple):
    """Time, to be replaced in tests."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Lock:
    """Held from `acquire` to `release`, as long as `beat` is called every `pace.beat_seconds`."""

    def __init__(
        self,
        filesystem: FileSystem,
        directory: str,
        run_id: str,
        clock: Clock = Clock(),  # noqa: B008 (immutable)
        pace: Pace = PACE,
    ) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._run_id = run_id
        self._clock = clock
        self._pace = pace
        self._me = this_process(run_id, clock.now())
        # The fencing number: it grows with every run, and is compared by whoever publishes.
        self.number = 0
        self._stamp: Stamp | None = None
        self._is_read = False
        # The run before this one, when it did not give the lock back: it was killed, or does not answer.
        self.predecessor: Holder | None = None

    def acquire(self) -> None:
        """Take the lock. Raises BrakeError (6) when another run holds it. May be called again after a StoreError."""
        while not self.number:
            holder, there = None, look(self._filesystem, self._directory)
            if there.newest and not there.released:
                try:
                    holder = self._read(there.newest)
                except NotFound:
                    continue  # followed, and removed, since the listing
                if holder is not None and holder == self._me:
                    # The answer to the creation was lost.
                    self._hold(there)
                    break
                if not self._may_follow(there.newest, holder):
                    continue
            there = self._take(there.newest + 1)
            self.predecessor = holder
        self._clear(there)

    def beat(self) -> None:
        """Show that this run lives. Raises LockLost when it lost the lock, StoreError when nothing is known."""
        path = lock_path(self._directory, self.number, ".beat")
        work_path = work_path_beside(path, f"beat-{self._run_id}")
        self._filesystem.put(path, f"{self._clock.now()}".encode(), work_path, {})
        self.check()

    def check(self) -> None:
        """Is the lock still ours? Raises LockLost."""
        known = self._stamp if self._is_read else None
        there = refuse_lost(self._filesystem, self._directory, self.number, self._run_id, known)
        # Listed, read, and listed again: what was read is what has this stamp.
        self._is_read = there.stamp == self._stamp

    def release(self) -> None:
        """Give the lock back. Where the store does not answer, it stays and goes stale."""
        with suppress(StoreError):
            self._filesystem.make_directory(lock_path(self._directory, self.number, ".released"))

    def _take(self, number: int) -> LockFiles:
        """Try for a number; what is there then."""
        path = lock_path(self._directory, number)
        is_mine = self._filesystem.create_exclusive(path, self._me.to_json())
        there = look(self._filesystem, self._directory)
        if is_mine and there.newest == number:
            self._hold(there)
        elif is_mine:
            # The number was given, and removed, before this run came to create it.
            self._filesystem.remove(path)
        return there

    def _hold(self, there: LockFiles) -> None:
        self.number, self._stamp = there.newest, there.stamp

    def _may_follow(self, number: int, holder: Holder | None) -> bool:
        """True when the holder is gone, False when it must be looked again. Raises BrakeError when it lives."""
        if holder is None or holder.has_gone() or holder.is_earlier_attempt_of(self._me):
            return True
        beat = self._beat_of(number, holder)
        if self._clock.now() - beat <= self._pace.stale_seconds:
            raise self._refusal(holder)
        # Clocks of two hosts may differ, so an old beat counts only when it does not move.
        for _ in range(round(self._pace.watch_seconds / self._pace.again_seconds)):
            self._clock.sleep(self._pace.again_seconds)
            there = look(self._filesystem, self._directory)
            if there.newest != number or there.released:
                return False
            if self._beat_of(number, holder) != beat:
                raise self._refusal(holder)
        return True

    def _read(self, number: int) -> Holder | None:
        """None when the record says nothing. One that cannot be read is an error: it may well be held."""
        return parse_holder(self._filesystem.read_bytes(lock_path(self._directory, number)))

    def _beat_of(self, number: int, holder: Holder) -> float:
        try:
            return float(self._filesystem.read_bytes(lock_path(self._directory, number, ".beat")))
        except (NotFound, ValueError):
            return holder.started

    def _refusal(self, holder: Holder) -> BrakeError:
        return BrakeError(
            f"another run of the same copy is going on: run {holder.run} on {holder.host}, process {holder.process}",
            f"Wait for it. If it is certainly dead, remove {join_path(self._directory, '_lock')}.",
        )

    def _clear(self, there: LockFiles) -> None:
        """Remove what older numbers left, and records that were never finished, as whoever wrote them was killed: by
        the store's own clock. The next run tries again where the store does not answer."""
        born_ms = there.stamp.mtime_ms if there.stamp is not None else 0
        unborn = [row.path for row in there.unborn if row.mtime_ms < born_ms - _UNBORN_MS]
        with suppress(StoreError):
            for name in (*there.older, *unborn):
                self._filesystem.remove(join_path(self._directory, f"_lock/{name}"), recursive=True)

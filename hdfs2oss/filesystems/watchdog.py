"""Calls that may never return, given a time-out.

The client of HDFS waits for ever on a NameNode that accepts connections but does not answer. Such a call
cannot be interrupted, so it is left behind on a daemon thread, which never keeps the process alive.
"""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ..model.errors import Unreachable

T = TypeVar("T")

TIMEOUT_SECONDS = 40.0
# The time-out pause: after a time-out, calls to the same place fail at once for so long. One frozen NameNode
# then costs one time-out, not one for every file.
PAUSE_SECONDS = 30.0


_left_behind: set[int] = set()


def calls_left_behind() -> int:
    """How many calls of this process are still waited for by nobody.

    A process that has some should end with `os._exit` once its output is flushed: a thread that comes back
    from foreign code while the interpreter shuts down makes the process abort.
    """
    return len(_left_behind)


class OutOfTime(Unreachable):
    """No answer in time. Asking again at once would only cost the same time."""

    asked_again = False


class Watchdog:
    """A pool of own daemon threads, as many as calls are waited for at once.

    `place` names who is called, for messages ("the NameNode nn1:8020").
    """

    def __init__(
        self,
        place: str,
        timeout_seconds: float = TIMEOUT_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = place
        self._timeout_seconds = timeout_seconds
        self._pause_seconds = pause_seconds
        self._now = now
        self._idle: collections.deque[_Worker] = collections.deque()
        self._silent_until = 0.0

    def call(self, what: str, function: Callable[[], T], timeout_seconds: float = 0.0, begins_pause: bool = True) -> T:
        """Run `function` on another thread and give what it gives, or raise what it raises.

        Raises OutOfTime, and for the time-out pause after one at once, unless a call is answered meanwhile.
        `begins_pause` is off for calls whose slowness need not be the fault of `place`.
        """
        if self._now() < self._silent_until:
            raise OutOfTime(f"cannot {what}: {self._place} did not answer moments ago")
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker(self._idle)
        timeout_seconds = timeout_seconds or self._timeout_seconds
        job = _Job(function)
        worker.start(job)
        if not job.done.acquire(timeout=timeout_seconds):
            _left_behind.add(id(worker))
            # It may have come back in this very moment.
            if not job.done.acquire(blocking=False):
                if begins_pause:
                    self._silent_until = self._now() + self._pause_seconds
                raise OutOfTime(f"cannot {what}: no answer from {self._place} in {timeout_seconds:.0f} s")
            _left_behind.discard(id(worker))
        if job.error is not None:
            try:
                raise job.error
            finally:
                del job  # the traceback would keep it alive in a cycle
        if begins_pause:
            self._silent_until = 0.0
        return job.result  # type: ignore[no-any-return]


class _Job:
    __slots__ = ("done", "error", "function", "result")

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.result: Any = None
        self.error: BaseException | None = None
        # A plain lock, released when done: cheaper than an Event.
        self.done = threading.Lock()
        self.done.acquire()


class _Worker:
    def __init__(self, idle: collections.deque[_Worker]) -> None:
        self._idle = idle
        self._job: _Job | None = None
        self._wake = threading.Lock()
        self._wake.acquire()
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def start(self, job: _Job) -> None:
        self._job = job
        self._wake.release()

    def _run(self) -> None:
        while True:
            self._wake.acquire()
            job, self._job = self._job, None
            assert job is not None
            try:
                job.result = job.function()
            except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
                job.error = error
            _left_behind.discard(id(self))
            self._idle.append(self)
            job.done.release()
            del job

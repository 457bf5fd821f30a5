"""Calls that may never return, given a time-out.

The client of HDFS waits for ever on a NameNode that accepts connections but does not answer. Such a call
cannot be interrupted, so it is left behind on a daemon thread, which never keeps the process alive.

To hand a call over to that thread costs about what the call itself does. Calls that follow one another therefore go
there together, as one errand: each still has a time-out of its own. (An event loop with the client's coroutines has
time-outs without threads, but callers that are threads must be waited for there as well, and that costs twice as much.)
"""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

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
    """A pool of own daemon threads, as many as errands are waited for at once.

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
        self._here = _Here()
        self._silent_until = 0.0

    def call(self, what: str, function: Callable[[], T], timeout_seconds: float = 0.0, begins_pause: bool = True) -> T:
        """Run `function` on another thread and give what it gives, or raise what it raises; in an errand, right here.

        Raises OutOfTime, and for the time-out pause after one at once, unless a call is answered meanwhile.
        `begins_pause` is off for calls whose slowness need not be the fault of `place`.
        """
        if self._now() < self._silent_until:
            raise OutOfTime(f"cannot {what}: {self._place} did not answer moments ago")
        timeout_seconds = timeout_seconds or self._timeout_seconds
        call = _Call(what, timeout_seconds, time.monotonic() + timeout_seconds, begins_pause)
        errand = self._here.errand
        if errand is None:
            result = self._run(_Errand(function, call))
        else:
            # Of a call within a call, the inner one counts: the outer one cannot come back before it.
            outer = errand.begin(call)
            try:
                result = function()
            finally:
                errand.end(outer)
            errand.refuse_if_left_behind(what)
        if begins_pause:
            self._silent_until = 0.0
        return result  # type: ignore[no-any-return]

    def together(self, function: Callable[[], T]) -> T:
        """Run `function` and all calls that it makes here on one other thread; raises what `call` raises.

        After a call of it that ran out of time none is made any more. What it does between them has no time-out.
        """
        return function() if self._here.errand is not None else self._run(_Errand(function, None))

    def _run(self, errand: _Errand) -> Any:
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker(self._idle, self._here)
        worker.start(errand)
        while not errand.done.acquire(timeout=errand.seconds_left(self._timeout_seconds)):
            call = errand.leave_behind()
            if call is not None:
                if call.begins_pause:
                    self._silent_until = self._now() + self._pause_seconds
                raise OutOfTime(f"cannot {call.what}: no answer from {self._place} in {call.timeout_seconds:.0f} s")
        error, errand.error = errand.error, None
        if error is not None:
            try:
                raise error
            finally:
                del error, errand  # the traceback would keep them alive in a cycle, and what they were called with
        return errand.result


class _Call(NamedTuple):
    """One that an errand waits for; `until` is of the monotonic clock."""

    what: str
    timeout_seconds: float
    until: float
    begins_pause: bool


class _Errand:
    """What one thread does for another one, which waits for it, and gives up once a call of it is out of time.

    Either one call, or one of many, which are told by `begin` and `end`.
    """

    __slots__ = ("_call", "_is_left_behind", "_is_over", "_lock", "done", "error", "function", "is_of_many", "result")

    def __init__(self, function: Callable[[], Any], call: _Call | None) -> None:
        self.function = function
        self.result: Any = None
        self.error: BaseException | None = None
        # A plain lock, released when done: cheaper than an Event.
        self.done = threading.Lock()
        self.done.acquire()
        self._lock = threading.Lock()
        self._call = call
        self.is_of_many = call is None
        self._is_over = self._is_left_behind = False

    # For the thread that waits.

    def seconds_left(self, idle_seconds: float) -> float:
        """Until its call is out of time; no call that is not begun yet can be so earlier than after `idle_seconds`."""
        call = self._call
        return idle_seconds if call is None else max(0.0, call.until - time.monotonic())

    def leave_behind(self) -> _Call | None:
        """Give it up, if a call of it is out of time: that call. None where it goes on, or has just come back."""
        with self._lock:
            call = self._call
            if self._is_over or call is None or time.monotonic() < call.until:
                return None
            self._is_left_behind = True
            _left_behind.add(id(self))
            return call

    # For the thread that does it.

    def begin(self, call: _Call) -> _Call | None:
        """From now on this call is waited for; the one before. Raises OutOfTime where nobody waits any more."""
        with self._lock:
            self.refuse_if_left_behind(call.what)
            outer, self._call = self._call, call
        return outer

    def end(self, outer: _Call | None) -> None:
        """The call has come back."""
        with self._lock:
            self._call = outer

    def refuse_if_left_behind(self, what: str) -> None:
        """Nothing may follow a call that was given up: whoever waited for it has gone on by himself."""
        if self._is_left_behind:
            raise OutOfTime(f"cannot {what}: it came too late")

    def run(self) -> None:
        """Do it, and say so."""
        try:
            self.result = self.function()
        except BaseException as error:  # noqa: BLE001 (raised again in the thread that waits)
            self.error = error
        with self._lock:
            self._is_over = True
        _left_behind.discard(id(self))


class _Here(threading.local):
    """The errand of the thread that asks; None where it runs none."""

    errand: _Errand | None = None


class _Worker:
    def __init__(self, idle: collections.deque[_Worker], here: _Here) -> None:
        self._idle = idle
        self._here = here
        self._errand: _Errand | None = None
        self._wake = threading.Lock()
        self._wake.acquire()
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def start(self, errand: _Errand) -> None:
        self._errand = errand
        self._wake.release()

    def _run(self) -> None:
        while True:
            self._wake.acquire()
            errand, self._errand = self._errand, None
            assert errand is not None
            self._here.errand = errand if errand.is_of_many else None
            errand.run()
            # Whoever is idle holds nothing: neither the bytes of a file, nor what a forked process would have to let go
            # of, which in the native client waits for threads that are not there.
            self._here.errand = None
            self._idle.append(self)
            errand.done.release()
            del errand

"""SIGTERM, SIGINT and SIGHUP: the job is told to stop, has a moment to do so, and the exit code says which it was.

A signal's handler that raises would be too late or too early: a thread that waits for a JVM does not hear
it. So the job runs on a thread of its own and the main thread does nothing but wait.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Spark kills the Python workers of a cancelled job after two seconds.
GRACE_SECONDS = 10.0
_LOOK_SECONDS = 0.5

_arrived = 0
# Which came, and when by the monotonic clock.
_heard: list[tuple[int, float]] = []

ThreadFactory = Callable[[Callable[[], None]], threading.Thread]


def daemon_thread(target: Callable[[], None]) -> threading.Thread:
    """A thread that does not keep the process alive."""
    return threading.Thread(target=target, name="job", daemon=True)


def run_until_signal(
    job: Callable[[], int],
    on_signal: Callable[[], None],
    make_thread: ThreadFactory = daemon_thread,
    grace_seconds: float = GRACE_SECONDS,
) -> int:
    """Run the job on a thread and give its exit code; call this from the main thread.

    1. An exception of the job is raised here.
    2. After a signal `on_signal` is called here, and the job has `grace_seconds` to end. What it returns is the exit
       code: it may have come to its end at that very moment. Where it raises, it is 128 + the signal's number.
    3. A job that does not end in time is left behind: the process ends at once with that code.
    4. A second signal ends the process at once with its code.
    5. SIGHUP stays ignored where it was: `nohup` means it.

    The handlers that were there before are put back.
    """
    global _arrived
    _arrived = 0
    watch = _Watch()
    outcome = _Outcome(job, watch.wake)
    previous = {number: signal.signal(number, watch.arrived) for number in heeded()}
    try:
        thread = make_thread(outcome.run)
        thread.start()
        watch.wait()
        if not watch.signal_number:
            thread.join()
            return outcome.result()
        code = 128 + watch.signal_number
        on_signal()
        if not _ended(thread, grace_seconds):
            _leave(code)
        return outcome.code_or(code)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def left_to_the_driver() -> Iterator[None]:
    """Processes started in the block never hear of Ctrl-C or a dropped session, from their first moment on.

    Both reach the whole process group, but only the driver decides what they mean.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def arrived() -> int:
    """The signal that told this process to stop; 0 when none did."""
    return _arrived


def claim(number: int, since: float, wait_seconds: float) -> bool:
    """Whether this process has had the signal since then (monotonic time), or has it within so many seconds.

    What is claimed is so once: the next one who asks is told of another arrival.
    """
    deadline = time.monotonic() + wait_seconds
    while (left := deadline - time.monotonic()) > 0:
        for one in [one for one in _heard if one[0] == number and one[1] >= since][:1]:
            _heard.remove(one)
            return True
        time.sleep(min(left, 0.05))
    return False


def heeded() -> list[signal.Signals]:
    """What ends a job; SIGHUP stays ignored where it was."""
    return [one for one in _SIGNALS if one != signal.SIGHUP or signal.getsignal(one) != signal.SIG_IGN]


class _Watch:
    """Which signal came first; it and the end of the job wake who waits."""

    def __init__(self) -> None:
        # Not an event: its lock may be held by the very step of `wait` that a handler comes between.
        self._woken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.signal_number = 0

    def wait(self) -> None:
        """Return once a signal has come or the job has ended.

        Python runs a handler on this thread, between two steps of it. A signal that came to another thread, or a moment
        before this one began to wait, does not wake it: so it wakes by itself now and then.
        """
        while True:
            with suppress(queue.Empty):
                return self._woken.get(timeout=_LOOK_SECONDS)

    def wake(self) -> None:
        self._woken.put(None)

    def arrived(self, number: int, frame: FrameType | None) -> None:
        global _arrived
        _heard.append((number, time.monotonic()))
        if self.signal_number:
            os._exit(128 + number)
        self.signal_number = _arrived = number
        self.wake()


class _Outcome:
    """What became of the job."""

    def __init__(self, job: Callable[[], int], ended: Callable[[], None]) -> None:
        self._job = job
        self._ended = ended
        self._code = 1
        self._error: BaseException | None = None

    def run(self, *_: Any) -> None:
        try:
            self._code = self._job()
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self._error = error
        finally:
            self._ended()

    def result(self) -> int:
        if self._error is not None:
            raise self._error
        return self._code

    def code_or(self, other: int) -> int:
        """What the job returned, or the other code where it raised."""
        return other if self._error is not None else self._code


def _ended(thread: threading.Thread, seconds: float) -> bool:
    """Whether the thread ends within these seconds; a second signal is heard meanwhile, as `_Watch.wait` tells."""
    deadline = time.monotonic() + seconds
    while thread.is_alive() and (left := deadline - time.monotonic()) > 0:
        thread.join(min(left, _LOOK_SECONDS))
    return not thread.is_alive()


def _leave(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

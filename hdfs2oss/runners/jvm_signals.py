"""Signals that reach spark-submit's JVM, taken by the driver in Python, which is its child.

Who ends spark-submit ends its JVM: left to itself that takes Spark down under the copy, what the driver says of it is
lost, and YARN takes the application for a success. So the JVM gives them away: it counts them, and a thread here that
waits for the count takes each as a signal of this process. Then the driver ends in order, and the JVM with it.

A Ctrl-C reaches both of them at once, and must not count as two: what this process has heard itself is dropped.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from py4j.protocol import Py4JError

from . import signals

# What a terminal sends to a whole group has arrived everywhere by then.
_SAME_SECONDS = 1.0
# A JVM that collects garbage, or has no processor, tells of it so much later.
_LATE_SECONDS = 10.0
# A thread that waits keeps the JVM of Spark 3.5 from ending: it looks so often whether this process is there.
_WAIT_SECONDS = 5


class JvmSignals:
    """Those of spark-submit's JVM, which are this process's until they are given back."""

    def __init__(self, jvm: Any, numbers: Iterable[signal.Signals]) -> None:
        """From now on these are ours. Where the JVM cannot give them away, they end it, as ever."""
        self._jvm = jvm
        self._given_back = threading.Event()
        self._taken: list[tuple[Any, Any, Any]] = []  # the signal, who had it before, and its count
        for number in numbers:
            with suppress(Py4JError, TypeError, OSError):
                count = jvm.java.util.concurrent.Semaphore(0)
                listener = jvm.java.lang.Class.forName("sun.misc.SignalHandler")
                handler = jvm.java.beans.EventHandler.create(listener, count, "release")
                one = jvm.sun.misc.Signal(number.name.removeprefix("SIG"))
                self._taken.append((one, jvm.sun.misc.Signal.handle(one, handler), count))
                threading.Thread(
                    target=self._take, args=(count, number), name=f"jvm-{number.name}", daemon=True
                ).start()

    def give_back(self) -> None:
        """The JVM deals with them as it did before, and waits for nothing of ours."""
        self._given_back.set()
        for one, before, count in self._taken:
            with suppress(Py4JError, OSError, EOFError):
                self._jvm.sun.misc.Signal.handle(one, before)
                count.release()

    def _take(self, count: Any, number: int) -> None:
        with suppress(Py4JError, OSError, EOFError):
            unit = self._jvm.java.util.concurrent.TimeUnit.SECONDS
            while not self._given_back.is_set():
                if not count.tryAcquire(1, _WAIT_SECONDS, unit) or self._given_back.is_set():
                    continue
                now = time.monotonic()
                if not signals.claim(number, now - _LATE_SECONDS, _SAME_SECONDS):
                    os.kill(os.getpid(), number)
                    # That was this one; another may follow at once.
                    signals.claim(number, now, _SAME_SECONDS)

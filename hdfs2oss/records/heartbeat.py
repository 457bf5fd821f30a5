"""The heartbeat of a lock: a thread that shows that the run lives, and is the first to know when it lost its lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from ..model.errors import Interrupted, LockLost, StoreError
from .lock import PACE, Lock, Pace

_RELEASE_SECONDS = 5.0


class Heartbeat:
    """Beats from `start` to `stop`. When the lock is lost it calls `on_lost` once, at the next beat, and ends.

    Each beat is a block of `watched`: nobody else asks the job directory all the time.
    """

    def __init__(
        self,
        lock: Lock,
        on_lost: Callable[[], None],
        pace: Pace = PACE,
        watched: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.lock = lock
        self._on_lost = on_lost
        self._pace = pace
        self._watched = watched
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lock-heartbeat", daemon=True)
        # Why the run may publish nothing more.
        self.loss: LockLost | None = None

    def start(self) -> None:
        """From now on the lock is kept fresh."""
        self._thread.start()

    def stop(self) -> None:
        """Give the lock back, within seconds: why the run ends matters more than a store that does not answer."""
        self._stopped.set()
        releaser = threading.Thread(target=self._release, name="lock-release", daemon=True)
        releaser.start()
        releaser.join(_RELEASE_SECONDS)

    def _run(self) -> None:
        pause = self._pace.beat_seconds
        while not self._stopped.wait(pause):
            try:
                with self._watched():
                    self.lock.beat()
                pause = self._pace.beat_seconds
            except LockLost as error:
                self.loss = error
                self._on_lost()
                return
            except (StoreError, Interrupted):
                # Nothing is known: who publishes finds out before.
                pause = self._pace.again_seconds

    def _release(self) -> None:
        if self._thread.is_alive():
            self._thread.join()
        self.lock.release()

"""A job directory that does not answer: said once while it is waited for, and once when it is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..model.errors import StoreError
from ..model.units import format_duration
from .jobdir import PATIENCE

# An answer that takes longer is missed.
_MISSED_AFTER_SECONDS = 10.0


class Silence:
    """That of the store `place`; `say` is given a line for the operator.

    what happens                                  what is said
    -------------------------------------------   -------------------------------------------------------
    a call fails for now, or takes very long      that it is waited for, unless that was said before
    a call is answered                            that it answers again, if that it is waited for was said
    """

    def __init__(
        self, place: str, say: Callable[[str], None], missed_after_seconds: float = _MISSED_AFTER_SECONDS
    ) -> None:
        self._place = place
        self._say = say
        self._missed_after_seconds = missed_after_seconds
        self._lock = threading.Lock()
        self._since: float | None = None
        self._is_over = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """The block is a call; what it raises is raised."""
        over = threading.Event()
        since = time.monotonic()
        clock = threading.Timer(self._missed_after_seconds, lambda: self._begin(since, "no answer yet", over))
        clock.daemon = True
        clock.start()
        try:
            yield
            over.set()
            self.answered()
        except StoreError as error:
            self.failed(error)
            raise
        finally:
            over.set()
            clock.cancel()

    def failed(self, error: StoreError, *_: object) -> None:
        """A call has failed; what will not pass is for somebody else to say."""
        if error.retryable:
            self._begin(time.monotonic(), str(error))

    def answered(self) -> None:
        """A call was answered."""
        with self._lock:
            since, self._since = self._since, None
            if since is not None and not self._is_over:
                silent = format_duration(time.monotonic() - since)
                self._say(f"The job directory {self._place} answers again, after {silent}.")

    def end(self) -> None:
        """The run is over, and has its own last words: nothing more is said."""
        with self._lock:
            self._is_over = True

    def _begin(self, since: float, why: str, over: threading.Event | None = None) -> None:
        with self._lock:
            if self._since is None and not self._is_over and not (over and over.is_set()):
                self._since = since
                most = format_duration(PATIENCE.deadline_seconds)
                self._say(f"The job directory {self._place} is waited for, {most} at most: {why}")

"""The requests of one process that are in flight at one store: counted, and held back where it takes no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..model.errors import StoreError, Throttled, Unreachable
from ..rules.concurrency import Concurrency
from .traffic import Traffic

_MOST_SECONDS = 60.0


class InFlight:
    """Shared by the threads of a process. A request is in flight from its first byte to the head of its answer.

    Not until the end of a body that is read afterwards: who reads one may have to write to the same store meanwhile.
    Nobody waits for itself, either: a thread that is sending a body may ask the same store for the bytes of it at once.
    And whatever else should keep each other waiting goes on after `most_seconds`.
    """

    def __init__(
        self, traffic: Traffic, most_seconds: float = _MOST_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._traffic = traffic
        self._most_seconds = most_seconds
        self._now = now
        self._mine = threading.local()
        self._rule = Concurrency()
        self._turn = threading.Condition(threading.Lock())
        self._count = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Around one request; waits until it may be sent."""
        falls = self._enter()
        is_refused = is_answered = False
        self._mine.depth = getattr(self._mine, "depth", 0) + 1
        try:
            yield
            is_answered = True
        except StoreError as error:
            is_refused = isinstance(error, Throttled)
            is_answered = not isinstance(error, Throttled | Unreachable)
            raise
        finally:
            self._mine.depth -= 1
            self._leave(falls, is_answered, is_refused)

    @property
    def limit(self) -> int | None:
        """How many may be in flight; None while the store has refused none."""
        return self._rule.limit

    def _enter(self) -> int:
        is_nested = getattr(self._mine, "depth", 0) > 0
        with self._turn:
            if self._rule.limit is not None:
                began = self._now()
                self._turn.wait_for(lambda: is_nested or self._rule.allows(self._count), self._most_seconds)
                self._traffic.limited(self._now() - began, self._count + 1)
            self._count += 1
            return self._rule.falls

    def _leave(self, falls: int, is_answered: bool, is_refused: bool) -> None:
        with self._turn:
            if is_refused:
                self._rule.refused(falls, self._count, self._now())
                self._traffic.refused()
            elif is_answered:
                self._rule.answered(self._count, self._now())
            self._count -= 1
            if self._rule.limit is not None:
                # Its own place, and the one more that there may be by now.
                self._turn.notify(2)

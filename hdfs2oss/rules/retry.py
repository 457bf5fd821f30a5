"""When to ask a store again, and how long to wait before.

    error                              asked again
    Throttled                          yes, after the delay the store named or our own, until `throttled_seconds`
    others whose class says so         yes, after our own delay, until `deadline_seconds`
    everything else                    no

Our own delay is random between 0 and `base * 2^n` seconds (full jitter), so that a thousand
workers refused together do not come back together.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from ..model.errors import StoreError, Throttled, Unreachable

T = TypeVar("T")

# A store that gave no answer is not asked for so long.
PAUSE_SECONDS = 30.0


class RetryPolicy(NamedTuple):
    """Bounds of asking again; all times in seconds from the first try.

    A second try is made even when the first one outlasted the deadline: one lost packet may cost a whole
    time-out.
    """

    attempts: int = 8
    base_seconds: float = 0.2
    cap_seconds: float = 20.0
    deadline_seconds: float = 20.0
    throttled_attempts: int = 12
    throttled_seconds: float = 180.0


class RetryClock(NamedTuple):
    """Time and chance, to be replaced in tests."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


class StorePause:
    """Remembers that a store gave no answer, so that its silence costs one time-out and not one for every file.

    Once a call ends Unreachable, and no other succeeded since that call began, calls fail at once for
    `pause_seconds`; the next one after that tries again.
    """

    def __init__(self, pause_seconds: float = PAUSE_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._pause_seconds = pause_seconds
        self._now = now
        self._succeeded_at = -math.inf
        self._silent_until = -math.inf
        self._cause = Unreachable("")

    def call(self, function: Callable[[], T]) -> T:
        """Run `function`, all its tries included. Raises Unreachable at once during the pause."""
        started = self._now()
        if started < self._silent_until:
            raise Unreachable(f"not asked again so soon after this: {self._cause.message}", self._cause.hint)
        try:
            result = function()
        except Unreachable as error:
            if self._succeeded_at < started:
                self._cause = error
                self._silent_until = self._now() + self._pause_seconds
            raise
        self._succeeded_at = self._now()
        return result


def call_with_retries(
    function: Callable[[], T],
    policy: RetryPolicy,
    clock: RetryClock = RetryClock(),  # noqa: B008 (immutable)
) -> T:
    """Call until it succeeds, or raise the last error once the policy is spent."""
    started = clock.now()
    attempt = 1
    while True:
        try:
            return function()
        except StoreError as error:
            if not error.asked_again:
                raise
            delay = delay_seconds(error, attempt, policy, clock.random())
            throttled = isinstance(error, Throttled)
            deadline = policy.throttled_seconds if throttled else policy.deadline_seconds
            allowed = policy.throttled_attempts if throttled else policy.attempts
            late = attempt > 1 and clock.now() - started + delay > deadline
            if attempt >= allowed or late:
                raise
        clock.sleep(delay)
        attempt += 1


def delay_seconds(error: StoreError, attempt: int, policy: RetryPolicy, chance: float) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1); `chance` is in [0, 1)."""
    jitter = chance * min(policy.cap_seconds, policy.base_seconds * 2.0**attempt)
    if isinstance(error, Throttled) and error.delay_seconds > 0:
        return error.delay_seconds + jitter
    return jitter

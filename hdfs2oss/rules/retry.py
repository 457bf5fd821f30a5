"""When to ask a store again, and how long to wait before.

    error                              asked again
    Throttled                          yes, after the delay the store named or our own, until `throttled_seconds`
    others whose class says so         yes, after our own delay, until `deadline_seconds`
    everything else                    no

Our own delay is random between 0 and `base * 2^n` seconds (full jitter), so that a thousand
workers refused together do not come back together.

This is one level of several. All that try again, from the inside out, each with the home of its numbers (tries
count the first one); what a level gives up with may be taken up by the next:

    connection       A kept one that the store has closed is replaced at once; a new one that breaks is an error.
      oss/session
    body             The rest of an object, from where it broke off: 7 tries that bring nothing, with 0.2 to 6.4 s
      oss/reader     between them, then Unreachable; any number where bytes come. What does not
                     fit its checksum is not read again here.
    request          What is `asked_again`: 8 tries in 20 s, throttled 12 in 180 s. A try has 6 s to connect and 60 s
      oss/client     for the next bytes (oss/session).
    request          What is `asked_again`: 3 tries in 8 s (8 in 25 s where there are several NameNodes), throttled 6
      hdfs/client    in 18 s; the native client makes up to 3 of each, 10 s long. Once only: bytes written, closing,
                     renaming. A listing whose later page fails is begun anew, and goes on where it was.
    request          What is `asked_again`: 3 tries in 8 s, throttled 6 in 18 s; Hadoop's client has its own in each.
      java/client    Once only: closing, renaming.
    block            A file whose next block the NameNode does not give, as it has not heard of the last but one: it is
      hdfs/reopening closed and opened again, in 90 s, as often as that brings it further; not one that is
                     erasure-coded or encrypted. Hadoop's own client asks for the block again.
    in flight        No try at all, but a turn to wait for, not counted as time: a store that refuses is sent fewer
      concurrency    requests at once by a process, and more again while that brings something.
    store pause      No try at all: once a request has ended Unreachable, the store is not asked for 30 s, or until a
      rules/retry    request that was under way is answered.
    time-out pause   No try at all: once a NameNode was silent for 40 s, it is likewise not asked for 30 s. DataNodes
      watchdog       have 45 s for what is written (hdfs/client), and no pause.
    record           Of a run or task, `asked_again` or throttled: for 300 s, then the task or the run fails. Two tries
      records/jobdir in 3 s for what a run writes that ends badly.
    lock             The heartbeat: every 15 s, and 5 s after one that failed. After 60 s without, another run may
      records/lock   take the lock over, once it has seen it unchanged for 90 s.
    file             A file, chunk or directory whose error is `retryable`: 3 tries, after 0.5 and 1 s, then FAILED in
      phases/mapper  the ledger. Not a failed write on a store that publishes at once.
    outage           No try at all: once 8 files in a row (as many as there are threads, if more) have failed so, the
      tasks/outage   last ones for want of an answer, or some just before it came back in the second round, a task ends
                     without a record; in its last try it fails the rest.
    task, in place   One that found a store gone: 4 tries with 30 s between them, wherever it runs, and none after an
      runners/       error that every other file would meet. 2 without a pause where one before it waited in vain.
      patience
    task, local      One whose worker process died: 3 tries, at once, then the run fails. One that raised: once.
      runners/local
    task, Spark      One that raised or lost its executor: 8 tries, on other nodes (`local[n]` 1, `local[n,m]` m),
      spark_settings then the run fails as soon as the other tasks are done.
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
    `pause_seconds`; the next one after that tries again. A call that was under way and succeeds after all ends the
    pause: the store is back.
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
        self._silent_until = -math.inf
        return result


def call_with_retries(
    function: Callable[[], T],
    policy: RetryPolicy,
    clock: RetryClock = RetryClock(),  # noqa: B008 (immutable)
    on_repeat: Callable[[StoreError, float], None] | None = None,
) -> T:
    """Call until it succeeds, or raise the last error once the policy is spent.

    `on_repeat` is told of each failed try that is followed by another one, and of the seconds waited before that.
    """
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
            if on_repeat is not None:
                on_repeat(error, delay)
        clock.sleep(delay)
        attempt += 1


def delay_seconds(error: StoreError, attempt: int, policy: RetryPolicy, chance: float) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1); `chance` is in [0, 1)."""
    jitter = chance * min(policy.cap_seconds, policy.base_seconds * 2.0**attempt)
    if isinstance(error, Throttled) and error.delay_seconds > 0:
        return error.delay_seconds + jitter
    return jitter

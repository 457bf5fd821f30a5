"""How many requests may be in flight at one store: fewer once it refuses, more while that makes it answer more.

    what happened                                       how many may be in flight from now on
    ------------------------------------------------    -----------------------------------------------------
    nothing was refused yet                             as many as there are threads to send them: no limit
    refused, sent since the limit fell last             0.7 of those allowed or in flight, the lesser; at least 1
    refused, sent before that                           as before: it tells nothing of the limit there is now
    a round, held back by the limit, whose answers      one more
      came faster than those of the round before
    every fourth such round in a row that did not       one more: what the store can take may have changed
      come faster
    one more would be as many as were too many last     one more after sixteen rounds that the limit held back; and
                                                        then the rules above again, unless it is refused
    any other round                                     as before

A round is as many answers as may be in flight; the first one after a fall counts as faster. What was not answered at
all is nobody's word. The limit is that of one process: a thousand of them that obey this rule share a store about
evenly, and none has to know of another. A store that refuses even one request at a time is left to the delays
between the tries of a request (`rules/retry.py`).
"""

from __future__ import annotations

import math

_FALL = 0.7
# Less than this is chance.
_FASTER = 1.02
_ROUNDS_TO_PROBE = 4
_ROUNDS_TO_PROBE_AGAIN = 16


class Concurrency:
    """The rule above; times are seconds of any clock. Not safe for threads: who keeps it has a lock."""

    def __init__(self) -> None:
        # None while nothing was refused.
        self.limit: int | None = None
        # Grows with each fall: whoever sends a request notes it.
        self.falls = 0
        self._rate = 0.0
        self._rounds_without_gain = 0
        # So many were too many, and so many rounds have come up to them since.
        self._too_many = math.inf
        self._rounds_below = 0
        self._round_began = -math.inf
        self._answers = 0
        self._was_full = False

    def allows(self, in_flight: int) -> bool:
        """Whether one more may be sent while so many are in flight."""
        return self.limit is None or in_flight < self.limit

    def refused(self, falls: int, in_flight: int, now: float) -> None:
        """A request was refused: one sent after so many falls; `in_flight` counts it as well."""
        if falls != self.falls:
            return
        allowed = in_flight if self.limit is None else min(self.limit, in_flight)
        self.limit = max(1, int(allowed * _FALL))
        self.falls += 1
        self._too_many = allowed
        self._rate, self._rounds_without_gain, self._rounds_below = 0.0, 0, 0
        self._begin_round(now)

    def answered(self, in_flight: int, now: float) -> None:
        """A request got its answer; `in_flight` counts it as well."""
        if self.limit is None:
            return
        self._answers += 1
        self._was_full = self._was_full or in_flight >= self.limit
        if self._answers >= self.limit:
            self._end_round(self.limit, now)

    def _end_round(self, limit: int, now: float) -> None:
        rate = self._answers / max(now - self._round_began, 1e-6)
        if self._was_full:
            self._rounds_without_gain = 0 if rate > self._rate * _FASTER else self._rounds_without_gain + 1
            self._rate = rate
            if limit + 1 >= self._too_many:
                self._rounds_below += 1
                if self._rounds_below >= _ROUNDS_TO_PROBE_AGAIN:
                    self._too_many, self.limit = math.inf, limit + 1
            elif self._rounds_without_gain % _ROUNDS_TO_PROBE == 0:
                self.limit = limit + 1
        self._begin_round(now)

    def _begin_round(self, now: float) -> None:
        self._round_began = now
        self._answers = 0
        self._was_full = False

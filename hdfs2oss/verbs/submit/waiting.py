"""Waits for the end of a job that a platform runs: asks rarely, not for ever, and never takes a silence for an end.

    what the platform says             and what follows
    -------------------------------    ----------------------------------------------------------------------
    a state that is no end             it is told once; asked again after 5 s, then ever later, up to a minute
    a state that is not known          likewise: it is no end
    an end                             the end
    nothing (no answer, throttled)     asked again likewise; after fifteen minutes without an answer, given up
    that it may not be told, or that   given up at once
      there is no such job

Given up, or when the limit has passed, the job goes on: LostSight (exit code 9) says so, and how to ask again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ...model.errors import LostSight, StoreError, Throttled, Unreachable
from ...model.submission import Progress
from ...model.units import format_duration

_FIRST_SECONDS = 5.0
_GROWTH = 1.5
_LONGEST_SECONDS = 60.0
SILENCE_SECONDS = 900.0


def wait_for_end(
    ask: Callable[[], Progress],
    limit_seconds: float,
    again: str,
    say: Callable[[str], None],
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Progress:
    """How the job ended. `again` is the command that waits for it once more. Raises LostSight."""
    deadline, answered, pause, told = now() + limit_seconds, now(), _FIRST_SECONDS, ""
    while True:
        try:
            progress = ask()
        except (Unreachable, Throttled) as error:
            if now() - answered >= SILENCE_SECONDS:
                silence = f"for {format_duration(SILENCE_SECONDS)} the platform has not said how the job is"
                raise LostSight(f"{silence}: {error.message}", again) from None
            state = "not known: the platform does not answer"
        except StoreError as error:
            raise LostSight(f"the platform does not say how the job is: {error.message}", again) from None
        else:
            answered, state = now(), progress.state
            if progress.succeeded is not None:
                return progress
        if state != told:
            say(f"State: {state}")
            told = state
        if now() + pause > deadline:
            raise LostSight(f"the job has not ended within {format_duration(limit_seconds)}, and goes on", again)
        sleep(pause)
        pause = min(_LONGEST_SECONDS, pause * _GROWTH)

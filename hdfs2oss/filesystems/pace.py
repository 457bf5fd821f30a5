"""What this process may move and ask in a second: its share of the limits of a whole job.

One task at a time runs in a process, so a process's share is that of its task. `tasks/pulse.py` keeps the rates as the
driver deals them out; without limits all passes.
"""

from __future__ import annotations

import threading

from ..model.errors import Interrupted
from ..rules.throttle import Throttle

# Set once this process was told to stop: whoever is held back here then waits no more, however small the rate.
STOPPED = threading.Event()


def _pause(seconds: float) -> None:
    if STOPPED.wait(seconds):
        raise Interrupted("the run was cancelled")


# The bytes that are read at the source (by a verify: on both sides).
BYTES = Throttle(None, sleep=_pause)
# Requests to OSS, those for listings and those sent again included.
REQUESTS = Throttle(None, sleep=_pause)


def task_throttle(bytes_per_second: float | None) -> Throttle:
    """The limit of one task (-bandwidth), behind which that of the whole job comes."""
    return Throttle(bytes_per_second, sleep=_pause, beyond=BYTES)

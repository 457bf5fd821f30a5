"""What this process may move and ask in a second: its share of the limits of a whole job.

One task at a time runs in a process, so a process's share is that of its task. `tasks/pulse.py` keeps the rates as the
driver deals them out; without limits all passes.
"""

from __future__ import annotations

from ..rules.throttle import Throttle

# The bytes that are read at the source (by a verify: on both sides).
BYTES = Throttle(None)
# Requests to OSS, those for listings and those sent again included.
REQUESTS = Throttle(None)


def task_throttle(bytes_per_second: float | None) -> Throttle:
    """The limit of one task (-bandwidth), behind which that of the whole job comes."""
    return Throttle(bytes_per_second, beyond=BYTES)

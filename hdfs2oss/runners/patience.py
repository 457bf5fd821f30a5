"""A store that is away for a while: a task that found it gone is tried again where it is, after pauses.

An outage of minutes is ridden out here, without a try of Spark's, which would exclude one node after the other.
What still finds no store after that is raised: this node is unfit, and another one may do better.
"""

from __future__ import annotations

from ..model.errors import StoreGone
from .base import Attempt, Report, Task, TaskFunction
from .stop import pause

TRIES_HERE = 4
# With the patience of the clients themselves (20 s a try) this covers some three minutes.
PAUSE_SECONDS = 30.0


def run_patiently(
    work: TaskFunction[Task, Report], task: Task, attempt: Attempt, pause_seconds: float = PAUSE_SECONDS
) -> Report:
    """Run work(task, attempt); each try here has a name of its own. Raises what the last one raised."""
    for number in range(TRIES_HERE - 1):
        try:
            return work(task, attempt.again(number, is_last=False))
        except StoreGone:
            pause(pause_seconds)
    return work(task, attempt.again(TRIES_HERE - 1, attempt.is_last))

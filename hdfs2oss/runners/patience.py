"""A store that is away for a while: a task that found it gone is tried again where it is, after pauses.

An outage of minutes is ridden out here, without a try of Spark's, which would exclude one node after the other.
What still finds no store after that is raised: this node is unfit, and another one may do better.

Patience is that of a process, not of each task: where one has waited in vain, the next tasks there find out with one
try, without a pause, until one of them finds its stores again. Else a store that has gone for good would cost minutes
for each task of the run.
"""

from __future__ import annotations

import threading

from ..model.errors import StoreGone
from .base import Attempt, Report, Task, TaskFunction
from .stop import pause

TRIES_HERE = 4
# With the patience of the clients themselves (20 s a try) this covers some three minutes.
PAUSE_SECONDS = 30.0

_spent = threading.Event()


def renew_patience() -> None:
    """A new run begins."""
    _spent.clear()


def run_patiently(
    work: TaskFunction[Task, Report], task: Task, attempt: Attempt, pause_seconds: float = PAUSE_SECONDS
) -> Report:
    """Run work(task, attempt); each try here has a name of its own. Raises what the last one raised."""
    was_spent = _spent.is_set()
    tries = 1 if was_spent else TRIES_HERE - 1
    for number in range(tries):
        try:
            report = work(task, attempt.again(number, is_last=False))
        except StoreGone:
            pause(0.0 if was_spent else pause_seconds)
        else:
            _spent.clear()
            return report
    _spent.set()
    return work(task, attempt.again(tries, attempt.is_last))

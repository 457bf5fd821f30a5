"""How a task ends on Spark, and how its failure travels.

A task raises only when its node is unfit. What then happens:

    the task may be tried elsewhere            NodeUnfit is raised, so that Spark tries it on another node
    it was the last try, or none would help    a Failure is handed over as a value; the other tasks go on
    it ends the wave                           likewise, but what was not begun stays so
    Spark gives up earlier by itself           the Failure is found again in the text of Spark's own error

A value needs no class on the other side, keeps Java's stack traces out of the way, and does not abort the
wave: Spark would kill every other task that runs in it.
"""

from __future__ import annotations

import json
import socket
import time
import traceback
from typing import Any, NamedTuple

from ..model.errors import Hdfs2ossError, Interrupted, UsageError, WaveEnded, of_class
from ..model.uri import mask_secrets
from .base import Attempt, Task, TaskFunction
from .patience import PAUSE_SECONDS, run_patiently

_MARK = "hdfs2oss failure "
_LONGEST_MESSAGE = 4000


class Failure(NamedTuple):
    """What a task raised, in words. `trace` is kept for what we did not raise on purpose."""

    kind: str
    message: str
    hint: str
    host: str
    trace: str = ""


class Ended(NamedTuple):
    """A task has come to its end: either a report or a failure. `tries` are those that Spark made of it."""

    seconds: float
    report: Any
    failure: Failure | None = None
    tries: int = 1


def refuse_missing_ends(wave: str, tasks: int, ends: int) -> None:
    """Raise when a wave came back with another number of ends than it had tasks: somebody's work is not known."""
    if ends != tasks:
        raise Hdfs2ossError(
            f"the wave {wave} had {tasks} tasks, and {ends} of them came to an end: what the others did is not known"
        )


class NodeUnfit(Exception):
    """A task could not do its work here. The text carries the failure to whoever reads Spark's error."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.kind}: {failure.message}\n{_MARK}{json.dumps(failure)}\n")


def run_to_end(work: TaskFunction[Task, Any], task: Task, this: Attempt, pause_seconds: float = PAUSE_SECONDS) -> Ended:
    """Run a task. Raises NodeUnfit when another node may do better.

    `pause_seconds` pass before a task that found a store gone is tried again here, and so before it is given up.
    """
    started = time.monotonic()
    try:
        report = run_patiently(work, task, this, pause_seconds)
    except Exception as error:  # noqa: BLE001 - it travels on, as a value or as NodeUnfit
        failure = _describe(error)
        if not this.is_last and not _is_final(error):
            raise NodeUnfit(failure) from None
        return Ended(time.monotonic() - started, None, failure)
    return Ended(time.monotonic() - started, report)


def ends_wave(failure: Failure) -> bool:
    """Whether the tasks that were not begun would fail likewise."""
    return of_class(failure.kind, Hdfs2ossError).ends_wave


def find_failure(text: str) -> Failure | None:
    """The failure that a NodeUnfit carried, in the text of an error of Spark's."""
    _, mark, rest = text.partition(_MARK)
    if not mark:
        return None
    try:
        return Failure(*json.loads(rest.partition("\n")[0]))
    except (ValueError, TypeError):
        return None


def error_of(failure: Failure) -> Hdfs2ossError:
    """Our error again, of the class it had; the hint says on which node it was seen."""
    seen = f"Seen on the node {failure.host}."
    hint = f"{failure.hint} {seen}" if failure.hint else seen
    if not failure.trace:
        return of_class(failure.kind, Hdfs2ossError)(failure.message, hint)
    error = Hdfs2ossError(f"a task failed: {failure.kind}: {failure.message}", hint)
    error.__cause__ = RuntimeError(failure.trace)
    return error


def _is_final(error: Exception) -> bool:
    """Whether no other node would do better."""
    return isinstance(error, UsageError | Interrupted | WaveEnded)


def _describe(error: Exception) -> Failure:
    kind, host = _kind_of(error), socket.gethostname()
    message = mask_secrets(" ".join(str(error).split()))[:_LONGEST_MESSAGE]
    if isinstance(error, Hdfs2ossError):
        return Failure(kind, message, error.hint, host)
    return Failure(kind, message, "", host, mask_secrets("".join(traceback.format_exception(error))))


def _kind_of(error: Exception) -> str:
    """The class by the name that `error_of` finds again: a class that a store keeps to itself counts as its base."""
    known = (one.__name__ for one in type(error).__mro__ if of_class(one.__name__) is one)
    return next(known, type(error).__name__)

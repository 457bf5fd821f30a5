"""What a run on a cluster waits for: a line every ten seconds while none of its tasks runs, for Spark says nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TextIO

from ..model.units import format_duration

_PAUSE_SECONDS = 10.0


# What YARN says of an application that waits may be long.
_LONGEST = 400


class Queued(NamedTuple):
    """An application that YARN knows and has not started: its state, its queue, and why, in YARN's words."""

    application: str
    state: str
    queue: str
    says: str = ""


class ClusterFacts(NamedTuple):
    """What Spark tells. `application` is "" until the cluster has started it; then YARN may tell what it is doing."""

    master: str
    application: str = ""
    executors: int = 0
    # Tasks of the waves under way: those that run, have ended, or do neither yet.
    running: int = 0
    ended: int = 0
    waiting: int = 0
    queued: Queued | None = None


def waiting_line(facts: ClusterFacts) -> str:
    """What is waited for, in one line; "" when a task runs or none is due.

    YARN has the application in a queue            a full queue, a limit of a user or of masters: YARN says why
    the cluster has not started the application    a silent master, a full queue
    no executor has registered                     no workers, no free cores or memory, a full queue
    executors are there and run nothing of ours    other applications or tasks have their slots
    """
    if facts.queued is not None:
        return f"Spark: {_queued_line(facts.queued)}"
    if not facts.application:
        return f"Spark: {facts.master} has not accepted this application yet; {_advice(facts)}"
    if facts.running or not facts.waiting:
        return ""
    tasks = f"{facts.waiting} {'task waits' if facts.waiting == 1 else 'tasks wait'}"
    if not facts.executors:
        return f"Spark: {tasks}, no executor has registered with {facts.application} yet; {_advice(facts)}"
    return f"Spark: {tasks} for a free slot on {facts.executors} executors of {facts.application}"


def _queued_line(queued: Queued) -> str:
    says = queued.says if len(queued.says) <= _LONGEST else f"{queued.says[:_LONGEST]}..."
    where = f"{queued.application} is {queued.state} in the queue {queued.queue} and has not started yet"
    return f"{where}{f': {says}' if says else ''}; yarn application -status {queued.application}"


def news_of(facts: ClusterFacts, said: Queued | None) -> ClusterFacts:
    """The facts without what YARN has said before: its reasons are long, and a night has many lines."""
    return facts._replace(queued=facts.queued._replace(says="")) if facts.queued and facts.queued == said else facts


def _advice(facts: ClusterFacts) -> str:
    if facts.master.startswith("yarn"):
        command = f"yarn application -status {facts.application}" if facts.application else "yarn application -list"
        return f"the queue may be full: {command}"
    if facts.master.startswith("k8s"):
        return "pods may not be scheduled: kubectl get pods"
    if facts.application:
        return "the master's web page tells whether workers have cores and memory free"
    return "is the master running, and does this node reach it?"


class Waiting:
    """A block during which `look` is asked every `pause_seconds`, and what is waited for is said on `stream`.

    Nothing is said while tasks end, even where none happens to run at the moment of asking.
    """

    def __init__(
        self,
        look: Callable[[], ClusterFacts | None],
        stream: TextIO | None = None,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._look = look
        self._stream = stream or sys.stderr
        self._pause_seconds = pause_seconds
        self._ended = threading.Event()
        self._quiet_since = time.monotonic()
        self._tasks_ended = 0
        self._said: Queued | None = None

    def __enter__(self) -> Waiting:
        # Never joined: a JVM on its way out may leave it without an answer.
        threading.Thread(target=self._run, name="waiting", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(self._pause_seconds):
            facts = self._look()
            if facts is not None and not self._ended.is_set():
                self._say(facts)

    def _say(self, facts: ClusterFacts) -> None:
        line = waiting_line(news_of(facts, self._said))
        self._said = facts.queued
        if not line or facts.ended != self._tasks_ended:
            self._tasks_ended = facts.ended
            self._quiet_since = time.monotonic()
            return
        fresh_line = "\r\x1b[K" if self._stream.isatty() else ""
        waited = format_duration(time.monotonic() - self._quiet_since)
        self._stream.write(f"{fresh_line}{time.strftime('%H:%M:%S')} {line} ({waited})\n")
        self._stream.flush()

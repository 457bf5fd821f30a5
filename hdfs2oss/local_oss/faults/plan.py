"""The rules in force: which of them hit a request, counted; they may change while the server runs."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence

from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.local_oss.protocol.message import Request

_WINDOW_SECONDS = 1.0


class FaultPlan:
    """Rules with their counts. `sleep` ends early when the server stops."""

    def __init__(self, rules: Sequence[Rule] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._stopping = threading.Event()
        self.replace(rules)

    def replace(self, rules: Sequence[Rule]) -> None:
        """Other rules from now on; their counts begin at 0, their chances anew."""
        with self._lock:
            self._rules = tuple(rules)
            self._chances = [random.Random(f"{rule.seed}/{number}") for number, rule in enumerate(rules)]
            self._matched = [0] * len(self._rules)
            self._hits = [0] * len(self._rules)
            self._windows: dict[tuple[int, str], tuple[float, int]] = {}
            # By rule: the requests it let in that are not answered yet.
            self._inside: list[set[int]] = [set() for _ in self._rules]

    def state(self) -> list[tuple[Rule, int]]:
        """Each rule with how often it hit."""
        with self._lock:
            return list(zip(self._rules, self._hits, strict=True))

    def choose(self, request: Request) -> list[Rule]:
        """The rules that hit this request."""
        if not self._rules:
            return []
        with self._lock:
            return [rule for number, rule in enumerate(self._rules) if self._is_hit(number, rule, request)]

    def done(self, request: Request) -> None:
        """A request for which rules were chosen is answered, or never will be."""
        if not self._rules:
            return
        with self._lock:
            for inside in self._inside:
                inside.discard(id(request))

    def sleep(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        self._stopping.wait(seconds)

    def start(self) -> None:
        """Let waits last again."""
        self._stopping.clear()

    def stop(self) -> None:
        """End every wait."""
        self._stopping.set()

    def _is_hit(self, number: int, rule: Rule, request: Request) -> bool:
        if not rule.matches(request) or (rule.fault == "crowd" and self._has_room(number, rule, request)):
            return False
        self._matched[number] += 1
        is_due = self._matched[number] > rule.after and (not rule.count or self._hits[number] < rule.count)
        if not is_due or (rule.probability < 1 and self._chances[number].random() >= rule.probability):
            return False
        if rule.fault == "qps" and not self._is_above_rate(number, rule, request.key):
            return False
        self._hits[number] += 1
        return True

    def _has_room(self, number: int, rule: Rule, request: Request) -> bool:
        inside = self._inside[number]
        if len(inside) >= rule.in_flight:
            return False
        inside.add(id(request))
        return True

    def _is_above_rate(self, number: int, rule: Rule, key: str) -> bool:
        folder = key.rpartition("/")[0] if rule.each_folder else ""
        now = self._clock()
        began, count = self._windows.get((number, folder), (now, 0))
        if now - began >= _WINDOW_SECONDS:
            began, count = now, 0
        self._windows[number, folder] = (began, count + 1)
        return count >= rule.per_second

"""How long is left, and whether a run may begin."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

NO_TIME = "no time was left"


@dataclass
class Budget:
    """`seconds` for everything, None without a limit. A tool whose first run took longer than `slow_seconds` has no
    second one, and none may take longer than `limit_seconds`."""

    seconds: float | None
    slow_seconds: float
    limit_seconds: float
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def left(self) -> float:
        """Seconds until the end; infinite without a limit."""
        return float("inf") if self.seconds is None else self.seconds - (self.clock() - self._began)

    def why_not(self, expected_seconds: float | None) -> str:
        """Why a run that is expected to take so long may not begin; empty if it may. None: nobody knows."""
        left = self.left()
        return NO_TIME if left <= 0 or (expected_seconds or 0) > left else ""

    def may_repeat(self, first_seconds: float) -> bool:
        """Whether a tool has another turn after its first run."""
        return first_seconds <= self.slow_seconds

    def limit(self) -> float:
        """How long a run may take that begins now."""
        return max(1.0, min(self.limit_seconds, self.left()))

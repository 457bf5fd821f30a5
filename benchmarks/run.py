"""One run of one tool: a process tree, timed from outside."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import NamedTuple


class BenchmarkFailed(Exception):
    """A tool did not do what was asked, so its time means nothing."""


class Figures(NamedTuple):
    """What one run took; CPU is that of the process and of all children it waited for."""

    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True)
class Command:
    """A command line with its environment."""

    words: tuple[str, ...]
    environment: dict[str, str]

    def measure(self) -> Figures:
        """Run it to its end. Raises BenchmarkFailed with the end of its output when it fails."""
        with tempfile.TemporaryFile() as output:
            started = time.monotonic()
            process = subprocess.Popen(
                self.words,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall_seconds = time.monotonic() - started
            if process.returncode:
                output.seek(0)
                end = output.read().decode(errors="replace")[-2000:]
                raise BenchmarkFailed(f"{' '.join(self.words[:6])} ... ended with {process.returncode}:\n{end}")
        return Figures(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)

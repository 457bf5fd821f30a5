"""A command line with its environment, and what came of running it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .meter import Taken

PROJECT = Path(__file__).resolve().parent.parent
_GRACE_SECONDS = 60.0


class BenchmarkFailed(Exception):
    """A tool did not do what was asked, so its time means nothing."""


def _surroundings() -> dict[str, str]:
    """The environment of commands: what is installed has its modules compiled, so that ours must be, too."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Ran:
    """A command that has run: what it took, and what it printed."""

    taken: Taken
    output: str


@dataclass(frozen=True)
class Command:
    """`beside` is a process that starts others in this command's name, 0 without one."""

    words: tuple[str, ...]
    environment: dict[str, str]
    beside: int = 0

    def run(self, limit_seconds: float) -> Ran:
        """Run it under the meter. Raises BenchmarkFailed with the end of its output when it fails or takes too long."""
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            report, output = Path(folder, "taken.json"), Path(folder, "output")
            with output.open("wb") as file:
                meter = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "benchmarks.meter", str(report)),
                        *(f"{limit_seconds:.0f}", str(self.beside), *self.words),
                    ],
                    env={**_surroundings(), **self.environment, "PYTHONPATH": str(PROJECT)},
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._wait(meter, limit_seconds)
            said = output.read_text(errors="replace")
            if not report.exists():
                raise BenchmarkFailed(f"{self} could not be measured: {said[-1500:]}")
            taken = Taken(**json.loads(report.read_text()))
        if taken.was_ended:
            raise BenchmarkFailed(f"not finished after {limit_seconds:.0f} s")
        if taken.exit_code:
            raise BenchmarkFailed(f"{self} ended with {taken.exit_code}:\n{said[-1500:]}")
        return Ran(taken, said)

    def _wait(self, meter: subprocess.Popen[bytes], limit_seconds: float) -> None:
        """The meter ends its command by itself; whoever interrupts us ends both."""
        try:
            meter.wait(limit_seconds + _GRACE_SECONDS)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(meter.pid, signal.SIGKILL)
            meter.wait()
            raise

    def __str__(self) -> str:
        return f"{Path(self.words[0]).name} {' '.join(self.words[1:4])} ..."

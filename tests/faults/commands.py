"""`hdfs2oss` as a process, slow enough that something can happen to it on its way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.spark.conftest import PROJECT

_MOST_SECONDS = 400.0


class Ended(NamedTuple):
    """How a command ended: its exit code, all it said, and its report ({} where it left none on this machine)."""

    code: int
    output: str
    report: Mapping[str, Any]

    @property
    def own(self) -> Mapping[str, int]:
        """Our own group of counters."""
        found: Mapping[str, int] = self.report["counters"]["hdfs2oss"]
        return found

    def line_with(self, text: str) -> str:
        found = [line for line in self.output.splitlines() if text in line]
        assert found, f"no line with {text!r} in:\n{self.output}"
        return found[0]


class Command:
    """One `hdfs2oss` command in a process group of its own; its job directories are below `jobs`, a path or a URI."""

    def __init__(
        self, jobs: Path | str, *words: str, environment: Mapping[str, str], limit: Callable[[], None] | None = None
    ):
        self.jobs = jobs
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "hdfs2oss",
                "--job-dir",
                str(jobs) if "://" in str(jobs) else f"file://{jobs}",
                *words,
            ],
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=limit,
        )

    def workers(self) -> list[int]:
        """The processes that carry out its tasks."""
        return [pid for pid in _children(self.process.pid) if "spawn_main" in _words(pid)]

    def ended(self) -> Ended:
        """Wait for its end."""
        output, _ = self.process.communicate(timeout=_MOST_SECONDS)
        assert "Traceback" not in output, output
        reports = sorted(self.jobs.glob("*/runs/*/report.json")) if isinstance(self.jobs, Path) else []
        report = json.loads(reports[-1].read_text()) if reports else {}
        assert report.get("discrepancy", "") == "", output
        return Ended(self.process.returncode, output, report)


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name before them may hold anything.
            if status.read_text().rpartition(")")[2].split()[1] == str(parent):
                found.append(int(status.parent.name))
    return sorted(found)


def _words(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


@contextmanager
def command(
    jobs: Path | str, *words: str, environment: Mapping[str, str], limit: Callable[[], None] | None = None
) -> Iterator[Command]:
    """Start one; it and what it started is gone in the end."""
    made = Command(jobs, *words, environment=environment, limit=limit)
    watchdog = threading.Timer(_MOST_SECONDS, made.process.kill)
    watchdog.start()
    try:
        yield made
    finally:
        watchdog.cancel()
        if made.process.poll() is None:
            os.killpg(made.process.pid, signal.SIGKILL)
            made.process.communicate(timeout=150)


def run(
    jobs: Path | str, *words: str, environment: Mapping[str, str], limit: Callable[[], None] | None = None
) -> Ended:
    """From beginning to end."""
    with command(jobs, *words, environment=environment, limit=limit) as made:
        return made.ended()

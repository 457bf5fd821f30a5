"""Run a command to its end and say what its process tree took: `benchmarks.meter REPORT SECONDS PID WORDS...`.

A process of its own, so that nobody else's children count, and the reaper of whatever the command leaves behind: a
worker whose parent went first counts as well, and nothing outlives the measurement. Wall time ends with the command
itself. PID, unless 0, is a server that starts processes in the command's name (a NodeManager): what its children take
meanwhile counts too. REPORT gets a JSON object: the fields of `Taken`.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LOOK_SECONDS = 0.2
_GRACE_SECONDS = 5.0
_EXIT_ENDED = 124


@dataclass
class Taken:
    """What a command took. `exit_code` is 124 and `was_ended` true when its time was over.

    `peak_tree_bytes` is the largest sum of resident memory of all its processes seen five times a second (pages that
    processes share count in each), `peak_process_bytes` that of the largest single one.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_tree_bytes: int
    peak_process_bytes: int
    exit_code: int
    was_ended: bool


class Process:
    """A line of /proc/PID/stat."""

    def __init__(self, pid: int) -> None:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        self.pid, self.state, self.parent = pid, fields[0], int(fields[1])
        self.children_cpu_seconds = (int(fields[13]) + int(fields[14])) / _TICKS
        self.memory_bytes = int(fields[21]) * _PAGE_BYTES


def descendants(roots: set[int]) -> list[Process]:
    """All processes below `roots`, themselves not."""
    children: dict[int, list[Process]] = {}
    for process in _processes():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    open_pids = list(roots)
    while open_pids:
        below = children.get(open_pids.pop(), [])
        found += below
        open_pids += [process.pid for process in below]
    return found


def _processes() -> Iterator[Process]:
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with suppress(OSError, IndexError, ValueError):  # it ended meanwhile
                yield Process(int(entry.name))


class Watch:
    """Looks at the memory of the tree from a thread of its own."""

    def __init__(self, roots: set[int]) -> None:
        self.peak_bytes = 0
        self._roots = roots
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(_LOOK_SECONDS):
            self.peak_bytes = max(self.peak_bytes, sum(one.memory_bytes for one in descendants(self._roots)))


def measure(words: list[str], limit_seconds: float, beside: int) -> Taken:
    """Run `words` for at most `limit_seconds`."""
    ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    roots = {os.getpid()} | ({beside} if beside else set())
    before = Process(beside).children_cpu_seconds if beside else 0.0
    watch = Watch(roots)
    started = time.monotonic()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    was_ended = False
    try:
        process.wait(limit_seconds)
    except subprocess.TimeoutExpired:
        was_ended = True
        _end(roots)
        process.wait()
    wall_seconds = time.monotonic() - started
    watch.stop()
    _reap()
    after = Process(beside).children_cpu_seconds if beside else 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = usage.ru_maxrss * 1024
    return Taken(
        wall_seconds,
        usage.ru_utime + usage.ru_stime + after - before,
        max(watch.peak_bytes, largest),
        largest,
        _EXIT_ENDED if was_ended else process.returncode,
        was_ended,
    )


def _end(roots: set[int]) -> None:
    for one in descendants(roots):
        with suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)


def _reap() -> None:
    """Wait for what the command left behind; what does not end by itself is ended."""
    deadline = time.monotonic() + _GRACE_SECONDS
    with suppress(ChildProcessError):
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                if time.monotonic() > deadline:
                    _end({os.getpid()})
                time.sleep(0.02)


def main() -> int:
    """Measure, and end as the command ended."""
    report, limit_seconds, beside, *words = sys.argv[1:]
    taken = measure(words, float(limit_seconds), int(beside))
    Path(report).write_text(json.dumps(asdict(taken)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

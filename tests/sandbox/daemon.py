"""One server process: start it, know it again later, read why it failed, stop it.

A process is known by a marker on its command line, found by looking through /proc, not by a number in a file.
A number may belong to another program by the time it is read; a marker with the sandbox's random id cannot.
Only what was started here is known by its handle too: for an instant of its start it has no command line.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .errors import NotUp, PortTaken, SandboxError

# Generous: a server that died is noticed at once, and one that comes up may share the machine with much else.
START_TIMEOUT_SECONDS = 240.0
STOP_TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 0.05
EXCERPT_LINES = 8
TROUBLE = re.compile(r"\b(ERROR|FATAL)\b|Exception\b|Error: |^Caused by|^Error|No module named")
PORT_TROUBLE = re.compile(r"BindException|Address already in use")

_children: list["subprocess.Popen[bytes]"] = []


@dataclass
class Daemon:
    """A server of a sandbox. `command` must carry `marker` in one of its arguments."""

    service: str
    marker: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    _log_offset: int = field(default=0, init=False, repr=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self._log_offset = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.log.parent,
                start_new_session=True,  # an interrupt at the terminal is not meant for the servers
            )
        _children.append(self._process)  # outlives this object, so that it can be waited for

    def pid(self) -> int | None:
        return next(iter(self._pids()), None)

    def signal(self, number: signal.Signals) -> None:
        pid = self.pid()
        if pid is None:
            raise NotUp(f"{self.service} is not running")
        os.kill(pid, number)

    def kill(self) -> None:
        """End it without a chance to tidy up, and return when it is gone."""
        if self.pid() is None:
            raise NotUp(f"{self.service} is not running")
        stop_processes(self._pids, first=signal.SIGKILL)

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def stop(self) -> None:
        stop_processes(self._pids)

    def _pids(self) -> list[int]:
        if self._process is not None and self._process.poll() is None:
            return [self._process.pid]
        return find_processes(self.marker)

    def new_log(self) -> str:
        """What it wrote since its last start in this process."""
        try:
            with open(self.log, "rb") as log:
                log.seek(self._log_offset)
                return log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def failure(self, what: str) -> SandboxError:
        """An error that gives the server's own words."""
        lines = self.new_log().splitlines()
        telling = [line for line in lines if TROUBLE.search(line)] or [line for line in lines if line.strip()]
        excerpt = "\n".join(f"    {line.strip()[:400]}" for line in telling[-EXCERPT_LINES:])
        kind = PortTaken if PORT_TROUBLE.search(excerpt) else SandboxError
        return kind(f"{self.service} {what}; its log says:\n{excerpt or '    (nothing)'}\n  whole log: {self.log}")


def wait_until(ready: Callable[[], bool], what: str, timeout_seconds: float, daemons: Sequence[Daemon]) -> None:
    """Return once `ready()`; raise the first daemon's own reason if it dies or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        for daemon in daemons:
            if daemon.pid() is None:
                raise daemon.failure(f"ended before {what}")
        if time.monotonic() > deadline:
            raise daemons[-1].failure(f"runs, but waiting until {what} took more than {timeout_seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def find_processes(marker: str, whole: bool = True) -> list[int]:
    """Processes with the marker as an argument or, if not `whole`, anywhere in an argument.

    A zombie is not found: it has no arguments any more.
    """
    needle = marker.encode()
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                arguments = Path(entry.path, "cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended while we looked
                continue
            if any(argument.removeprefix(b"-D") == needle if whole else needle in argument for argument in arguments):
                found.append(int(entry.name))
    return found


def stop_processes(find: Callable[[], list[int]], first: signal.Signals = signal.SIGTERM) -> None:
    """Ask the processes to end, insist after a while, and return when none is left.

    One that is ending is no longer found, as its memory goes first; so all that were asked are watched.
    """
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    asked: dict[int, str] = {}
    while True:
        for pid in find():
            birth = _birth(pid)
            if birth is not None and asked.get(pid) != birth:
                asked[pid] = birth
                _send(pid, first)
                _send(pid, signal.SIGCONT)  # a frozen process acts on a signal only when it goes on
        left = [pid for pid, birth in asked.items() if _birth(pid) == birth]
        if not left:
            break
        if time.monotonic() > deadline:
            for pid in left:
                _send(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    _children[:] = [child for child in _children if child.poll() is None]


def _birth(pid: int) -> str | None:
    """When a process began, which tells it from a later one of the same number; None if it has ended.

    A zombie has ended, unless it is only the first of several threads.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, threads, birth = fields[0], int(fields[17]), fields[19]
    return None if state in "ZX" and threads <= 1 else birth


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)

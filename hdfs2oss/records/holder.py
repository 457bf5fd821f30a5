"""Who holds a lock, and what another process can know of whether it still works."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_CONTAINER = re.compile(r"container_(?:e\d+_)?(\d+_\d+)_(\d+)_\d+")


class Holder(NamedTuple):
    """What the record of a lock says; it never changes. `started` is the holder's wall clock."""

    run: str
    host: str
    process: int
    started: float
    # A process number means something within one boot of one machine and one namespace only.
    boot: str = ""
    namespace: str = ""
    # A YARN application comes back as its next attempt.
    application: str = ""
    attempt: int = 0

    def to_json(self) -> bytes:
        """The content of the record."""
        return json.dumps(self._asdict()).encode()

    def has_gone(self) -> bool:
        """Whether it was a process of this machine, this boot and this namespace that runs no more."""
        here = (socket.gethostname(), _boot(), _namespace())
        return all(here) and (self.host, self.boot, self.namespace) == here and not _is_alive(self.process)

    def is_earlier_attempt_of(self, other: Holder) -> bool:
        """YARN starts the next attempt of an application once it has given up the one before."""
        return bool(self.application) and self.application == other.application and self.attempt < other.attempt


def this_process(run_id: str, started: float, environment: Mapping[str, str] = os.environ) -> Holder:
    """This process, as the holder of a lock."""
    application, attempt = _application(environment.get("CONTAINER_ID", ""))
    return Holder(run_id, socket.gethostname(), os.getpid(), started, _boot(), _namespace(), application, attempt)


def parse_holder(data: bytes) -> Holder | None:
    """The holder that a record names; None when it says nothing."""
    try:
        fields = json.loads(data)
        known = {name: fields[name] for name in Holder._fields if name in fields}
        return Holder(**{**known, "process": int(known["process"]), "started": float(known["started"])})
    except (ValueError, TypeError, KeyError):
        return None


def _application(container: str) -> tuple[str, int]:
    """The application and its attempt that a container of YARN belongs to; nothing outside of one."""
    found = _CONTAINER.fullmatch(container)
    return (f"application_{found[1]}", int(found[2])) if found else ("", 0)


def _boot() -> str:
    return _read_line("/proc/sys/kernel/random/boot_id")


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _read_line(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""


def _is_alive(process: int) -> bool:
    """Whether it still runs; one that was killed keeps its number until its parent asks, in a container for ever."""
    if _state(process) in ("Z", "X"):
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _state(process: int) -> str:
    """The letter that the kernel gives its state (proc(5): what follows the name in brackets); "" where nobody says."""
    return _read_line(f"/proc/{process}/stat").rpartition(")")[2].strip()[:1]

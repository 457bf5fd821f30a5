"""Heartbeats of running tasks: how far each is. For display and for shares only; the account is in the ledgers.

A beat is an empty file of the run whose name says it all, `beats/<process>=<task>=<numbers>`, renamed with each beat:
that is one call, and one listing tells the driver of all tasks. A process has one at most, and none between long tasks.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from ..model.errors import NotFound, StoreError
from ..model.uri import join_path
from ..rules.filters import WORK_PREFIX
from .jobdir import JobDir

DIRECTORY = "beats"
_SEPARATOR = "="


class Beat(NamedTuple):
    """What a process has done by a moment of its own clock: of its task, then since it began.

    `moved` are bytes that were read, `asked` requests to OSS; each with the time in which the limit held it back.
    """

    process: str
    task: str
    at_ms: int
    files: int
    size_bytes: int
    moved: int
    moved_held_ms: int
    asked: int
    asked_held_ms: int

    def name(self) -> str:
        """The name of its file."""
        return _SEPARATOR.join(map(str, self))


def beat_of(name: str) -> Beat | None:
    """What a name says; None where it is none of ours."""
    words = name.split(_SEPARATOR)
    if len(words) != len(Beat._fields) or not all(word.isdecimal() for word in words[2:]):
        return None
    return Beat(words[0], words[1], *map(int, words[2:]))


def this_process() -> str:
    """A name for this process that no other of the run has, fit for a file."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", f"{socket.gethostname()[:100]}-{os.getpid()}")


class BeatFile:
    """The file of this process. Raises StoreError; the next beat then begins anew."""

    def __init__(self, job_dir: JobDir) -> None:
        self._store = job_dir.filesystem
        self._directory = join_path(job_dir.run_path, DIRECTORY)
        self._path = ""

    def beat(self, beat: Beat) -> None:
        """Say how far it is."""
        old, new = self._path, join_path(self._directory, beat.name())
        self._path = ""
        if old and self._store.capabilities.atomic_move:
            self._store.move(old, new)
        else:
            self._store.create_exclusive(new, b"")
            if old:
                self._store.remove(old)
        self._path = new

    def remove(self) -> None:
        """Nothing runs here for now."""
        path, self._path = self._path, ""
        if path:
            self._store.remove(path)


def read_beats(job_dir: JobDir) -> Iterator[Beat]:
    """All beats, one for each process: the latest. Raises StoreError."""
    latest: dict[str, Beat] = {}
    with suppress(NotFound):
        for row in job_dir.filesystem.walk(join_path(job_dir.run_path, DIRECTORY), recursive=False):
            beat = beat_of(row.path) if not row.path.startswith(WORK_PREFIX) else None
            if beat is not None and (beat.process not in latest or latest[beat.process].at_ms < beat.at_ms):
                latest[beat.process] = beat
    yield from latest.values()


def remove_beats(job_dir: JobDir) -> None:
    """Those of processes that were killed would stay for ever."""
    with suppress(StoreError):
        job_dir.filesystem.remove(join_path(job_dir.run_path, DIRECTORY), recursive=True)

"""The fencing number: whoever is about to publish compares its own with the newest of the job directory.

    _lock/000007            who took the lock as the seventh; written once, and the newest one is never removed
    _lock/000007.beat       its heartbeat; only the holder of this number writes it
    _lock/000007.released/  it has given the lock back (a directory, as closing a file on HDFS takes half a second)

The record with the highest number is the lock. A number is never given twice while the job directory lives.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..model.errors import LockLost, NotFound
from ..model.uri import join_path
from ..model.values import FileStatus
from ..rules.filters import WORK_PREFIX
from .holder import Holder, parse_holder
from .jobdir import JobDir

_NAME = re.compile(r"(\d{6,})(\.beat|\.released)?")
# A task that publishes many small things looks again after so long.
LOOK_SECONDS = 15.0


class Stamp(NamedTuple):
    """By what a record, which is written once, is known again: one that took its name later has another."""

    mtime_ms: int
    length: int
    etag: str


class LockFiles(NamedTuple):
    """What is there at one moment: the newest number (0: none) with its record's stamp, whether it was released, all
    that is older, and records that are being written, or were when whoever wrote them died."""

    newest: int
    released: bool
    older: tuple[str, ...]
    stamp: Stamp | None = None
    unborn: tuple[FileStatus, ...] = ()


def lock_path(directory: str, number: int, suffix: str = "") -> str:
    """The record of a number in the job directory `directory`, or its `.beat` or `.released`."""
    return join_path(directory, f"_lock/{number:06d}{suffix}")


def look(filesystem: FileSystem, directory: str) -> LockFiles:
    """The lock files of a job directory, in one listing."""
    try:
        rows = {row.path: row for row in filesystem.walk(join_path(directory, "_lock"), recursive=False)}
    except NotFound:
        rows = {}
    found = [match for match in map(_NAME.fullmatch, rows) if match]
    number, newest = max(((int(match[1]), match[0]) for match in found if not match[2]), default=(0, ""))
    older = sorted(match[0] for match in found if int(match[1]) < number)
    released = any(int(match[1]) == number and match[2] == ".released" for match in found)
    unborn = tuple(row for name, row in rows.items() if name.startswith(WORK_PREFIX))
    return LockFiles(number, released, tuple(older), _stamp_of(rows.get(newest)), unborn)


def _stamp_of(row: FileStatus | None) -> Stamp | None:
    return None if row is None else Stamp(row.mtime_ms, row.length, row.etag)


def holder_now(filesystem: FileSystem, directory: str) -> Holder | None:
    """Who holds the lock; None where nobody does, or whoever did has gone from this very machine."""
    files = look(filesystem, directory)
    if not files.newest or files.released:
        return None
    try:
        holder = parse_holder(filesystem.read_bytes(lock_path(directory, files.newest)))
    except NotFound:
        return None
    return None if holder is None or holder.has_gone() else holder


def refuse_lost(
    filesystem: FileSystem, directory: str, number: int, run_id: str, stamp: Stamp | None = None
) -> LockFiles:
    """Raise LockLost unless `number` is the newest and this run's; what is there.

    The listing comes last: at that moment there is no successor. The record before it tells whether somebody
    removed the lock by hand, after which numbers begin anew. Who has read the record, and knows its `stamp`, finds it
    in the listing.
    """
    if stamp is not None:
        there = look(filesystem, directory)
        if there.newest == number and there.stamp == stamp:
            return there
    try:
        holder = parse_holder(filesystem.read_bytes(lock_path(directory, number)))
    except NotFound:
        holder = None
    there = look(filesystem, directory)
    if holder is None or holder.run != run_id or there.newest != number:
        raise LockLost(
            f"the lock {join_path(directory, '_lock')} was taken over by another run; "
            f"run {run_id} publishes nothing more",
            "Only one of the two should run; start the same command again once neither does.",
        )
    return there


def check(job_dir: JobDir, number: int) -> None:
    """Before something is published: does the run still hold the job directory? Raises LockLost.

    Waits for a job directory that does not answer, as its records do. Number 0 is compared with nothing.
    """
    if number:
        job_dir.patiently(lambda: refuse_lost(job_dir.filesystem, job_dir.path, number, job_dir.run_id))


class Fence:
    """The same for the threads of a task that publish many small things: one looks, when the last look is old.

    So a task that begins looks, and a process that was stopped for a while before the next thing it publishes.
    """

    def __init__(self, job_dir: JobDir, number: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._job_dir = job_dir
        self._number = number
        self._clock = clock
        self._looked = -math.inf
        self._lock = threading.Lock()

    def pass_through(self) -> None:
        """Raise LockLost when the run has lost the job directory."""
        with self._lock:
            now = self._clock()
            if now - self._looked >= LOOK_SECONDS:
                check(self._job_dir, self._number)
                self._looked = now

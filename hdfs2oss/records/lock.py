"""The lock of a job directory: one run at a time for a pair of places.

`_lock` says who holds it: run id, host, process, and a heartbeat. A lock whose process has gone from this
host, or whose heartbeat is older than a minute, is taken over; any other is respected.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ..filesystems.base import FileSystem
from ..model.errors import BrakeError, CommitError, NotFound, StoreError
from ..model.uri import join_path
from ..rules.filters import work_path_beside

HEARTBEAT_SECONDS = 15.0
STALE_SECONDS = 60.0

Holder = dict[str, object]
_RELEASE_SECONDS = 5.0


class Lock:
    """Held from `acquire` to `release`; a thread keeps the heartbeat fresh."""

    def __init__(
        self,
        filesystem: FileSystem,
        directory: str,
        run_id: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._filesystem = filesystem
        self._path = join_path(directory, "_lock")
        self._work_path = work_path_beside(self._path, f"lock-{run_id}")
        self._run_id = run_id
        self._clock = clock
        self._sleep = sleep
        self._released = threading.Event()
        self._lost = False
        self._beat = threading.Thread(target=self._keep_fresh, name="lock-heartbeat", daemon=True)

    def acquire(self) -> None:
        """Take the lock. Raises BrakeError (6) when another run holds it."""
        while not self._filesystem.create_exclusive(self._path, self._content()):
            holder = self._holder(self._path)
            self._respect(self._path, holder)
            if self._take_over(holder):
                break
        self._beat.start()

    def check(self) -> None:
        """Before a publication: is the lock still ours? Raises CommitError."""
        holder = self._holder(self._path)
        if self._lost or holder is None or holder["run"] != self._run_id:
            raise CommitError(
                f"the lock {self._path} was taken over by another run; this one publishes nothing more",
                "Only one of the two should run; start the same command again once neither does.",
            )

    def release(self) -> None:
        """Give the lock back; a lock that is not ours any more is left alone.

        Where the store does not answer, the lock stays and goes stale: why the run ends matters more.
        """
        self._released.set()
        remover = threading.Thread(target=self._remove, name="lock-release", daemon=True)
        remover.start()
        remover.join(_RELEASE_SECONDS)

    def _respect(self, path: str, holder: Holder | None) -> None:
        if holder is not None and not self._is_stale(path, holder):
            raise BrakeError(
                f"another run of the same copy is going on: run {holder['run']} on {holder['host']}, "
                f"process {holder['process']}",
                f"Wait for it. If it is certainly dead, remove {self._path}.",
            )

    def _take_over(self, holder: Holder | None) -> bool:
        """Replace a stale lock. Of several that find it, the one that puts its claim beside it may.

        A claim bears the name of the run it follows, so one whose owner died is followed in the same way.
        Whoever has a claim looks at the lock again: an earlier claimant may be done and its claim gone.
        """
        claim = self._claim(holder)
        while not self._filesystem.create_exclusive(claim, self._content()):
            claimant = self._holder(claim)
            self._respect(claim, claimant)
            if claimant is None and self._filesystem.status(claim) is None:
                return False
            claim = self._claim(claimant)
        try:
            if self._filesystem.status(self._path) is None or self._holder(self._path) != holder:
                return False
            self._filesystem.put(self._path, self._content(), self._work_path, {})
            return True
        finally:
            self._filesystem.remove(claim)

    def _claim(self, holder: Holder | None) -> str:
        return f"{self._path}-after-{holder['run'] if holder is not None else 'nobody'}"

    def _keep_fresh(self) -> None:
        while not self._released.wait(HEARTBEAT_SECONDS):
            try:
                holder = self._holder(self._path)
                if holder is None or holder["run"] != self._run_id:
                    self._lost = True
                    return
                self._filesystem.put(self._path, self._content(), self._work_path, {})
            except StoreError:
                # The next beat may do better; `check` finds out before anything is published.
                continue

    def _remove(self) -> None:
        if self._beat.is_alive():
            self._beat.join()
        with suppress(StoreError):
            holder = self._holder(self._path)
            if holder is not None and holder["run"] == self._run_id:
                self._filesystem.remove(self._path)

    def _content(self) -> bytes:
        facts = {
            "run": self._run_id,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "heartbeat": self._clock(),
        }
        return json.dumps(facts).encode()

    def _holder(self, path: str) -> Holder | None:
        """What a lock or a claim says; None when it is not there or says nothing.

        One that cannot be read is an error: it may well be held.
        """
        try:
            holder = json.loads(self._filesystem.read_bytes(path))
        except (NotFound, ValueError):
            return None
        return holder if isinstance(holder, dict) and {"run", "host", "process", "heartbeat"} <= holder.keys() else None

    def _is_stale(self, path: str, holder: Holder) -> bool:
        if holder["host"] == socket.gethostname() and not _is_alive(int(str(holder["process"]))):
            return True
        if self._clock() - float(str(holder["heartbeat"])) <= STALE_SECONDS:
            return False
        # Clocks of two hosts may differ, so an old heartbeat only counts when it stays the same for a while.
        self._sleep(2 * HEARTBEAT_SECONDS)
        return self._holder(path) == holder


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

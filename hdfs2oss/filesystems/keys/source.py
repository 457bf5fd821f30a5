"""Newer keys than those of the start: one source a process for each file and role, whoever asks.

    a file    looked at once a second; what it holds by now
    a role    asked again when a quarter of the time is left that its keys had when they came, or a quarter of an hour
    neither   what a driver handed over with a later task: see `newest`

A source that has nothing new, or does not answer, keeps what it had: whoever signs looks at the expiration by himself.
Where it cannot be asked on this node, keys that came with a task since count.
"""

from __future__ import annotations

import abc
import os
import sys
import threading
import time
from collections.abc import Callable

from ...model.errors import AuthenticationFailed, UsageError
from .keys_file import Keys, reread_keys
from .ram_role import RamRole, fetch_keys

_LOOK_SECONDS = 1.0
_LONGEST_MARGIN_SECONDS = 900.0
# A role whose keys have no expiration is asked so often.
_UNKNOWN_SECONDS = 300.0
_FAILED_SECONDS = 60.0
# Threads that all wait for newer keys share one answer, or one silence.
_URGENT_SECONDS = 1.0
_WARN_SECONDS = 300.0


def _warn(text: str) -> None:
    sys.stderr.write(f"WARNING: {text}\n")


class KeySource(abc.ABC):
    """Where newer keys come from; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Keys | None = None
        self._offered: Keys | None = None

    @abc.abstractmethod
    def __str__(self) -> str:
        """Who gives them, in words."""

    @property
    @abc.abstractmethod
    def advice(self) -> str:
        """What the operator does when none came in time."""

    def newest(self, is_urgent: bool = False) -> Keys | None:
        """The newest keys there are, None where nothing is known; never raises. In between it costs next to nothing.

        `is_urgent` when the last ones are of no use any more.
        """
        # While one thread asks, the others go on with what there is, as long as that is of use.
        if self._lock.acquire(blocking=is_urgent):
            try:
                self._last = self._look(is_urgent)
            finally:
                self._lock.release()
        return self._last or self._offered

    def offer(self, keys: Keys) -> None:
        """These came from the driver; they count where this process finds none by itself."""
        self._offered = keys

    @abc.abstractmethod
    def _look(self, is_urgent: bool) -> Keys | None:
        """What this process finds by itself."""


class FileSource(KeySource):
    """A file that somebody replaces."""

    def __init__(self, path: str, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._path = path
        self._now = now
        self._looked_at = now() - _LOOK_SECONDS
        self._seen: tuple[int, ...] = ()
        self._keys: Keys | None = None

    def __str__(self) -> str:
        return self._path

    @property
    def advice(self) -> str:
        return f"Put valid keys into {self._path}, on every node, and run again."

    def _look(self, is_urgent: bool) -> Keys | None:
        if self._now() < self._looked_at + _LOOK_SECONDS:
            return self._keys
        self._looked_at = self._now()
        try:
            found = os.stat(self._path)
            seen = (found.st_mtime_ns, found.st_ino, found.st_size)
            if seen != self._seen:
                self._keys = reread_keys(self._path)
                self._seen = seen
        except (OSError, UsageError):
            # It is away, or being written: the last ones count.
            pass
        return self._keys


class RoleSource(KeySource):
    """The metadata service of the instance; `start` are the keys of the start, which it gave."""

    def __init__(
        self,
        role: RamRole,
        start: Keys,
        fetch: Callable[[RamRole], Keys] = fetch_keys,
        now: Callable[[], float] = time.time,
        warn: Callable[[str], None] = _warn,
    ) -> None:
        super().__init__()
        self._role = role
        self._fetch = fetch
        self._now = now
        self._warn = warn
        self._keys = start
        self._due = self._due_after(start)
        self._warned_at = -_WARN_SECONDS
        self._asked_at = -_URGENT_SECONDS

    def __str__(self) -> str:
        return str(self._role)

    @property
    def advice(self) -> str:
        return (
            f"Look whether {self._role.url} answers on this node and the role is still attached to the instance, "
            "and run again."
        )

    def _look(self, is_urgent: bool) -> Keys | None:
        if self._now() >= self._due or (is_urgent and abs(self._now() - self._asked_at) >= _URGENT_SECONDS):
            self._ask()
            self._asked_at = self._now()
        return self._keys

    def _ask(self) -> None:
        try:
            self._keys = self._fetch(self._role)
        except AuthenticationFailed as error:
            if self._offered is not None and (self._offered.expires_at or 0) > (self._keys.expires_at or 0):
                self._keys = self._offered
                self._due = self._due_after(self._keys)
                return
            self._due = self._now() + min(_FAILED_SECONDS, max(1.0, self._left_seconds(self._keys) / 4))
            self._say(error)
            return
        self._warned_at = -_WARN_SECONDS
        self._due = self._due_after(self._keys)

    def _say(self, error: AuthenticationFailed) -> None:
        """A warning while the old keys are good: afterwards whoever signs ends with an error."""
        if self._left_seconds(self._keys) <= 0 or self._now() < self._warned_at + _WARN_SECONDS:
            return
        self._warned_at = self._now()
        self._warn(
            f"{error.message}. Those that are in use are valid until {self._keys.expiration or 'nobody knows when'}; "
            "the service is asked again."
        )

    def _due_after(self, keys: Keys) -> float:
        left = self._left_seconds(keys)
        return self._now() + max(1.0, left - min(_LONGEST_MARGIN_SECONDS, left / 4))

    def _left_seconds(self, keys: Keys) -> float:
        return keys.expires_at - self._now() if keys.expires_at is not None else _UNKNOWN_SECONDS


_sources: dict[tuple[int, str, RamRole | None], KeySource] = {}
_lock = threading.Lock()


def shared_source(keys_file: str, role: RamRole | None, start: Keys) -> KeySource | None:
    """The one of this process for that file or role; None where keys do not change."""
    if not keys_file and role is None:
        return None
    key = (os.getpid(), keys_file, role)
    with _lock:
        if key not in _sources:
            _sources[key] = RoleSource(role, start) if role is not None else FileSource(keys_file)
        return _sources[key]

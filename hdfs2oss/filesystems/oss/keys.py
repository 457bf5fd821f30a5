"""The keys that requests are signed with: those of the start, or whatever a file holds by now.

    what happened                                        and what follows
    --------------------------------------------------   ----------------------------------------------------------
    no file                                              the keys stay, and what refuses them is raised
    the file is another (looked at once a second)        its keys sign from now on
    it is away, or holds no whole pair                   the last keys stay: it may be being written
    refused, but the keys are others by now              the request is sent again at once
    a token has expired; or keys are refused that were   the file is looked at every two seconds, for five minutes,
      accepted before, or came out of the file since:    until it holds others; then the request is sent again
      it may have been read while it was being written
    those of the start are refused, and never accepted   raised at once: they were wrong from the start

Every process looks at the file by itself, as it is on its node. Where there is none, the keys of the start count.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from ...model.errors import UsageError
from ..credentials import OssAccess
from ..keys_file import Keys, reread_keys
from .errors import KeysExpired, KeysRefused

_LOOK_SECONDS = 1.0
_POLL_SECONDS = 2.0
PATIENCE_SECONDS = 300.0


class KeysInUse:
    """Asked for each signature; safe for threads. `version` grows with each change of the keys."""

    def __init__(
        self,
        access: OssAccess,
        patience_seconds: float = PATIENCE_SECONDS,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.file = access.keys_file
        self.version = 0
        self._keys = Keys(access.access_key_id, access.access_key_secret, access.security_token)
        self._patience_seconds = patience_seconds
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._looked_at = now() - _LOOK_SECONDS
        self._seen: tuple[int, ...] = ()
        self._accepted = -1

    def current(self) -> Keys:
        """What is signed with now."""
        if self.file:
            self._look()
        return self._keys

    def accept(self, version: int) -> None:
        """A request was answered that was signed with these keys, or newer ones."""
        self._accepted = max(self._accepted, version)

    def renew(self, version: int, refusal: KeysRefused) -> None:
        """Return once there are other keys than those of this version, which were refused. Raises the refusal."""
        if self.version > version:
            return
        if not self.file or (version == 0 and self._accepted < 0 and not isinstance(refusal, KeysExpired)):
            raise refusal
        deadline = self._now() + self._patience_seconds
        while self.version <= version:
            if self._now() >= deadline:
                raise type(refusal)(
                    f"{refusal.message}; no others came in {self.file} within {self._patience_seconds:.0f} seconds",
                    f"Put valid keys into {self.file}, on every node, and run again.",
                )
            self._sleep(_POLL_SECONDS)
            self._look()

    def _look(self) -> None:
        with self._lock:
            if self._now() < self._looked_at + _LOOK_SECONDS:
                return
            self._looked_at = self._now()
            try:
                found = os.stat(self.file)
                seen = (found.st_mtime_ns, found.st_ino, found.st_size)
                if seen == self._seen:
                    return
                keys = reread_keys(self.file)
            except (OSError, UsageError):
                return
            self._seen = seen
            if keys[:3] != self._keys[:3]:
                self._keys = keys
                self.version += 1

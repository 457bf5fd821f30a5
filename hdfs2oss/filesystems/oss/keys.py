"""The keys that requests are signed with: those of the start, or whatever their source has by now.

    what happened                                        and what follows
    --------------------------------------------------   ----------------------------------------------------------
    no source of newer ones                              the keys stay, and what refuses them is raised
    the source has others (a file is looked at once a    they sign from now on
      second, a role asked before its keys expire)
    it has none, or does not answer                      the last keys stay
    they have expired, by the clock of this node         no request is sent: as if it had been refused
    refused, but the keys are others by now              the request is sent again at once
    a token has expired; or keys are refused that were   the source is asked every two seconds, for five minutes,
      accepted before, or are not those of the start:    until it has others; then the request is sent again
      a file may have been read while it was written
    those of the start are refused, and never accepted   raised at once: they were wrong from the start

Every process asks by itself, on its node; where it finds nothing, what came with its newest task counts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..keys.credentials import OssAccess
from ..keys.keys_file import Keys
from ..keys.source import KeySource
from .errors import KeysExpired, KeysRefused

_POLL_SECONDS = 2.0
PATIENCE_SECONDS = 300.0
_RENEWABLE = "Get new ones and run again. A run takes newer ones from the file that --credentials-file names."


class KeysInUse:
    """Asked for each signature; safe for threads. `version` grows with each change of the keys."""

    def __init__(
        self,
        access: OssAccess,
        source: KeySource | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.version = 0
        self._source = source or access.source
        self._keys = access.keys
        self._expires_at = self._keys.expires_at
        self._provider = access.provider or "the environment"
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._accepted = -1

    def current(self, what: str = "ask OSS") -> Keys:
        """What is signed with now. Raises KeysExpired where it is known that they are of no use any more."""
        if self._source is not None:
            self._look()
        if self._expires_at is not None and self._clock() >= self._expires_at:
            advice = self._source.advice if self._source is not None else _RENEWABLE
            raise KeysExpired(
                f"cannot {what}: the temporary keys of {self._provider} expired at {self._keys.expiration}, "
                "by the clock of this node",
                advice,
            )
        return self._keys

    def accept(self, version: int) -> None:
        """A request was answered that was signed with these keys, or newer ones."""
        self._accepted = max(self._accepted, version)

    def renew(self, version: int, refusal: KeysRefused) -> None:
        """Return once there are other keys than those of this version, which were refused. Raises the refusal."""
        if self.version > version:
            return
        if self._source is None or (version == 0 and self._accepted < 0 and not isinstance(refusal, KeysExpired)):
            raise refusal
        waited, started = 0.0, self._clock()
        while self.version <= version:
            if waited >= self._patience_seconds:
                raise type(refusal)(
                    f"{refusal.message}; no others came in {self._source} within {self._patience_seconds:.0f} seconds",
                    self._source.advice,
                )
            self._sleep(_POLL_SECONDS)
            self._look(is_urgent=True)
            # A source that is silent takes its time as well.
            waited = max(waited + _POLL_SECONDS, self._clock() - started)

    def _look(self, is_urgent: bool = False) -> None:
        assert self._source is not None
        keys = self._source.newest(is_urgent)
        if keys is None or keys == self._keys:
            return
        with self._lock:
            if not keys.sign_alike(self._keys):
                self.version += 1
            self._keys, self._expires_at = keys, keys.expires_at

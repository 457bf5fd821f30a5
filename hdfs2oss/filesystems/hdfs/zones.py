"""Encryption zones of one HDFS: who gives their keys, and which directories lie in one.

The native client takes the address of a key server (KMS) from its configuration alone. That of another cluster may have
keys of the same names, and gives other keys for them without a word: what is read with those is noise, and so is, to
everybody else, what was written with them. So the native client is told no key server but the one that the NameNode
itself names, which is how Hadoop's own client finds it; where that cannot be asked for, it is told none, and refuses.
"""

from __future__ import annotations

import threading

from ...model.errors import StoreError
from ..hadoop_errors import READ_BY_JAVA
from .questions import status_of
from .webhdfs import WebHdfs, member

_MOST_DIRECTORIES_KEPT = 10_000


def key_server_of(web: WebHdfs) -> str:
    """The key server of an HDFS, as its NameNode names it (Hadoop 3.1 and newer). Raises StoreError for none."""
    if why := web.silent_because():
        raise _unknown(why)
    try:
        found = member(web.get("/", "GETSERVERDEFAULTS"), "FsServerDefaults", "/").get("keyProviderUri")
    except StoreError as error:
        if error.retryable:
            raise
        raise _unknown(str(error)) from error
    if not isinstance(found, str) or not found:
        raise _unknown("the NameNode names none")
    return found


def _unknown(why: str) -> StoreError:
    said = f"it lies in an encryption zone, and nobody tells which key server has the keys: {why}"
    return StoreError(said, READ_BY_JAVA)


class Zones:
    """Which directories lie in an encryption zone; each is asked about once. Safe for threads.

    A directory becomes a zone while it is empty only, and nothing is moved into one or out of one.
    """

    def __init__(self, web: WebHdfs) -> None:
        self._web = web
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}

    def hold(self, path: str) -> bool:
        """Whether the bytes of a file are kept encrypted. Raises StoreError when nobody can tell."""
        directory = path.rpartition("/")[0] or "/"
        with self._lock:
            found = self._known.get(directory)
        if found is None:
            found = bool((status_of(self._web, directory) or {}).get("encBit"))
            with self._lock:
                if len(self._known) >= _MOST_DIRECTORIES_KEPT:
                    self._known = {}
                self._known[directory] = found
        return found

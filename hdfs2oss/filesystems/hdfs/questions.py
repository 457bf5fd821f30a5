"""What WebHDFS tells and takes, and the native client does not: erasure-coding policies, extended attributes, whether a
file is still written to, a file's checksum. It has no call for these, or is told and keeps it to itself.

Where WebHDFS does not answer (such as of a cluster that no configuration here knows), Hadoop's own client is asked for
policies and extended attributes.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from contextlib import suppress

from ...model.errors import NotFound, StoreError, Unreachable
from ...rules.filesum import MD5_NAME, FileChecksum, sent_by_hadoop
from ...rules.parity import is_written_rightly
from .java_client import JavaClient
from .webhdfs import WebHdfs, member

# How WebHDFS marks values in base64.
_BASE64 = "0s"
_REPLICATION = ("", "REPLICATION")
# A DataNode asks those of all blocks one after another.
_CHECKSUM_SECONDS = 60.0
_MOST_DIRECTORIES_KEPT = 10_000
_DIRECTORIES_AT_ONCE = 16


def policy_of(web: WebHdfs, path: str) -> str | None:
    """The erasure-coding policy that files in a directory get, "" for none; None where there is no such directory.

    Raises StoreError when nobody can tell.
    """
    status = status_of(web, path)
    return None if status is None else str(status.get("ecPolicy") or "")


def unjoinable(web: WebHdfs, directory: str) -> str:
    """Why CONCAT does not work on files in a directory, or in the nearest one above it that is there; "" when it does.

    Raises StoreError when nobody can tell.
    """
    path = directory
    while (status := status_of(web, path)) is None and path != "/":
        path = path.rpartition("/")[0] or "/"
    policy = str((status or {}).get("ecPolicy") or "")
    if policy not in _REPLICATION:
        return f"the directory {path} has the erasure-coding policy {policy}"
    return f"the directory {path} lies in an encryption zone" if (status or {}).get("encBit") else ""


def default_block_size(web: WebHdfs) -> int:
    """The block size of new files where nobody asks for another; 0 where it is not told (Hadoop 2)."""
    with suppress(StoreError):
        size = member(web.get("/", "GETSERVERDEFAULTS"), "FsServerDefaults", "/").get("blockSize")
        return size if isinstance(size, int) else 0
    return 0


def status_of(web: WebHdfs, path: str) -> dict[str, object] | None:
    """What WebHDFS says of a path; None where nothing is. Raises StoreError when nobody can tell."""
    try:
        return member(web.get(path, "GETFILESTATUS"), "FileStatus", path)
    except NotFound:
        return None


def is_being_written(web: WebHdfs, path: str) -> bool:
    """Whether somebody has the file open for writing. Raises StoreError when nobody can tell."""
    try:
        blocks = member(web.get(path, "GET_BLOCK_LOCATIONS"), "LocatedBlocks", path)
    except NotFound:
        return False
    if not isinstance(blocks.get("isUnderConstruction"), bool):
        raise Unreachable(f"WebHDFS does not say whether {path} is being written")
    return bool(blocks["isUnderConstruction"])


def checksum_of(web: WebHdfs, path: str) -> FileChecksum:
    """The MD5 of MD5s of CRCs, which is all that WebHDFS tells. Raises StoreError when nobody can."""
    answer = member(web.get(path, "GETFILECHECKSUM", timeout_seconds=_CHECKSUM_SECONDS), "FileChecksum", path)
    found = sent_by_hadoop(str(answer.get("algorithm") or ""), str(answer.get("bytes") or ""))
    if found is None or not found.algorithm.startswith(MD5_NAME):
        raise Unreachable(f"WebHDFS does not say what the checksum of {path} is")
    return found


def xattrs_of(web: WebHdfs, path: str) -> tuple[tuple[str, bytes], ...]:
    """The extended attributes of a path that whoever asks may see, sorted; one without a value is empty."""
    rows = web.get(path, "GETXATTRS", {"encoding": "base64"}).get("XAttrs")
    if not isinstance(rows, list):
        raise Unreachable(f"WebHDFS does not say which extended attributes {path} has")
    return tuple(sorted((str(row["name"]), _xattr_value(row.get("value"))) for row in rows))


def set_xattr(web: WebHdfs, path: str, name: str, value: bytes) -> None:
    """Set one extended attribute, be it there already or not."""
    text = _BASE64 + base64.b64encode(value).decode()
    parameters = {"xattr.name": name, "xattr.value": text, "flag": "CREATE,REPLACE"}
    web.change("PUT", path, "SETXATTR", parameters, may_repeat=True)


def set_ec_policy(web: WebHdfs, path: str, policy: str) -> None:
    """Let files that come into a directory be coded so."""
    web.change("PUT", path, "SETECPOLICY", {"ecpolicy": policy}, may_repeat=True)


def _xattr_value(text: str | None) -> bytes:
    return base64.b64decode((text or "").removeprefix(_BASE64))


class Supplement:
    """Policies and extended attributes, by WebHDFS or else by the Java client."""

    def __init__(self, web: WebHdfs, java: JavaClient) -> None:
        self._web = web
        self._java = java

    def missing(self) -> str:
        """Why neither of the two can be asked; "" when one can."""
        silent = self._web.silent_because()
        why = self._java.missing() if silent else ""
        return f"{silent}; {why}" if why else ""

    def xattrs(self, path: str) -> tuple[tuple[str, bytes], ...]:
        """See `xattrs_of`."""
        return self._java.xattrs(path) if self._is_silent() else xattrs_of(self._web, path)

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        """Set one extended attribute, be it there already or not."""
        if self._is_silent():
            self._java.set_xattr(path, name, value)
        else:
            set_xattr(self._web, path, name, value)

    def policy_of(self, path: str) -> str | None:
        """See `policy_of`."""
        return self._java.policy_of(path) if self._is_silent() else policy_of(self._web, path)

    def set_ec_policy(self, path: str, policy: str) -> None:
        """Let files that come into a directory be coded so."""
        if self._is_silent():
            self._java.set_ec_policy(path, policy)
        else:
            set_ec_policy(self._web, path, policy)

    def _is_silent(self) -> bool:
        return bool(self._web.silent_because())


class Policies:
    """Which directories the native client must not write into; each that is there is asked about once."""

    def __init__(self, web: WebHdfs) -> None:
        self._web = web
        self._known: dict[str, str] = {}
        self._turns = [threading.Lock() for _ in range(_DIRECTORIES_AT_ONCE)]

    def wrong_for(self, directory: str, make: Callable[[str], None] | None = None, is_ours: bool = False) -> str:
        """What of a directory, or of the nearest one above it that is there, the native client would write wrongly:
        the path and its policy in words; "" for nothing. Raises StoreError when nobody can tell.

        `make` makes one that is not there, for whoever is about to write there anyway, if nothing is against it. Where
        nobody else makes that one (`is_ours`), it takes after the one above it."""
        found = self._known.get(directory)
        if found is None:
            # Hundreds of files of one directory may come at once: the others wait for what the first one is told.
            with self._turns[hash(directory) % _DIRECTORIES_AT_ONCE]:
                found = self._known.get(directory)
                if found is None:
                    found = self._ask(directory, make, is_ours)
        return found

    def _ask(self, directory: str, make: Callable[[str], None] | None, is_ours: bool = False) -> str:
        path = directory
        while (found := self._told(path)) is None:
            path = path.rpartition("/")[0] or "/"
        # One that is not there yet may be given a policy of its own by somebody else.
        if path != directory and make is not None and not found:
            make(directory)
            if not is_ours:
                return self._ask(directory, None)
            self._keep(directory, found)
        return found

    def _told(self, path: str) -> str | None:
        """What is wrong with this very directory; None where there is none."""
        found = self._known.get(path)
        if found is not None:
            return found
        policy = policy_of(self._web, path)
        if policy is None and path != "/":
            return None
        is_right = is_written_rightly(policy or "")
        found = "" if is_right else f"the directory {path} has the erasure-coding policy {policy}"
        self._keep(path, found)
        return found

    def _keep(self, directory: str, found: str) -> None:
        if len(self._known) >= _MOST_DIRECTORIES_KEPT:
            self._known = {}
        self._known[directory] = found

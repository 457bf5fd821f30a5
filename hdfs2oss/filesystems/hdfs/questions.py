"""What only WebHDFS tells: a directory's erasure-coding policy, whether a file is still written to, a file's checksum.

The native client is given the first two by the NameNode and keeps them to itself.
"""

from __future__ import annotations

from ...model.errors import NotFound, Unreachable
from ...rules.filesum import FileChecksum
from ...rules.parity import is_written_rightly
from .webhdfs import WebHdfs, member

# A DataNode asks those of all blocks one after another.
_CHECKSUM_SECONDS = 60.0
# Behind the bytes per CRC (4) and the CRCs per block (8), which the algorithm's name repeats, an MD5.
_MD5_AT, _MD5_BYTES = 12, 16
_MOST_DIRECTORIES_KEPT = 10_000


def policy_of(web: WebHdfs, path: str) -> str | None:
    """The erasure-coding policy that files in a directory get, "" for none; None where there is no such directory.

    Raises StoreError when nobody can tell.
    """
    try:
        answer = web.get(path, "GETFILESTATUS")
    except NotFound:
        return None
    return str(member(answer, "FileStatus", path).get("ecPolicy") or "")


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
    algorithm, digits = str(answer.get("algorithm") or ""), str(answer.get("bytes") or "")
    value = digits[2 * _MD5_AT : 2 * (_MD5_AT + _MD5_BYTES)]
    if not algorithm.startswith("MD5-of-") or len(value) != 2 * _MD5_BYTES:
        raise Unreachable(f"WebHDFS does not say what the checksum of {path} is")
    return FileChecksum(algorithm, value)


class Policies:
    """Which directories the native client must not write into; each that is there is asked about once."""

    def __init__(self, web: WebHdfs) -> None:
        self._web = web
        self._known: dict[str, str] = {}

    def wrong_for(self, directory: str) -> str:
        """What of a directory, or of the nearest one above it that is there, the native client would write wrongly:
        the path and its policy in words; "" for nothing. Raises StoreError when nobody can tell."""
        found = self._known.get(directory)
        if found is None:
            path = directory
            while (policy := policy_of(self._web, path)) is None and path != "/":
                path = path.rpartition("/")[0] or "/"
            is_right = is_written_rightly(policy or "")
            found = "" if is_right else f"the directory {path} has the erasure-coding policy {policy}"
            # One that is not there yet may be given a policy of its own.
            if path == directory:
                self._keep(directory, found)
        return found

    def forget(self) -> None:
        """Policies were changed: ask again."""
        self._known = {}

    def _keep(self, directory: str, found: str) -> None:
        if len(self._known) >= _MOST_DIRECTORIES_KEPT:
            self._known = {}
        self._known[directory] = found

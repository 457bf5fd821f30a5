"""What only WebHDFS tells: a directory's erasure-coding policy, whether a file is still written to, a file's checksum.

The native client is given the first two by the NameNode and keeps them to itself.
"""

from __future__ import annotations

from ...model.errors import NotFound, Unreachable
from ...rules.filesum import FileChecksum
from .webhdfs import WebHdfs, member

# A DataNode asks those of all blocks one after another.
_CHECKSUM_SECONDS = 60.0
# Behind the bytes per CRC (4) and the CRCs per block (8), which the algorithm's name repeats, an MD5.
_MD5_AT, _MD5_BYTES = 12, 16


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

"""What only WebHDFS tells: a directory's erasure-coding policy, and whether a file is still written to.

The native client is given both by the NameNode and keeps them to itself.
"""

from __future__ import annotations

from ...model.errors import NotFound, Unreachable
from .webhdfs import WebHdfs, member


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

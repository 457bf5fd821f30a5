"""Entity tags, without quotes.

| object or part          | tag                                                                    |
|-------------------------|------------------------------------------------------------------------|
| written in one request  | MD5 of the bytes, 32 upper-case hex digits                             |
| multipart               | MD5 of the parts' tags in hex, concatenated, upper-case, `-`, part count |
| appendable              | MD5 of the tag before and the tag of the appended bytes, concatenated  |

The fast mode computes no MD5: CRC-64 and length in hex stand for it, as stable, and of the same form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hdfs2oss.local_oss.store.rows import Received


def tag_of(received: Received) -> str:
    """The tag of bytes written in one request; made up if their MD5 was not computed."""
    if received.md5 is not None:
        return received.md5.hex().upper()
    return f"{received.crc64:016X}{received.size:016X}"


def multipart_tag(part_tags: Iterable[str]) -> str:
    """The tag of a multipart object from its parts' tags in order."""
    tags = [tag.upper() for tag in part_tags]
    return f"{_md5(''.join(tags))}-{len(tags)}"


def appended_tag(before: str, appended: str) -> str:
    """The tag of an appendable object after an append."""
    return _md5(before + appended)


def link_tag(target: str) -> str:
    """The tag of a symlink itself."""
    return _md5(target)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogateescape")).hexdigest().upper()

"""Conditional requests and byte ranges.

| Range                                        | answer                                              |
|----------------------------------------------|-----------------------------------------------------|
| none                                         | 200, the whole object                               |
| bytes=A-B, A-, -N, within the object         | 206                                                 |
| malformed, or reaching past the end          | 200, the whole object                               |
| past the end, x-oss-range-behavior: standard | 206 up to the end; 416 if nothing is left of it     |
"""

from __future__ import annotations

import re
from calendar import timegm
from email.utils import parsedate_tz

from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.store.rows import StoredObject

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


class NotModified(Exception):
    """304: the caller already has this object."""


def check_conditions(request: Request, stored: StoredObject, prefix: str = "") -> None:
    """Check If-Match and its kin, or with the prefix `x-oss-copy-source-` those about a copy's source.

    Raises PreconditionFailed or NotModified.
    """
    headers = request.headers
    tag = stored.etag.upper()
    match = headers.get(prefix + "if-match")
    if match is not None and not _names(match, tag):
        raise _failed("If-Match")
    none_match = headers.get(prefix + "if-none-match")
    if none_match is not None and _names(none_match, tag):
        raise NotModified
    modified = stored.modified_ms // 1000
    since = _seconds(headers.get(prefix + "if-unmodified-since"))
    if since is not None and modified > since:
        raise _failed("If-Unmodified-Since")
    since = _seconds(headers.get(prefix + "if-modified-since"))
    if since is not None and modified <= since:
        raise NotModified


def range_of(request: Request, size: int) -> tuple[int, int] | None:
    """(start, length) of the bytes to serve, or None for the whole object. Raises InvalidRange."""
    text = request.header("range")
    if not text:
        return None
    is_standard = request.header("x-oss-range-behavior") == "standard"
    match = _RANGE.fullmatch(text.strip())
    if not match or match.group(0) == "bytes=-":
        return None
    start_text, end_text = match.groups()
    if start_text:
        start = int(start_text)
        end = int(end_text) if end_text else max(size - 1, start)
        if end < start:
            return None
    else:
        wanted = int(end_text)
        start, end = size - wanted, size - 1
    is_within = 0 <= start <= end < size
    if is_within:
        return start, end - start + 1
    if not is_standard:
        return None
    start = max(start, 0)
    if start >= size or (not start_text and int(end_text) == 0):
        raise OssError(
            416,
            "InvalidRange",
            "The requested range cannot be satisfied.",
            {"ActualObjectSize": str(size), "RangeRequested": text},
            {"Content-Range": f"bytes */{size}"},
        )
    return start, min(end, size - 1) - start + 1


def _failed(condition: str) -> OssError:
    message = "At least one of the pre-conditions you specified did not hold."
    return OssError(412, "PreconditionFailed", message, {"Condition": condition})


def _names(header: str, tag: str) -> bool:
    tags = [piece.strip().strip('"').upper() for piece in header.split(",")]
    return tag in tags or "*" in tags


def _seconds(date: str | None) -> int | None:
    if not date:
        return None
    try:
        fields = parsedate_tz(date)
        return timegm((*fields[:6], 0, 0, 0)) - (fields[9] or 0) if fields else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

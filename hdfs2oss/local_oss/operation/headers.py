"""Headers of answers that say which bytes, and which version of them, an answer is about."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache

from hdfs2oss.local_oss.operation.attributes import META_PREFIX
from hdfs2oss.local_oss.store.rows import Bucket, StoredObject

VERSION_ID = "x-oss-version-id"
_MARKER = "x-oss-delete-marker"


def integrity_headers(stored: StoredObject) -> dict[str, str]:
    """What a write answers: the tag and the checksums of the whole object."""
    headers = {"ETag": f'"{stored.etag}"'}
    if stored.crc64 is not None:
        headers["x-oss-hash-crc64ecma"] = str(stored.crc64)
    if stored.md5:
        headers["Content-MD5"] = stored.md5
    return headers


def version_headers(bucket: Bucket, stored: StoredObject) -> dict[str, str]:
    """The version a request was about, on a bucket that has versions."""
    return {VERSION_ID: stored.version_id} if bucket.versioning else {}


def marker_headers(version_id: str) -> dict[str, str]:
    """What tells of a delete marker."""
    return {VERSION_ID: version_id, _MARKER: "true"}


def metadata_of(stored: StoredObject) -> dict[str, str]:
    """The x-oss-meta-* headers of an object."""
    return {name: value for name, value in stored.attributes.headers.items() if name.startswith(META_PREFIX)}


@lru_cache(maxsize=1024)
def http_date(seconds: int) -> str:
    """A date as headers show it. Cached: many objects share a second."""
    return formatdate(seconds, usegmt=True)

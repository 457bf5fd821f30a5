"""Objects whose bytes are generated when they are read: sources for benchmarks that take no disk."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hdfs2oss.local_oss.store.bodies import GENERATED_BODY
from hdfs2oss.local_oss.store.datafiles import PATTERN_BYTES, pattern_bytes
from hdfs2oss.local_oss.store.etag import tag_of
from hdfs2oss.local_oss.store.refusals import NoSuchBucket
from hdfs2oss.local_oss.store.rows import NORMAL, Attributes, Received, StoredObject
from hdfs2oss.local_oss.store.store import Store
from hdfs2oss.model.errors import UsageError
from hdfs2oss.rules.checksum import compose_crc64, crc64

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SPECIFICATION = re.compile(r"([^/]+)/(.*):(\d+):(\d+)([KMGT]?)")


@dataclass(frozen=True)
class Synthetic:
    """`count` objects of `size_bytes` each, the keys being the prefix and a number of eight digits."""

    bucket: str
    prefix: str
    count: int
    size_bytes: int


def parse_synthetic(text: str) -> Synthetic:
    """`BUCKET/PREFIX:COUNT:SIZE`, the size in bytes or with K, M, G or T. Raises UsageError."""
    match = _SPECIFICATION.fullmatch(text)
    if not match:
        raise UsageError(f"{text} is not BUCKET/PREFIX:COUNT:SIZE", "For instance bench/data/part-:1000:8M")
    bucket, prefix, count, size, unit = match.groups()
    return Synthetic(bucket, prefix, int(count), int(size) * _UNITS[unit])


def create_synthetic(store: Store, wanted: Synthetic, now_ms: int) -> None:
    """Make the objects that are not there yet. Raises UsageError for a bucket that does not exist."""
    try:
        bucket = store.bucket(wanted.bucket)
    except NoSuchBucket:
        raise UsageError(
            f"there is no bucket {wanted.bucket} for synthetic objects", f"Add --bucket {wanted.bucket}"
        ) from None
    received = Received(wanted.size_bytes, _crc64_of(wanted.size_bytes), None, b"", "")
    example = StoredObject(
        wanted.prefix,
        NORMAL,
        wanted.size_bytes,
        tag_of(received),
        received.crc64,
        "",
        now_ms,
        Attributes({"content-type": "application/octet-stream"}),
        body=GENERATED_BODY if wanted.size_bytes else 0,
    )
    with store.writing(bucket) as opened:
        store.objects.put_many(opened, example, wanted.count)


def _crc64_of(size_bytes: int) -> int:
    whole, rest = divmod(size_bytes, PATTERN_BYTES)
    pattern = pattern_bytes()
    repeated = _repeated(crc64(pattern), PATTERN_BYTES, whole)
    return compose_crc64([repeated, (crc64(pattern[:rest]), rest)])


def _repeated(checksum: int, length: int, times: int) -> tuple[int, int]:
    """CRC-64 and length of the same bytes so many times; by doubling, as there may be millions."""
    whole, piece = (0, 0), (checksum, length)
    while times:
        if times & 1:
            whole = compose_crc64([whole, piece]), whole[1] + piece[1]
        piece = compose_crc64([piece, piece]), 2 * piece[1]
        times >>= 1
    return whole

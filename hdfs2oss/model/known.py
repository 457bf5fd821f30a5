"""What earlier runs know of a file of the pair: one row of the compacted ledger."""

from __future__ import annotations

import enum
from typing import NamedTuple


class KnownFile(NamedTuple):
    """The last known state of one file that arrived. Rows are ordered by `path`, each path once."""

    path: str  # below the target base
    source: str  # the whole name of its source, without keys
    source_length: int  # in bytes
    source_mtime_ms: int  # of the version that was read
    source_etag: str  # of the version that was read; empty where its store has none
    target_length: int  # in bytes
    target_etag: str  # empty where its store has none
    target_mtime_ms: int  # -1 where its store did not say
    crc64: int | None  # CRC-64/XZ of the bytes read
    crc32c: int | None  # CRC-32C of the bytes read
    stored_crc64: int | None  # CRC-64 that OSS reported of its side
    source_crc32c: int | None  # COMPOSITE-CRC32C that HDFS stated of the source, where it was asked
    target_crc32c: int | None  # the same of a file written to HDFS
    proof: str  # end-to-end, transfer, length, none
    part_count: int  # parts of the upload; 0 for a file in one piece
    run: str  # the run that copied it, or that compared its checksums last


class Standing(enum.Enum):
    """How a file stands to what is known of it.

    UNKNOWN          nothing is known, or nothing was proven
    PROVEN           it was proven, and neither side has changed since
    TARGET_CHANGED   it was proven; the target is another version since, the source is not
    SOURCE_CHANGED   it was proven; the source is another version since
    """

    UNKNOWN = "unknown"
    PROVEN = "proven"
    TARGET_CHANGED = "target changed"
    SOURCE_CHANGED = "source changed"

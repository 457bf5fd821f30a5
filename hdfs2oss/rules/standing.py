"""How a pair of files stands to what the ledger knows of it: by what listings tell, so at no request a file.

    known                      source since    target since    standing
    ------------------------   -------------   -------------   --------------
    nothing                    any             any             UNKNOWN
    of another source          any             any             UNKNOWN
    proof none, or length      any             any             UNKNOWN
    proven                     another         any             SOURCE_CHANGED
    proven                     the same        another         TARGET_CHANGED
    proven                     the same        the same        PROVEN

The same is: of the same length and time, and of the same ETag where both are known. A target that has ETags goes by
them and not by its time, which a store gives that knows whole seconds only.
"""

from __future__ import annotations

from ..model.known import KnownFile, Standing
from ..model.values import FileStatus

PROVEN_LEVELS = ("end-to-end", "transfer")


def standing_of(known: KnownFile | None, source: FileStatus, target: FileStatus) -> Standing:
    """Compare two rows of listings with the row of the ledger; that it is about this source is seen to before."""
    if known is None or known.proof not in PROVEN_LEVELS:
        return Standing.UNKNOWN
    if is_new_version(known, source):
        return Standing.SOURCE_CHANGED
    return Standing.PROVEN if _is_same_target(known, target) else Standing.TARGET_CHANGED


def is_new_version(known: KnownFile | None, source: FileStatus) -> bool:
    """Whether another version of the source was copied, and proven."""
    return known is not None and known.proof in PROVEN_LEVELS and not _is_same_source(known, source)


def _is_same_source(known: KnownFile, source: FileStatus) -> bool:
    is_same_version = not known.source_etag or not source.etag or known.source_etag == source.etag
    return (known.source_length, known.source_mtime_ms) == (source.length, source.mtime_ms) and is_same_version


def _is_same_target(known: KnownFile, target: FileStatus) -> bool:
    if known.target_length != target.length:
        return False
    if known.target_etag or target.etag:
        return known.target_etag == target.etag
    return known.target_mtime_ms >= 0 and known.target_mtime_ms == target.mtime_ms


def recorded_sums(known: KnownFile | None, source: FileStatus) -> tuple[int | None, int | None]:
    """CRC-64 and CRC-32C of what the source holds, where it was read and has not changed since."""
    if known is None or known.proof not in PROVEN_LEVELS or not _is_same_source(known, source):
        return None, None
    return known.crc64, known.crc32c

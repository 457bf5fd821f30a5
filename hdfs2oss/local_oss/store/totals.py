"""What a bucket holds, added up; costs a scan of it."""

from __future__ import annotations

from typing import NamedTuple

from hdfs2oss.local_oss.store.rows import DELETE_MARKER, Bucket
from hdfs2oss.local_oss.store.store import Store

_MIN_BILLED_BYTES = 64 * 1024
"""What an object counts at least for in every class but Standard."""


class ClassTotal(NamedTuple):
    """All versions of one storage class."""

    size_bytes: int
    billed_bytes: int
    objects: int


class Totals(NamedTuple):
    """All of a bucket."""

    by_class: dict[str, ClassTotal]
    markers: int
    uploads: int
    parts: int


def totals_of(store: Store, bucket: Bucket) -> Totals:
    """Add up objects, their older versions, and open uploads."""
    versions = "SELECT storage_class, kind, size FROM {} WHERE bucket = ?1"
    with store.index.reading() as connection:
        rows = connection.execute(
            f"SELECT storage_class, sum(size), sum(max(size, {_MIN_BILLED_BYTES})), count(*) FROM"
            f" ({versions.format('objects')} UNION ALL {versions.format('versions')})"
            f" WHERE kind <> '{DELETE_MARKER}' GROUP BY storage_class",
            (bucket.id,),
        ).fetchall()
        (markers,) = connection.execute(
            "SELECT count(*) FROM versions WHERE bucket = ? AND kind = ?", (bucket.id, DELETE_MARKER)
        ).fetchone()
        uploads, parts = connection.execute(
            "SELECT count(DISTINCT upload_id), count(number) FROM uploads LEFT JOIN parts USING (upload_id)"
            " WHERE bucket = ?",
            (bucket.id,),
        ).fetchone()
    return Totals({name: ClassTotal(*numbers) for name, *numbers in rows}, markers, uploads, parts)

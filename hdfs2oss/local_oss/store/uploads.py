"""Multipart uploads: open ones, their parts, and what becomes of them."""

from __future__ import annotations

import json
import os

from hdfs2oss.local_oss.store.bodies import Bodies
from hdfs2oss.local_oss.store.objects import attributes_of
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.refusals import NoSuchUpload
from hdfs2oss.local_oss.store.rows import Part, Received, Upload


class Uploads:
    """Changes to open uploads, within a transaction on their bucket. Those completed or aborted are gone."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    def begin(self, opened: OpenBucket, upload: Upload) -> None:
        """Begin an upload."""
        attributes = upload.attributes
        opened.connection.execute(
            "INSERT INTO uploads"
            " (bucket, key, upload_id, initiated_ms, storage_class, acl, tags, headers, is_sequential)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                opened.bucket.id,
                upload.key.encode(),
                upload.upload_id,
                upload.initiated_ms,
                attributes.storage_class,
                attributes.acl,
                json.dumps(attributes.tags) if attributes.tags else "",
                json.dumps(attributes.headers),
                upload.is_sequential,
            ),
        )

    def put_part(self, opened: OpenBucket, upload: Upload, part: Part, received: Received) -> None:
        """Publish a part in place of the one of that number; its `body` is not looked at. Raises NoSuchUpload."""
        connection = opened.connection
        find_upload(opened, upload.key, upload.upload_id)
        old = connection.execute(
            "SELECT body FROM parts WHERE upload_id = ? AND number = ?", (upload.upload_id, part.number)
        ).fetchone()
        if old:
            self._bodies.drop(connection, old[0])
        connection.execute(
            "INSERT OR REPLACE INTO parts (upload_id, number, etag, crc64, size, modified_ms, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                upload.upload_id,
                part.number,
                part.etag,
                str(part.crc64),
                part.size,
                part.modified_ms,
                self._bodies.add(connection, [received]),
            ),
        )

    def close(self, opened: OpenBucket, upload: Upload, unused: list[Part]) -> None:
        """Forget an upload; the bodies of `unused` parts go, the others have become the object's."""
        connection = opened.connection
        for part in unused:
            self._bodies.drop(connection, part.body)
        connection.execute("DELETE FROM parts WHERE upload_id = ?", (upload.upload_id,))
        connection.execute(
            "DELETE FROM uploads WHERE bucket = ? AND key = ? AND upload_id = ?",
            (opened.bucket.id, upload.key.encode(), upload.upload_id),
        )


def new_upload_id() -> str:
    """32 upper-case hex digits."""
    return os.urandom(16).hex().upper()


def find_upload(opened: OpenBucket, key: str, upload_id: str) -> Upload:
    """An open upload of that key. Raises NoSuchUpload."""
    row = opened.connection.execute(
        "SELECT initiated_ms, headers, storage_class, acl, tags, is_sequential FROM uploads"
        " WHERE bucket = ? AND key = ? AND upload_id = ?",
        (opened.bucket.id, key.encode(), upload_id),
    ).fetchone()
    if row is None:
        raise NoSuchUpload(upload_id)
    return Upload(key, upload_id, row[0], attributes_of(*row[1:5]), bool(row[5]))


def find_parts(opened: OpenBucket, upload: Upload, after: int = 0, count: int = 1 << 30) -> list[Part]:
    """Up to `count` parts with numbers above `after`, in order of number."""
    rows = opened.connection.execute(
        "SELECT number, etag, crc64, size, modified_ms, body FROM parts"
        " WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?",
        (upload.upload_id, after, count),
    )
    return [Part(row[0], row[1], int(row[2]), *row[3:]) for row in rows]

"""Multipart uploads: open ones, their parts, and what becomes of them."""

from __future__ import annotations

import json
import os
import sqlite3

from hdfs2oss.local_oss.errors import no_such_upload
from hdfs2oss.local_oss.store.objects import attributes_of
from hdfs2oss.local_oss.store.rows import Bucket, Part, Received, Upload
from hdfs2oss.local_oss.store.store import Store


class Uploads:
    """The open uploads of a store. Those that are completed or aborted are gone."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, bucket: Bucket, upload: Upload) -> None:
        """Begin an upload."""
        attributes = upload.attributes
        with self._store.writing(bucket) as connection:
            connection.execute(
                "INSERT INTO uploads"
                " (bucket, key, upload_id, initiated_ms, storage_class, acl, tags, headers, is_sequential)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    bucket.id,
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

    def find(self, bucket: Bucket, key: str, upload_id: str) -> Upload:
        """An open upload of that key, else NoSuchUpload."""
        with self._store.index.reading() as connection:
            return find_upload(connection, bucket, key, upload_id)

    def put_part(self, bucket: Bucket, upload: Upload, part: Part, received: Received) -> None:
        """Publish a part in place of the one of that number; its `body` is not looked at."""
        bodies = self._store.bodies
        with self._store.writing(bucket) as connection:
            find_upload(connection, bucket, upload.key, upload.upload_id)
            old = connection.execute(
                "SELECT body FROM parts WHERE upload_id = ? AND number = ?", (upload.upload_id, part.number)
            ).fetchone()
            if old:
                bodies.drop(connection, old[0])
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
                    bodies.add(connection, [received]),
                ),
            )

    def parts(self, bucket: Bucket, upload: Upload, after: int, count: int) -> list[Part]:
        """Up to `count` parts with numbers above `after`."""
        with self._store.index.reading() as connection:
            find_upload(connection, bucket, upload.key, upload.upload_id)
            return find_parts(connection, upload.upload_id, after, count)

    def close(self, connection: sqlite3.Connection, bucket: Bucket, upload: Upload, unused: list[Part]) -> None:
        """Forget an upload; the bodies of `unused` parts go, the others have become the object's."""
        for part in unused:
            self._store.bodies.drop(connection, part.body)
        connection.execute("DELETE FROM parts WHERE upload_id = ?", (upload.upload_id,))
        connection.execute(
            "DELETE FROM uploads WHERE bucket = ? AND key = ? AND upload_id = ?",
            (bucket.id, upload.key.encode(), upload.upload_id),
        )


def new_upload_id() -> str:
    """32 upper-case hex digits."""
    return os.urandom(16).hex().upper()


def find_upload(connection: sqlite3.Connection, bucket: Bucket, key: str, upload_id: str) -> Upload:
    """An open upload of that key, else NoSuchUpload."""
    row = connection.execute(
        "SELECT initiated_ms, headers, storage_class, acl, tags, is_sequential FROM uploads"
        " WHERE bucket = ? AND key = ? AND upload_id = ?",
        (bucket.id, key.encode(), upload_id),
    ).fetchone()
    if row is None:
        raise no_such_upload(upload_id)
    return Upload(key, upload_id, row[0], attributes_of(*row[1:5]), bool(row[5]))


def find_parts(connection: sqlite3.Connection, upload_id: str, after: int = 0, count: int = 1 << 30) -> list[Part]:
    """Parts in order of number."""
    rows = connection.execute(
        "SELECT number, etag, crc64, size, modified_ms, body FROM parts"
        " WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?",
        (upload_id, after, count),
    )
    return [Part(row[0], row[1], int(row[2]), *row[3:]) for row in rows]

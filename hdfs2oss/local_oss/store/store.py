"""The store: buckets and objects. Multipart uploads and lists have modules of their own."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hdfs2oss.local_oss.errors import OssError, no_such_bucket
from hdfs2oss.local_oss.store.bodies import Bodies, StoredBody
from hdfs2oss.local_oss.store.datafiles import DataFiles
from hdfs2oss.local_oss.store.index import Index
from hdfs2oss.local_oss.store.rows import Attributes, Bucket, StoredObject
from hdfs2oss.model.errors import UsageError

_COLUMNS = "key, kind, size, etag, crc64, md5, modified_ms, headers, storage_class, acl, tags, link_target, body"


class Store:
    """Everything under one directory, which only one process may have open.

    Methods raise the service's answers (NoSuchBucket, BucketNotEmpty ...). A change is committed when its
    method returns.
    """

    def __init__(self, directory: Path, max_inline_bytes: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock_file = _lock(directory)
        self.index = Index(directory / "index.sqlite")
        self.files = DataFiles(directory / "data", max_inline_bytes)
        self.bodies = Bodies(self.index, self.files)
        with self.index.reading() as connection:
            rows = connection.execute("SELECT id, name, created_ms, acl, storage_class, redundancy FROM buckets")
            # Each request names a bucket; a copy of this small table spares it a query.
            self._buckets = {row[1]: Bucket(*row) for row in rows}

    def close(self) -> None:
        """Let go of the directory."""
        self.index.close()
        # A child forked meanwhile holds the same lock, so closing our end would not be enough.
        fcntl.flock(self._lock_file, fcntl.LOCK_UN)
        os.close(self._lock_file)

    def buckets(self) -> list[Bucket]:
        """All buckets in order of name."""
        return sorted(self._buckets.values(), key=lambda bucket: bucket.name)

    def bucket(self, name: str) -> Bucket:
        """The bucket of that name, else NoSuchBucket."""
        bucket = self._buckets.get(name)
        if bucket is None:
            raise no_such_bucket(name)
        return bucket

    def put_bucket(self, bucket: Bucket) -> None:
        """Create a bucket, or replace the properties of the one of that name; the id is not looked at."""
        with self.bodies.writing() as connection:
            connection.execute(
                "INSERT INTO buckets (name, created_ms, acl, storage_class, redundancy)"
                " VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET acl = excluded.acl",
                bucket[1:],
            )
            row = connection.execute(
                "SELECT id, name, created_ms, acl, storage_class, redundancy FROM buckets WHERE name = ?",
                (bucket.name,),
            ).fetchone()
            self._buckets[bucket.name] = Bucket(*row)

    def delete_bucket(self, name: str) -> None:
        """Delete an empty bucket; objects and open uploads both make it BucketNotEmpty."""
        with self.bodies.writing() as connection:
            bucket = self.bucket(name)
            for table in ("objects", "uploads"):
                if connection.execute(f"SELECT 1 FROM {table} WHERE bucket = ? LIMIT 1", (bucket.id,)).fetchone():
                    raise OssError(
                        409,
                        "BucketNotEmpty",
                        "The bucket has objects. Please delete them first.",
                        {"BucketName": name},
                        number="0015-00000301",
                    )
            connection.execute("DELETE FROM buckets WHERE id = ?", (bucket.id,))
            del self._buckets[name]

    def totals(self, bucket: Bucket) -> tuple[int, int, int]:
        """(bytes, objects, open uploads) of a bucket; costs a scan."""
        with self.index.reading() as connection:
            size, count = connection.execute(
                "SELECT ifnull(sum(size), 0), count(*) FROM objects WHERE bucket = ?", (bucket.id,)
            ).fetchone()
            (uploads,) = connection.execute("SELECT count(*) FROM uploads WHERE bucket = ?", (bucket.id,)).fetchone()
        return size, count, uploads

    def find(self, bucket: Bucket, key: str) -> StoredObject | None:
        """An object, or None."""
        with self.index.reading() as connection:
            return find_object(connection, bucket, key)

    def open(
        self, bucket: Bucket, key: str, span_of: Callable[[StoredObject], tuple[int, int]]
    ) -> tuple[StoredObject, bytes | StoredBody] | None:
        """An object with (start, length) of its bytes, chosen by `span_of` once the object is known.

        Object and bytes belong together, whatever is written meanwhile. None if there is no such object.
        """
        with self.index.reading() as connection:
            found = find_object(connection, bucket, key)
            if found is None:
                return None
            start, length = span_of(found)
            return found, self.bodies.open(connection, found.body, start, length)

    @contextmanager
    def writing(self, bucket: Bucket) -> Iterator[sqlite3.Connection]:
        """A transaction on a bucket that still exists."""
        with self.bodies.writing() as connection:
            current = self._buckets.get(bucket.name)
            if current is None or current.id != bucket.id:
                raise no_such_bucket(bucket.name)
            yield connection

    def put(self, connection: sqlite3.Connection, bucket: Bucket, stored: StoredObject) -> None:
        """Publish an object in place of the one of that key, whose body is dropped unless it is the same."""
        key = stored.key.encode()
        old = connection.execute("SELECT body FROM objects WHERE bucket = ? AND key = ?", (bucket.id, key)).fetchone()
        if old and old[0] != stored.body:
            self.bodies.drop(connection, old[0])
        attributes = stored.attributes
        values = (
            bucket.id,
            key,
            stored.kind,
            stored.size,
            stored.etag,
            None if stored.crc64 is None else str(stored.crc64),
            stored.md5,
            stored.modified_ms,
            json.dumps(attributes.headers) if attributes.headers else "",
            attributes.storage_class,
            attributes.acl,
            json.dumps(attributes.tags) if attributes.tags else "",
            stored.link_target,
            stored.body,
        )
        connection.execute(
            f"INSERT OR REPLACE INTO objects (bucket, {_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            values,
        )

    def delete(self, connection: sqlite3.Connection, bucket: Bucket, key: str) -> None:
        """Delete an object that may be there."""
        encoded = key.encode()
        old = connection.execute(
            "SELECT body FROM objects WHERE bucket = ? AND key = ?", (bucket.id, encoded)
        ).fetchone()
        if old:
            self.bodies.drop(connection, old[0])
            connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket.id, encoded))


def find_object(connection: sqlite3.Connection, bucket: Bucket, key: str) -> StoredObject | None:
    """An object, or None; within a transaction or a reading."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key = ?", (bucket.id, key.encode())
    ).fetchone()
    return _object_of(row) if row else None


def attributes_of(headers: str, storage_class: str, acl: str, tags: str) -> Attributes:
    """Attributes from their columns."""
    return Attributes(
        json.loads(headers) if headers else {},
        storage_class,
        acl,
        tuple((name, value) for name, value in json.loads(tags)) if tags else (),
    )


def _object_of(row: tuple[Any, ...]) -> StoredObject:
    key, kind, size, etag, crc64, md5, modified_ms, *attributes, link_target, body = row
    return StoredObject(
        key.decode(),
        kind,
        size,
        etag,
        None if crc64 is None else int(crc64),
        md5,
        modified_ms,
        attributes_of(*attributes),
        link_target,
        body,
    )


def _lock(directory: Path) -> int:
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UsageError(
            f"{directory} is in use by another local OSS server",
            "Stop that server, or give this one another --dir.",
        ) from None
    return descriptor

"""The store: buckets, and the way in to what they hold. Lists and totals have modules of their own."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hdfs2oss.local_oss.store.bodies import Bodies
from hdfs2oss.local_oss.store.datafiles import DataFiles
from hdfs2oss.local_oss.store.index import Index
from hdfs2oss.local_oss.store.objects import Objects, find_object
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.refusals import BucketNotEmpty, NoSuchBucket
from hdfs2oss.local_oss.store.rows import Bucket, StoredObject
from hdfs2oss.local_oss.store.stored_body import StoredBody
from hdfs2oss.local_oss.store.uploads import Uploads
from hdfs2oss.model.errors import UsageError

Finder = Callable[[OpenBucket], StoredObject]
"""How a request finds its object; raises the answer if there is none."""

_BUCKETS = "SELECT id, name, created_ms, acl, storage_class, redundancy, versioning, encryption FROM buckets"


class Store:
    """Everything under one directory, which only one process may have open.

    What it cannot do it refuses (`refusals`). A change is committed when its method, or the block of
    `writing`, has ended.
    """

    def __init__(self, directory: Path, max_inline_bytes: int, is_forgetful: bool = False) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock_file = _lock(directory)
        self.index = Index(directory / "index.sqlite")
        self.files = DataFiles(directory / "data", max_inline_bytes, is_forgetful)
        self.bodies = Bodies(self.index, self.files)
        self.objects = Objects(self.index, self.bodies)
        self.uploads = Uploads(self.bodies)
        with self.index.reading() as connection:
            # Each request names a bucket; a copy of this small table spares it a query.
            self._buckets = {row[1]: _bucket_of(row) for row in connection.execute(_BUCKETS)}

    def close(self) -> None:
        """Let go of the directory."""
        self.index.close()
        self.files.close()
        # A child forked meanwhile holds the same lock, so closing our end would not be enough.
        fcntl.flock(self._lock_file, fcntl.LOCK_UN)
        os.close(self._lock_file)

    def buckets(self) -> list[Bucket]:
        """All buckets in order of name."""
        return sorted(self._buckets.values(), key=lambda bucket: bucket.name)

    def bucket(self, name: str) -> Bucket:
        """The bucket of that name. Raises NoSuchBucket."""
        bucket = self._buckets.get(name)
        if bucket is None:
            raise NoSuchBucket(name)
        return bucket

    def create_bucket(self, bucket: Bucket) -> None:
        """Create a bucket, if there is none of that name; the id is not looked at."""
        self.put_bucket(bucket.name, lambda existing: existing or bucket)

    def put_bucket(self, name: str, change: Callable[[Bucket | None], Bucket]) -> None:
        """Make a bucket what `change` makes of it; it is given None where there is none of that name.

        Nobody else changes it meanwhile. The id is not looked at; what `change` raises leaves all as it was.
        """
        with self.bodies.writing() as connection:
            bucket = change(self._buckets.get(name))
            connection.execute(
                "INSERT INTO buckets (name, created_ms, acl, storage_class, redundancy, versioning, encryption)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET acl = excluded.acl, versioning = excluded.versioning,"
                " encryption = excluded.encryption",
                (*bucket[1:7], json.dumps(bucket.encryption) if bucket.encryption else ""),
            )
            row = connection.execute(f"{_BUCKETS} WHERE name = ?", (name,)).fetchone()
            self.bodies.when_committed(lambda: self._buckets.update({name: _bucket_of(row)}))

    def delete_bucket(self, name: str) -> None:
        """Delete an empty bucket. Raises NoSuchBucket, and BucketNotEmpty for objects as for open uploads."""
        with self.bodies.writing() as connection:
            bucket = self.bucket(name)
            for table in ("objects", "versions", "uploads"):
                if connection.execute(f"SELECT 1 FROM {table} WHERE bucket = ? LIMIT 1", (bucket.id,)).fetchone():
                    raise BucketNotEmpty(name)
            connection.execute("DELETE FROM configurations WHERE bucket = ?", (bucket.id,))
            connection.execute("DELETE FROM buckets WHERE id = ?", (bucket.id,))
            self.bodies.when_committed(lambda: self._buckets.pop(name))

    def find(self, bucket: Bucket, key: str) -> StoredObject | None:
        """The current version of a key, or None."""
        with self.reading(bucket) as opened:
            return find_object(opened, key)

    def open(
        self, bucket: Bucket, finder: Finder, span_of: Callable[[StoredObject], tuple[int, int]]
    ) -> tuple[StoredObject, bytes | StoredBody]:
        """An object with (start, length) of its bytes, chosen by `span_of` once the object is known.

        Object and bytes belong together, whatever is written meanwhile. Raises BodyForgotten.
        """
        with self.reading(bucket) as opened:
            found = finder(opened)
            start, length = span_of(found)
            return found, self.bodies.open(opened.connection, found.body, start, length)

    @contextmanager
    def reading(self, bucket: Bucket) -> Iterator[OpenBucket]:
        """A bucket as it is, while nobody writes."""
        with self.index.reading() as connection:
            yield OpenBucket(connection, bucket)

    @contextmanager
    def writing(self, bucket: Bucket) -> Iterator[OpenBucket]:
        """A transaction on a bucket that still exists, with the properties it has now. Raises NoSuchBucket."""
        with self.bodies.writing() as connection:
            current = self._buckets.get(bucket.name)
            if current is None or current.id != bucket.id:
                raise NoSuchBucket(bucket.name)
            yield OpenBucket(connection, current)

    def configuration(self, bucket: Bucket, name: str) -> bytes | None:
        """A configuration document of a bucket, None if it has none of that name."""
        with self.reading(bucket) as (connection, _):
            row = connection.execute(
                "SELECT document FROM configurations WHERE bucket = ? AND name = ?", (bucket.id, name)
            ).fetchone()
        return bytes(row[0]) if row else None

    def configure(self, bucket: Bucket, name: str, document: bytes | None) -> None:
        """Keep a configuration document in place of the one of that name; None removes it."""
        with self.writing(bucket) as (connection, _):
            connection.execute("DELETE FROM configurations WHERE bucket = ? AND name = ?", (bucket.id, name))
            if document is not None:
                connection.execute("INSERT INTO configurations VALUES (?, ?, ?)", (bucket.id, name, document))


def _bucket_of(row: tuple[Any, ...]) -> Bucket:
    encryption = tuple((name, value) for name, value in json.loads(row[7])) if row[7] else ()
    return Bucket(row[0], row[1], row[2], row[3], row[4], row[5], row[6], encryption)


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

"""Objects and their versions.

The current version of a key is a row of `objects`; what it replaced, and delete markers, are rows of
`versions`. What a write does depends on the bucket:

| versioning | put                                            | delete without a version id                |
|------------|------------------------------------------------|--------------------------------------------|
| never on   | replaces the object                            | removes the object                         |
| Enabled    | keeps the one before, the new one has an id    | keeps the one before, adds a marker        |
| Suspended  | replaces the version "null", keeps all others  | the same, with a marker of the id "null"   |

Removing a version makes the newest that is left the current one, unless that is a marker.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from typing import Any, NamedTuple

from hdfs2oss.local_oss.store.bodies import Bodies
from hdfs2oss.local_oss.store.index import Index
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.rows import (
    DELETE_MARKER,
    ENABLED,
    NULL_VERSION,
    Attributes,
    Bucket,
    StoredObject,
)

_COLUMNS = (
    "key, kind, size, etag, crc64, md5, modified_ms, headers, storage_class, acl, tags, link_target, body,"
    " version_id, sequence, restored_ms, restored_until_ms"
)
_VALUES = ",".join("?" * 18)
_VERSION_ID = re.compile(r"CAEQ([0-9a-f]{16})[0-9a-f]{28}", re.ASCII)


class Deleted(NamedTuple):
    """What a deletion removed or added: `version_id` and whether that is a delete marker; '' for nothing."""

    version_id: str
    is_marker: bool


class Objects:
    """Changes to objects, within a transaction on their bucket."""

    def __init__(self, index: Index, bodies: Bodies) -> None:
        self._bodies = bodies
        with index.reading() as connection:
            (self._sequence,) = connection.execute(
                "SELECT max(ifnull((SELECT max(sequence) FROM objects), 0),"
                " ifnull((SELECT max(sequence) FROM versions), 0))"
            ).fetchone()

    def put(self, opened: OpenBucket, stored: StoredObject) -> StoredObject:
        """Publish a new version of a key, whose id and number are made here."""
        connection, bucket = opened
        self._make_room(opened, stored.key)
        numbered = self._numbered(bucket, stored)
        connection.execute(
            f"INSERT OR REPLACE INTO objects (bucket, {_COLUMNS}) VALUES ({_VALUES})", _row_of(bucket, numbered)
        )
        return numbered

    def put_many(self, opened: OpenBucket, example: StoredObject, count: int) -> None:
        """Publish `count` objects like the example, wherever there is none yet; its bytes are nobody's own.

        Their keys are the example's and a number of eight digits.
        """
        connection, bucket = opened
        columns, values = _COLUMNS.removeprefix("key, "), ",".join(f"?{place}" for place in range(4, 20))
        row = _row_of(bucket, self._numbered(bucket, example))
        connection.execute(
            "WITH RECURSIVE numbers(n) AS (SELECT 0 WHERE ?1 > 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)"
            f" INSERT OR IGNORE INTO objects (bucket, key, {columns})"
            f" SELECT ?2, CAST(?3 || printf('%08d', n) AS BLOB), {values} FROM numbers",
            (count, row[0], example.key, *row[2:]),
        )

    def update(self, opened: OpenBucket, stored: StoredObject) -> None:
        """Put other attributes or more bytes in place of a version's own."""
        connection, bucket = opened
        is_current = connection.execute(
            "SELECT 1 FROM objects WHERE bucket = ? AND key = ? AND sequence = ?",
            (bucket.id, stored.key.encode(), stored.sequence),
        ).fetchone()
        connection.execute(
            f"INSERT OR REPLACE INTO {'objects' if is_current else 'versions'} (bucket, {_COLUMNS}) VALUES ({_VALUES})",
            _row_of(bucket, stored),
        )

    def delete(self, opened: OpenBucket, key: str, now_ms: int) -> Deleted:
        """Delete an object that may be there; with versioning, by adding a marker."""
        connection, bucket = opened
        self._make_room(opened, key)
        connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket.id, key.encode()))
        if not bucket.versioning:
            return Deleted("", False)
        marker = StoredObject(key, DELETE_MARKER, 0, "", None, "", now_ms, Attributes())
        marker = self._numbered(bucket, marker)
        connection.execute(f"INSERT INTO versions (bucket, {_COLUMNS}) VALUES ({_VALUES})", _row_of(bucket, marker))
        return Deleted(marker.version_id, True)

    def delete_version(self, opened: OpenBucket, key: str, version_id: str) -> Deleted:
        """Remove one version, or marker, that may be there."""
        connection, bucket = opened
        found = find_object(opened, key, version_id)
        if found is None:
            return Deleted(version_id, False)
        self._bodies.drop(connection, found.body)
        place = (bucket.id, key.encode(), found.sequence)
        for table in ("objects", "versions"):
            connection.execute(f"DELETE FROM {table} WHERE bucket = ? AND key = ? AND sequence = ?", place)
        self._promote(opened, key)
        return Deleted(version_id, found.kind == DELETE_MARKER)

    def _make_room(self, opened: OpenBucket, key: str) -> None:
        """Keep the current version where it must be kept, and drop the body of the one that is replaced."""
        connection, bucket = opened
        place = (bucket.id, key.encode())
        current = connection.execute(
            "SELECT body, version_id FROM objects WHERE bucket = ? AND key = ?", place
        ).fetchone()
        if current and (bucket.versioning == ENABLED or current[1] != NULL_VERSION):
            connection.execute(
                f"INSERT INTO versions (bucket, {_COLUMNS})"
                f" SELECT bucket, {_COLUMNS} FROM objects WHERE bucket = ? AND key = ?",
                place,
            )
        elif current:
            self._bodies.drop(connection, current[0])
        if bucket.versioning and bucket.versioning != ENABLED:
            older = connection.execute(
                "SELECT body, sequence FROM versions WHERE bucket = ? AND key = ? AND version_id = ?",
                (*place, NULL_VERSION),
            ).fetchall()
            for body, sequence in older:
                self._bodies.drop(connection, body)
                connection.execute(
                    "DELETE FROM versions WHERE bucket = ? AND key = ? AND sequence = ?", (*place, sequence)
                )

    def _promote(self, opened: OpenBucket, key: str) -> None:
        """Make the newest version current, if no other is and it is no marker."""
        connection, bucket = opened
        place = (bucket.id, key.encode())
        if connection.execute("SELECT 1 FROM objects WHERE bucket = ? AND key = ?", place).fetchone():
            return
        newest = connection.execute(
            "SELECT kind, sequence FROM versions WHERE bucket = ? AND key = ? ORDER BY sequence DESC LIMIT 1", place
        ).fetchone()
        if newest is None or newest[0] == DELETE_MARKER:
            return
        where = "WHERE bucket = ? AND key = ? AND sequence = ?"
        connection.execute(
            f"INSERT INTO objects (bucket, {_COLUMNS}) SELECT bucket, {_COLUMNS} FROM versions {where}",
            (*place, newest[1]),
        )
        connection.execute(f"DELETE FROM versions {where}", (*place, newest[1]))

    def _numbered(self, bucket: Bucket, stored: StoredObject) -> StoredObject:
        self._sequence += 1
        is_enabled = bucket.versioning == ENABLED
        version_id = f"CAEQ{self._sequence:016x}{os.urandom(14).hex()}" if is_enabled else NULL_VERSION
        return replace(stored, version_id=version_id, sequence=self._sequence)


def is_version_id(text: str) -> bool:
    """Whether this could be the id of a version."""
    return text == NULL_VERSION or _VERSION_ID.fullmatch(text) is not None


def find_object(opened: OpenBucket, key: str, version_id: str = "") -> StoredObject | None:
    """The current version of a key, or the one of that id, which may be a delete marker; None if there is none."""
    connection, bucket = opened
    place = (bucket.id, key.encode())
    row = connection.execute(f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key = ?", place).fetchone()
    if version_id and (row is None or row[13] != version_id):
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key = ? AND version_id = ?", (*place, version_id)
        ).fetchone()
    return _object_of(row) if row else None


def latest_marker(opened: OpenBucket, key: str) -> str:
    """The id of the delete marker that hides a key which has no current version, '' if none does."""
    row = opened.connection.execute(
        "SELECT version_id FROM versions WHERE bucket = ? AND key = ? ORDER BY sequence DESC LIMIT 1",
        (opened.bucket.id, key.encode()),
    ).fetchone()
    return str(row[0]) if row else ""


def sequence_of(opened: OpenBucket, key: str, version_id: str) -> int:
    """The number of a version, also of one that is gone if its id tells; 0 if nothing does."""
    match = _VERSION_ID.fullmatch(version_id)
    if match:
        return int(match.group(1), 16)
    found = find_object(opened, key, version_id)
    return found.sequence if found else 0


def attributes_of(headers: str, storage_class: str, acl: str, tags: str) -> Attributes:
    """Attributes from their columns."""
    return Attributes(
        json.loads(headers) if headers else {},
        storage_class,
        acl,
        tuple((name, value) for name, value in json.loads(tags)) if tags else (),
    )


def _object_of(row: tuple[Any, ...]) -> StoredObject:
    key, kind, size, etag, crc64, md5, modified_ms, headers, storage_class, acl, tags, *rest = row
    return StoredObject(
        key.decode(),
        kind,
        size,
        etag,
        None if crc64 is None else int(crc64),
        md5,
        modified_ms,
        attributes_of(headers, storage_class, acl, tags),
        *rest,
    )


def _row_of(bucket: Bucket, stored: StoredObject) -> tuple[Any, ...]:
    attributes = stored.attributes
    return (
        bucket.id,
        stored.key.encode(),
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
        stored.version_id,
        stored.sequence,
        stored.restored_ms,
        stored.restored_until_ms,
    )

"""Pages of keys, at the cost of the page: a common prefix is stepped over by seeking past it.

Keys run in the byte order of their UTF-8. With a delimiter, all keys that share a prefix up to and
including the first delimiter after `prefix` are one entry, the common prefix. A page that ends in a common
prefix continues after all of its keys; so does a client's marker that is itself a common prefix.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

from hdfs2oss.local_oss.store.objects import attributes_of, sequence_of
from hdfs2oss.local_oss.store.rows import Bucket, ListedObject, ListedVersion, Upload
from hdfs2oss.local_oss.store.store import Store

_LISTED = "key, kind, size, etag, modified_ms, storage_class, restored_ms, restored_until_ms"
_OBJECTS = f"SELECT {_LISTED} FROM objects"


class ListQuery(NamedTuple):
    """What to list: at most `limit` entries after `after`."""

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    limit: int = 100


class ObjectPage(NamedTuple):
    """`last` is the last entry of the page, key or common prefix: the next page's `after`."""

    objects: list[ListedObject]
    common_prefixes: list[str]
    is_truncated: bool
    last: str


class VersionPage(NamedTuple):
    """`last_key` and `last_version_id` continue the list."""

    versions: list[ListedVersion]
    common_prefixes: list[str]
    is_truncated: bool
    last_key: str
    last_version_id: str


class UploadPage(NamedTuple):
    """`last_key` and `last_upload_id` continue the list."""

    uploads: list[Upload]
    common_prefixes: list[str]
    is_truncated: bool
    last_key: str
    last_upload_id: str


def list_objects(store: Store, bucket: Bucket, query: ListQuery) -> ObjectPage:
    """A page of objects and common prefixes."""

    def rows_from(connection: sqlite3.Connection, key: bytes, is_included: bool, before: bytes) -> sqlite3.Cursor:
        comparison = ">=" if is_included else ">"
        return connection.execute(
            f"{_OBJECTS} WHERE bucket = ? AND key {comparison} ? AND key < ? ORDER BY key",
            (bucket.id, key, before),
        )

    with store.index.reading() as connection:
        rows, prefixes, is_truncated, last = _walk(connection, rows_from, query, query.after.encode(), False)
    objects = [ListedObject(row[0].decode(), *row[1:]) for row in rows]
    return ObjectPage(objects, prefixes, is_truncated, last.decode())


def list_versions(store: Store, bucket: Bucket, query: ListQuery, after_version_id: str) -> VersionPage:
    """A page of versions and delete markers in order of key, the newest of a key first.

    Without `after_version_id` the page begins after all versions of the key `query.after`.
    """
    after = query.after.encode()
    after_sequence = 0

    def rows_from(connection: sqlite3.Connection, key: bytes, is_included: bool, before: bytes) -> sqlite3.Cursor:
        # Older versions of the marker's own key go on after the marker's id.
        parts, values = [], []
        for table in ("objects", "versions"):
            columns = f"SELECT {_LISTED}, version_id, sequence, '{table}' FROM {table} WHERE bucket = ?"
            if after_sequence and key == after:
                parts.append(f"{columns} AND key = ? AND sequence < ?")
                values += [bucket.id, key, after_sequence]
            parts.append(f"{columns} AND key {'>=' if is_included else '>'} ? AND key < ?")
            values += [bucket.id, key, before]
        return connection.execute(f"{' UNION ALL '.join(parts)} ORDER BY 1, 10 DESC", values)

    with store.reading(bucket) as opened:
        if after_version_id:
            after_sequence = sequence_of(opened, query.after, after_version_id)
        rows, prefixes, is_truncated, last = _walk(opened.connection, rows_from, query, after, True)
    versions: list[ListedVersion] = []
    seen = query.after if after_version_id else ""
    for *listed, version_id, _, _ in rows:
        key = listed[0].decode()
        versions.append(ListedVersion(ListedObject(key, *listed[1:]), version_id, key != seen))
        seen = key
    is_key_last = bool(versions) and versions[-1].listed.key == last.decode()
    return VersionPage(versions, prefixes, is_truncated, last.decode(), versions[-1].version_id if is_key_last else "")


def list_uploads(store: Store, bucket: Bucket, query: ListQuery, after_upload_id: str) -> UploadPage:
    """A page of open uploads in order of key, then upload id.

    Without `after_upload_id` the page begins after all uploads of the key `query.after`.
    """
    columns = "key, upload_id, initiated_ms, headers, storage_class, acl, tags"
    after = query.after.encode()

    def rows_from(connection: sqlite3.Connection, key: bytes, is_included: bool, before: bytes) -> sqlite3.Cursor:
        # The uploads of the marker's own key go on after the marker's id.
        if after_upload_id and key == after:
            return connection.execute(
                f"SELECT {columns} FROM uploads WHERE bucket = ? AND (key, upload_id) > (?, ?) AND key < ?"
                " ORDER BY key, upload_id",
                (bucket.id, key, after_upload_id, before),
            )
        comparison = ">=" if is_included else ">"
        return connection.execute(
            f"SELECT {columns} FROM uploads WHERE bucket = ? AND key {comparison} ? AND key < ?"
            " ORDER BY key, upload_id",
            (bucket.id, key, before),
        )

    with store.index.reading() as connection:
        rows, prefixes, is_truncated, last = _walk(connection, rows_from, query, after, bool(after_upload_id))
    uploads = [Upload(row[0].decode(), row[1], row[2], attributes_of(*row[3:])) for row in rows]
    last_upload_id = uploads[-1].upload_id if uploads and uploads[-1].key == last.decode() else ""
    return UploadPage(uploads, prefixes, is_truncated, last.decode(), last_upload_id)


def _walk(
    connection: sqlite3.Connection,
    rows_from: Callable[[sqlite3.Connection, bytes, bool, bytes], sqlite3.Cursor],
    query: ListQuery,
    after: bytes,
    marker_has_id: bool,
) -> tuple[list[Any], list[str], bool, bytes]:
    """(rows, common prefixes, is truncated, last entry): one seek to begin and one per common prefix."""
    prefix, delimiter = query.prefix.encode(), query.delimiter.encode()
    before = successor(prefix)
    cursor, is_included = _beginning(prefix, delimiter, after)
    if marker_has_id and cursor == after:
        is_included = False
    rows: list[Any] = []
    prefixes: list[str] = []
    last = b""
    while True:
        for row in rows_from(connection, cursor, is_included, before):
            end = row[0].find(delimiter, len(prefix)) if delimiter else -1
            if len(rows) + len(prefixes) == query.limit:
                return rows, prefixes, True, last
            if end >= 0:
                last = row[0][: end + len(delimiter)]
                prefixes.append(last.decode("utf-8", "replace"))
                cursor, is_included = successor(last), True
                break
            rows.append(row)
            last = row[0]
        else:
            return rows, prefixes, False, last


def _beginning(prefix: bytes, delimiter: bytes, after: bytes) -> tuple[bytes, bool]:
    """Where to seek, and whether a key that is equal counts."""
    if after < prefix:
        return prefix, True
    end = after.find(delimiter, len(prefix)) if delimiter and after.startswith(prefix) else -1
    if end >= 0 and end + len(delimiter) == len(after):
        return successor(after), True
    return after, False


def successor(prefix: bytes) -> bytes:
    """The smallest bytes above everything that begins with `prefix`; UTF-8 has no 0xFF to overflow."""
    if not prefix:
        return b"\xff"
    return prefix[:-1] + bytes([prefix[-1] + 1])

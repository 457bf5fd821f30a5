"""The index: one SQLite file in WAL mode, one connection, one lock.

Everything a client can see is a row here, so a change is visible whole or not at all, at once, in the
order of the lock. Keys are BLOBs of UTF-8, which SQLite compares by byte. A commit is in the operating
system's hands when it returns: it survives the death of this process, not that of the machine.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hdfs2oss.model.errors import UsageError

# `objects` holds current versions only, so that lists of them cost nothing extra; everything older, and
# every delete marker, is in `versions`, the newest of a key first.
_LAYOUT = """
CREATE TABLE buckets (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL,
    acl TEXT NOT NULL, storage_class TEXT NOT NULL, redundancy TEXT NOT NULL,
    versioning TEXT NOT NULL, encryption TEXT NOT NULL);
CREATE TABLE objects (
    bucket INTEGER NOT NULL, key BLOB NOT NULL, kind TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified_ms INTEGER NOT NULL, storage_class TEXT NOT NULL, crc64 TEXT, md5 TEXT NOT NULL,
    acl TEXT NOT NULL,
    tags TEXT NOT NULL, link_target TEXT NOT NULL, body INTEGER NOT NULL, headers TEXT NOT NULL,
    version_id TEXT NOT NULL, sequence INTEGER NOT NULL,
    restored_ms INTEGER NOT NULL, restored_until_ms INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE versions (
    bucket INTEGER NOT NULL, key BLOB NOT NULL, kind TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified_ms INTEGER NOT NULL, storage_class TEXT NOT NULL, crc64 TEXT, md5 TEXT NOT NULL,
    acl TEXT NOT NULL,
    tags TEXT NOT NULL, link_target TEXT NOT NULL, body INTEGER NOT NULL, headers TEXT NOT NULL,
    version_id TEXT NOT NULL, sequence INTEGER NOT NULL,
    restored_ms INTEGER NOT NULL, restored_until_ms INTEGER NOT NULL,
    PRIMARY KEY (bucket, key, sequence DESC)) WITHOUT ROWID;
CREATE TABLE segments (
    body INTEGER NOT NULL, position INTEGER NOT NULL, size INTEGER NOT NULL, file TEXT NOT NULL, content BLOB,
    PRIMARY KEY (body, position)) WITHOUT ROWID;
CREATE TABLE uploads (
    bucket INTEGER NOT NULL, key BLOB NOT NULL, upload_id TEXT NOT NULL, initiated_ms INTEGER NOT NULL,
    storage_class TEXT NOT NULL, acl TEXT NOT NULL, tags TEXT NOT NULL, headers TEXT NOT NULL,
    is_sequential INTEGER NOT NULL,
    PRIMARY KEY (bucket, key, upload_id)) WITHOUT ROWID;
CREATE TABLE parts (
    upload_id TEXT NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, crc64 TEXT NOT NULL,
    size INTEGER NOT NULL, modified_ms INTEGER NOT NULL, body INTEGER NOT NULL,
    PRIMARY KEY (upload_id, number)) WITHOUT ROWID;
CREATE TABLE configurations (
    bucket INTEGER NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (bucket, name)) WITHOUT ROWID;
"""
_LAYOUT_NUMBER = 3
_DISK_ERRORS = ("database or disk is full", "disk I/O error")


class Index:
    """The connection and its lock. Statements run inside `reading()` only."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("PRAGMA wal_autocheckpoint=4000")
        self._connection.execute("PRAGMA cache_size=-65536")
        self._prepare(path)

    def _prepare(self, path: Path) -> None:
        (number,) = self._connection.execute("PRAGMA user_version").fetchone()
        if number not in (0, _LAYOUT_NUMBER):
            self._connection.close()
            raise UsageError(
                f"{path} was written with layout {number}, this server reads layout {_LAYOUT_NUMBER}",
                "Give the server a new --dir, or use the release that wrote this one.",
            )
        if not number:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_LAYOUT} PRAGMA user_version={_LAYOUT_NUMBER}; COMMIT;")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection while nobody else reads or writes. Raises OSError for a disk that is full or broken."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.OperationalError as error:
                if str(error) in _DISK_ERRORS:
                    raise OSError(errno.EIO, f"{error} (the index)") from error
                raise

    def close(self) -> None:
        """Write everything back into one file and let go of it."""
        with self._lock:
            self._connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end, roll back on any error, that of the commit included."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk makes SQLite roll back by itself
            connection.execute("ROLLBACK")
        raise

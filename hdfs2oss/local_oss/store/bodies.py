"""Bodies: ordered segments under a number, kept as long as an object, a part or a reader needs them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from hdfs2oss.local_oss.store.datafiles import FORGOTTEN, GENERATED, DataFiles
from hdfs2oss.local_oss.store.index import Index, transaction
from hdfs2oss.local_oss.store.refusals import BodyForgotten
from hdfs2oss.local_oss.store.rows import Received, Segment
from hdfs2oss.local_oss.store.stored_body import StoredBody

GENERATED_BODY = -1
"""The body of every synthetic object: the pattern, over and over, for as long as somebody reads."""
_NOBODYS = (0, GENERATED_BODY)


class Bodies:
    """All bodies of a store.

    A body that is overwritten while somebody reads it keeps its files until the last reader is done.
    Leases are counted under the index's lock, where rows are read and dropped, so none can slip between.
    """

    def __init__(self, index: Index, files: DataFiles) -> None:
        self._index = index
        self._files = files
        self._leases: dict[int, int] = {}
        self._doomed: dict[int, list[str]] = {}  # dropped, but still being read
        self._dropped: list[tuple[int, list[str]]] = []  # by the transaction now running
        self._updates: list[Callable[[], object]] = []  # what follows it
        with index.reading() as connection:
            (highest,) = connection.execute(
                "SELECT max(ifnull((SELECT max(body) FROM segments), 0),"
                " ifnull((SELECT max(body) FROM objects), 0), ifnull((SELECT max(body) FROM parts), 0))"
            ).fetchone()
            referred = {name for (name,) in connection.execute("SELECT file FROM segments WHERE file <> ''")}
        self._highest = int(highest)
        files.sweep(referred)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction of the index; files of the bodies it dropped go once it is committed."""
        with self._index.reading() as connection:
            try:
                with transaction(connection):
                    yield connection
                for update in self._updates:
                    update()
                removable = self._settle()
            finally:
                self._dropped.clear()
                self._updates.clear()
        for name in removable:
            self._files.remove(name)

    def when_committed(self, update: Callable[[], object]) -> None:
        """Have something follow the transaction now running, before anybody else reads; nothing if it fails."""
        self._updates.append(update)

    def _settle(self) -> list[str]:
        """The files nobody needs any more, now that the transaction is committed."""
        removable: list[str] = []
        for body, files in self._dropped:
            if body in self._leases:
                self._doomed[body] = files
            else:
                removable += files
        return removable

    def add(self, connection: sqlite3.Connection, received: Iterable[Received]) -> int:
        """Make one body of what was received, in order; 0 if all of it is empty."""
        body = position = 0
        for piece in received:
            if not piece.size:
                continue
            body = body or self._new()
            self.extend(connection, body, position, piece)
            position += piece.size
        return body

    def extend(self, connection: sqlite3.Connection, body: int, position: int, piece: Received) -> None:
        """Put more bytes at the end of a body, which is at `position`."""
        connection.execute(
            "INSERT INTO segments (body, position, size, file, content) VALUES (?, ?, ?, ?, ?)",
            (body, position, piece.size, piece.file, piece.content or None),
        )

    def join(self, connection: sqlite3.Connection, bodies: Iterable[tuple[int, int]]) -> int:
        """Make one body of others, given as (body, size); they cease to exist, no byte is moved."""
        whole = self._new()
        position = 0
        for body, size in bodies:
            connection.execute(
                "UPDATE segments SET body = ?, position = position + ? WHERE body = ?",
                (whole, position, body),
            )
            position += size
        return whole if position else 0

    def duplicate(self, connection: sqlite3.Connection, body: int) -> int:
        """A second body with the same bytes."""
        if body in _NOBODYS:
            return body
        copy = self._new()
        for segment in self.segments(connection, body):
            file = self._files.duplicate(segment.file) if segment.file else ""
            connection.execute(
                "INSERT INTO segments (body, position, size, file, content) VALUES (?, ?, ?, ?, ?)",
                (copy, segment.position, segment.size, file, segment.content),
            )
        return copy

    def drop(self, connection: sqlite3.Connection, body: int) -> None:
        """Forget a body; inside `writing()`."""
        if body in _NOBODYS:
            return
        names = connection.execute("SELECT file FROM segments WHERE body = ? AND file <> ''", (body,))
        self._dropped.append((body, [name for (name,) in names]))
        connection.execute("DELETE FROM segments WHERE body = ?", (body,))

    def segments(
        self, connection: sqlite3.Connection, body: int, start: int = 0, end: int | None = None
    ) -> list[Segment]:
        """The segments that hold bytes of [start, end), in order."""
        rows = connection.execute(
            "SELECT position, size, content, file FROM segments WHERE body = ?1 AND position < ?3"
            " AND position >= ifnull("
            "(SELECT max(position) FROM segments WHERE body = ?1 AND position <= ?2), 0)"
            " ORDER BY position",
            (body, start, (1 << 62) if end is None else end),
        )
        return [Segment(*row) for row in rows]

    def open(self, connection: sqlite3.Connection, body: int, start: int, length: int) -> bytes | StoredBody:
        """`length` bytes of a body from `start`; inside `reading()` of the row that names it.

        Bytes that live in the index are given as they are; files as a reader, which must be closed.
        Raises BodyForgotten.
        """
        if body == GENERATED_BODY and length:
            return StoredBody(self._files, [Segment(0, start + length, None, GENERATED)], (start, length), _nothing)
        segments = self.segments(connection, body, start, start + length) if body and length else []
        if any(segment.file for segment in segments):
            if any(segment.file == FORGOTTEN for segment in segments):
                raise BodyForgotten
            self._leases[body] = self._leases.get(body, 0) + 1
            return StoredBody(self._files, segments, (start, length), lambda: self.release(body))
        whole = b"".join([segment.content or b"" for segment in segments])
        offset = start - segments[0].position if segments else 0
        return whole[offset : offset + length]

    def release(self, body: int) -> None:
        """End a lease."""
        with self._index.reading():
            self._leases[body] -= 1
            if self._leases[body]:
                return
            del self._leases[body]
            files = self._doomed.pop(body, [])
        for name in files:
            self._files.remove(name)

    def _new(self) -> int:
        self._highest += 1
        return self._highest


def _nothing() -> None:
    """What there is to release of a body that has no files."""

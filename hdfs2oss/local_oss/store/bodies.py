"""Bodies: ordered segments under a number, kept as long as an object, a part or a reader needs them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hdfs2oss.local_oss.store.datafiles import DataFiles
from hdfs2oss.local_oss.store.index import Index, transaction
from hdfs2oss.local_oss.store.rows import Received, Segment

_SENDFILE_BYTES = 1 << 30


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
                removable = self._settle()
            finally:
                self._dropped.clear()
        for name in removable:
            self._files.remove(name)

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
        if not body:
            return 0
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
        if not body:
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
        """
        segments = self.segments(connection, body, start, start + length) if body and length else []
        if any(segment.file for segment in segments):
            self._leases[body] = self._leases.get(body, 0) + 1
            return StoredBody(self, self._files, body, segments, (start, length))
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


class StoredBody:
    """A range of a body on its way out: to a socket by sendfile, or into a buffer."""

    def __init__(
        self, bodies: Bodies, files: DataFiles, body: int, segments: list[Segment], span: tuple[int, int]
    ) -> None:
        self.start, self.length = span
        self._bodies = bodies
        self._files = files
        self._body = body
        self._pieces = self._cut(segments)
        self._current: tuple[int | bytes, int, int] | None = None

    def _cut(self, segments: list[Segment]) -> Iterator[tuple[Segment, int, int]]:
        """(segment, offset within it, bytes) for each segment in the span."""
        end = self.start + self.length
        for segment in segments:
            first = max(self.start, segment.position)
            last = min(end, segment.position + segment.size)
            if first < last:
                yield segment, first - segment.position, last - first

    def send(self, socket_number: int) -> None:
        """Write all of it to a blocking socket."""
        for segment, offset, count in self._pieces:
            if segment.content is not None:
                view = memoryview(segment.content)[offset : offset + count]
                while len(view):
                    view = view[os.write(socket_number, view) :]
                continue
            descriptor = os.open(self._files.path(segment.file), os.O_RDONLY)
            try:
                while count:
                    sent = os.sendfile(socket_number, descriptor, offset, min(count, _SENDFILE_BYTES))
                    if not sent:
                        raise EOFError(f"data file {segment.file} is shorter than the index says")
                    offset += sent
                    count -= sent
            finally:
                os.close(descriptor)

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`; fewer bytes than asked only at the end."""
        filled = 0
        while filled < len(target):
            if self._current is None:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                segment, offset, count = piece
                if segment.content is not None:
                    self._current = (segment.content, offset, count)
                else:
                    self._current = (os.open(self._files.path(segment.file), os.O_RDONLY), offset, count)
            filled += self._read_current(target[filled:])
        return filled

    def _read_current(self, target: memoryview) -> int:
        assert self._current is not None
        store, offset, left = self._current
        wanted = min(len(target), left)
        if isinstance(store, bytes):
            target[:wanted] = store[offset : offset + wanted]
        else:
            wanted = os.preadv(store, [target[:wanted]], offset)
            if not wanted:
                raise EOFError("a data file is shorter than the index says")
        self._current = (store, offset + wanted, left - wanted)
        if left == wanted:
            self._close_current()
        return wanted

    def _close_current(self) -> None:
        if self._current is not None and isinstance(self._current[0], int):
            os.close(self._current[0])
        self._current = None

    def close(self) -> None:
        """End the lease."""
        self._close_current()
        self._bodies.release(self._body)

"""One file being read by Java."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from ...model.errors import CorruptData, NotFound
from ...model.units import MIB
from ...model.values import FILE
from ..base import Reader
from .client import Classes, JavaStore
from .pipes import copy, open_pipe, read_pieces
from .rows import status_of

# Whose streams may be those of HDFS.
_TELL_VISIBLE = ("hdfs", "viewfs")


class JavaReader(Reader):
    """`length` is what the client says can be read: of a file on HDFS that is being written, what is visible of it."""

    piece_bytes = MIB

    def __init__(self, store: JavaStore, path: str) -> None:
        self._store = store
        self._path = path
        self._what = f"read {path}"
        self._lock = threading.Lock()
        self.length, self._version, self._stream = store.look(self._what, self._open)

    def _open(self, filesystem: Any, classes: Classes) -> tuple[int, tuple[int, int], Any]:
        """Length, version, and the stream. The status comes after: whatever is read then is as old as it, or older."""
        place = classes.path(self._path)
        stream = filesystem.open(place)
        status = status_of(sent(filesystem.getFileStatus(place), classes))
        if status.kind != FILE:
            stream.close()
            raise NotFound(f"cannot {self._what}: it is a directory")
        length = status.length
        if self._store.scheme in _TELL_VISIBLE and stream.getClass().getSimpleName() == "HdfsDataInputStream":
            length = int(stream.getVisibleLength())
        return length, (status.length, status.mtime_ms), stream

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        if size <= 0:
            return
        self.refuse_past_end(self._path, offset, size)
        source, target = open_pipe()

        def send(filesystem: Any, classes: Classes) -> None:
            try:
                out = classes.file_out(target.name)
            finally:
                # Java has an end of its own, or none is needed.
                target.close()
            stream = self._take(filesystem, classes)
            if offset:
                stream.seek(offset)
            bytes_in = stream if offset + size >= self.length else classes.limited(stream, size)
            copy(classes.io_utils, bytes_in, out, close=True)

        coming = self._store.begin(self._what, send)
        # Also where the JVM had gone, and nobody came to send.
        coming.add_done_callback(lambda _: target.close())
        left = size
        try:
            for piece in read_pieces(source, size, piece_bytes, self._what, coming.done):
                left -= len(piece)
                self._store.traffic.read(len(piece), 0)
                yield piece
            if left:
                self._end(coming)
                raise CorruptData(f"{self._path} ended {left} bytes early")
        finally:
            # Of what is not wanted any more Java hears by this.
            source.close()

    def _end(self, coming: Future[None]) -> None:
        self._store.result(self._what, coming, 60.0)

    def _take(self, filesystem: Any, classes: Classes) -> Any:
        """The open stream for the first who reads; a new one of the same version for the others.

        Raises CorruptData where there is another version by now."""
        with self._lock:
            stream, self._stream = self._stream, None
        if stream is not None:
            return stream
        _, version, stream = self._open(filesystem, classes)
        if version != self._version:
            stream.close()
            raise CorruptData(f"{self._path} was replaced while it was read")
        return stream

    def close(self) -> None:
        with self._lock:
            stream, self._stream = self._stream, None
        if stream is not None:
            self._store.begin(f"close {self._path}", lambda *_: stream.close())


def sent(status: Any, classes: Classes) -> bytes:
    """A FileStatus as bytes."""
    sink = classes.bytes_out()
    status.write(classes.data_out(sink))
    return bytes(sink.toByteArray())

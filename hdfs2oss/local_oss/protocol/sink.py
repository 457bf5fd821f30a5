"""Where the bytes of an answer go: a socket, plain or encrypted."""

from __future__ import annotations

import os
import socket
import ssl

_SENDFILE_BYTES = 1 << 30
_COPY_BYTES = 256 * 1024


class Sink:
    """Writes to a blocking socket; `sent` counts what was written, of which the first `head_bytes` are no body."""

    def __init__(self, connection: socket.socket) -> None:
        self.sent = 0
        self.head_bytes = 0
        self._connection = connection
        self._is_plain = not isinstance(connection, ssl.SSLSocket)

    @property
    def body_bytes(self) -> int:
        """How much of the body was written."""
        return max(0, self.sent - self.head_bytes)

    def write(self, data: bytes | memoryview) -> None:
        """Write all of it."""
        self._connection.sendall(data)
        self.sent += len(data)

    def write_file(self, descriptor: int, offset: int, count: int) -> None:
        """Write `count` bytes of a file; without copying them, where the socket is plain. Raises EOFError."""
        while count:
            if self._is_plain:
                moved = os.sendfile(self._connection.fileno(), descriptor, offset, min(count, _SENDFILE_BYTES))
            else:
                piece = os.pread(descriptor, min(count, _COPY_BYTES), offset)
                self._connection.sendall(piece)
                moved = len(piece)
            if not moved:
                raise EOFError("a data file is shorter than the index says")
            offset += moved
            count -= moved
            self.sent += moved

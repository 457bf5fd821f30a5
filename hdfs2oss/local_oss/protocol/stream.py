"""What a client sends, as a stream: it ends by the client's will, or with one of the two exceptions here.

Its readers know no socket, so an OSError that comes out of an operation is about a disk, never about the network.
"""

from __future__ import annotations

import socket
import ssl
import struct
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_BYTES = 256 * 1024


class Truncated(Exception):
    """The client went away in the middle of a request: there is nobody to answer."""


class TimedOut(Truncated):
    """The client is there, but has sent nothing for too long."""


class ClientStream(RawIOBase):
    """The bytes a client sends. Raises Truncated where the connection breaks, TimedOut after a silence."""

    def __init__(self, client: socket.socket, idle_seconds: float) -> None:
        self._socket = client
        if isinstance(client, ssl.SSLSocket):
            client.settimeout(idle_seconds)
            return
        # sendfile needs a socket that blocks, so the time-out of reading is left to the kernel.
        client.settimeout(None)
        seconds, rest = divmod(idle_seconds, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(seconds), int(rest * 1e6)))

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the front of `buffer`; 0 only at the end."""
        try:
            return self._socket.recv_into(buffer)
        except (BlockingIOError, TimeoutError):
            raise TimedOut from None
        except OSError:
            raise Truncated from None


def stream_of(client: socket.socket, idle_seconds: float) -> BufferedReader:
    """A client's bytes, buffered; the socket is left open when it is closed."""
    return BufferedReader(ClientStream(client, idle_seconds), _READ_BYTES)

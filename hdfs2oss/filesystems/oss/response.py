"""An answer of the store, and the connection it comes over: whole, or an error.

http.client takes a connection that ends within the head of an answer for the end of the head, and a body that is asked
for in pieces may end early without a word. Here only who reads an object may see fewer bytes than were announced.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from ...model.errors import Unreachable

# What a store has to say about an error is a few hundred bytes.
_MOST_ERROR_BYTES = 1 << 16
_MOST_HEADERS = 200
_MOST_LINE_BYTES = 1 << 16


class Connection:
    """One connection to the store, kept from request to request."""

    __slots__ = ("_poll", "http", "idle_since", "used")

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.http = connection
        self.used = False
        self.idle_since = 0.0
        self._poll = select.poll()
        if connection.sock is not None:
            self._poll.register(connection.sock, select.POLLIN)

    def has_something_to_say(self) -> bool:
        """Unasked: that it is closed, or bytes behind an answer, which would be taken for the next one."""
        wire = self.http.sock
        # What TLS has decrypted already is no longer seen by the poll.
        return wire is None or bool(self._poll.poll(0)) or (isinstance(wire, ssl.SSLSocket) and wire.pending() > 0)


class Headers(dict[str, str]):
    """The headers of an answer, their names in small letters; of several with one name the first counts."""

    def get(self, name: str, default: Any = None) -> Any:
        """By a name in whatever letters."""
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())


class Answer(http.client.HTTPResponse):
    """An answer whose head came whole; its body is http.client's.

    That takes a connection that ends within the head for its end; and it makes an e-mail message of the headers, which
    costs as much as sending a small object.
    """

    def begin(self) -> None:
        while True:
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
            headers = self._read_headers()
            if status != http.client.CONTINUE:
                break
        self.code = self.status = status
        self.reason = reason.strip()
        if not version.startswith("HTTP/1."):
            raise http.client.UnknownProtocol(version)
        self.version = 10 if version == "HTTP/1.0" else 11
        self.headers = self.msg = headers  # type: ignore[assignment]
        self.chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.will_close = self._check_close()  # type: ignore[attr-defined]
        stated = headers.get("content-length", "")
        self.length = int(stated) if stated.isdecimal() and not self.chunked else None
        if status in (http.client.NO_CONTENT, http.client.NOT_MODIFIED) or status < 200 or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        if not self.chunked and self.length is None:
            self.will_close = True

    def _read_headers(self) -> Headers:
        headers = Headers()
        for _ in range(_MOST_HEADERS):
            line = self.fp.readline(_MOST_LINE_BYTES)
            if line in (b"\r\n", b"\n"):
                return headers
            name, colon, value = line.decode("iso-8859-1").partition(":")
            if not line.endswith(b"\n") or not colon:
                raise http.client.IncompleteRead(b"")
            headers.setdefault(name.lower(), value.strip())
        raise http.client.HTTPException("the head of the answer does not end")


class OssResponse:
    """An answer whose body is read by the caller; the connection is kept once all of it was read.

    What the store has to say about an error is read at once, so that it is whole.
    """

    def __init__(self, connection: Connection, response: Answer, give_back: Callable[[Connection], None]) -> None:
        """`give_back` takes the connection once all of the body was read and it may be used again."""
        self._give_back = give_back
        self._connection: Connection | None = connection
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers  # type: ignore[assignment]
        self.request_id = response.headers.get("x-oss-request-id", "")
        # Whether the request was sent before, on a kept connection that broke: it may have been carried out twice.
        self.is_repeated = False
        self._said: io.BytesIO | None = None
        if self.status < 200:
            self.discard()
            raise Unreachable(f"an answer of status {self.status} is none")
        self._release_at_end()
        if self.status >= 300:
            self._said = io.BytesIO(self.read_whole(_MOST_ERROR_BYTES))

    @property
    def said(self) -> bytes:
        """What was said of an error."""
        return b"" if self._said is None else self._said.getvalue()

    def read(self, amount: int | None = None) -> bytes:
        """Up to `amount` bytes; fewer, down to none, only at the end or when the connection broke. For oss2, and for
        whoever knows how many bytes must come; everybody else calls `read_whole`."""
        if self._said is not None:
            return self._said.read(amount)
        try:
            data = self._response.read(amount)
        except http.client.IncompleteRead as error:
            self.discard()
            return error.partial
        except (OSError, http.client.HTTPException) as error:
            self.discard()
            raise Unreachable(f"the connection broke while reading: {describe(error)}") from None
        self._release_at_end()
        return data

    def read_whole(self, most_bytes: int | None = None) -> bytes:
        """The body, all of it, at most `most_bytes` of it. Raises Unreachable when it ends before it should."""
        if self._said is not None:
            return self._said.read()
        # None where the end is told in another way: by the last chunk, which http.client insists on, or by hanging up.
        announced = self._response.length
        limits = [limit for limit in (announced, most_bytes) if limit is not None]
        wanted = min(limits, default=None)
        try:
            data = self._response.read(wanted)
        except (OSError, http.client.HTTPException) as error:
            self.discard()
            raise Unreachable(f"the answer broke off: {describe(error)}") from None
        if announced is not None and wanted is not None and len(data) < wanted:
            self.discard()
            raise Unreachable(f"the answer broke off after {len(data)} of {announced} bytes")
        self._release_at_end()
        if not self._response.isclosed():
            self.discard()
        return data

    def discard(self) -> None:
        """Give the connection up, because the rest of the body is not wanted or will not come."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.http.close()
        self._response.close()

    def _release_at_end(self) -> None:
        if self._connection is not None and self._response.isclosed():
            connection, self._connection = self._connection, None
            if self._response.will_close:
                connection.http.close()
            else:
                self._give_back(connection)


def describe(error: BaseException) -> str:
    """A socket's error as a person would say it."""
    if isinstance(error, TimeoutError):
        return "out of time"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended within the answer"
    if isinstance(error, http.client.RemoteDisconnected):
        return "the server hung up without an answer"
    if isinstance(error, socket.gaierror):
        return "the host name is not known"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

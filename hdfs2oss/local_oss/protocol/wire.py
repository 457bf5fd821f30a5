"""HTTP/1.1 as bytes: reading the head and the body of a request, writing the head of a response.

Headers are parsed here and not by the standard library because it splits values at characters such as
U+0085, which UTF-8 metadata may contain, and because a signature covers the very bytes that were sent.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from io import BufferedReader
from typing import NamedTuple

from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.local_oss.protocol.stream import Truncated

_MAX_LINE_BYTES = 32 * 1024
_MAX_HEAD_BYTES = 128 * 1024
_MAX_HEADERS = 200
_MAX_BODY_BYTES = (1 << 63) - 1
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Head(NamedTuple):
    """The first lines of a request: header names lower-case, values UTF-8 with surrogates."""

    method: str
    target: str
    version: str
    headers: dict[str, str]


class IncomingBody:
    """A request body, by Content-Length or chunked. Reading past its end gives 0.

    `before_first_read` is called once before the first byte is waited for (100 Continue).
    """

    def __init__(
        self, stream: BufferedReader, length: int | None, before_first_read: Callable[[], None] | None = None
    ) -> None:
        self.length = length
        self._stream = stream
        self._left = length if length is not None else 0  # bytes left of the body, or of the current chunk
        self._is_chunked = length is None
        self._has_first_chunk = False
        self._before_first_read = before_first_read
        self.is_finished = length == 0
        self.received = 0
        self.is_broken = False  # nobody knows where the next request begins

    @property
    def is_awaited(self) -> bool:
        """Whether the client still waits for leave to send it."""
        return self._before_first_read is not None

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`; fewer bytes than asked only at the end. Raises Truncated."""
        if self.is_finished:
            return 0
        if self._before_first_read:
            self._before_first_read()
            self._before_first_read = None
        if not self._is_chunked:
            return self._read_plain(target)
        filled = 0
        while filled < len(target) and not self.is_finished:
            if not self._left:
                self._next_chunk()
                continue
            filled += self._read_some(target[filled:])
        return filled

    def drain(self, max_bytes: int) -> bool:
        """Read what the handler left, so that the connection can go on; False if that is too much."""
        buffer = memoryview(bytearray(65536))
        while max_bytes > 0:
            count = self.readinto(buffer)
            if not count:
                return True
            max_bytes -= count
        return self.is_finished

    def _read_plain(self, target: memoryview) -> int:
        count = self._read_some(target)
        self.is_finished = self._left == 0
        return count

    def _read_some(self, target: memoryview) -> int:
        wanted = min(len(target), self._left)
        count = self._stream.readinto(target[:wanted])
        if count < wanted:
            raise Truncated
        self._left -= count
        self.received += count
        return count

    def _next_chunk(self) -> None:
        if self._has_first_chunk and self._line() != b"":
            raise self._broken("A chunk does not end where its length says.")
        self._has_first_chunk = True
        size = self._line().split(b";", 1)[0].strip()
        if not size or len(size) > 15 or size.strip(b"0123456789abcdefABCDEF"):
            raise self._broken("A chunk begins without a length.")
        self._left = int(size, 16)
        if self._left == 0:
            while self._line():  # trailers
                pass
            self.is_finished = True

    def _broken(self, message: str) -> OssError:
        self.is_broken = True
        return OssError(400, "InvalidRequest", message)

    def _line(self) -> bytes:
        line = self._stream.readline(_MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise Truncated
        return line.rstrip(b"\r\n")


def read_head(stream: BufferedReader) -> Head | None:
    """The next request's head, None at the end of the connection.

    Raises OssError 400 for anything that is not HTTP/1.x or is too large, Truncated if it breaks off.
    """
    line = _read_line(stream)
    if line == b"\r\n":  # some clients end a body with an empty line too many
        line = _read_line(stream)
    if not line:
        return None
    # Blanks alone part the words: in plain UTF-8 a target may hold bytes that Latin-1 takes for white space.
    words = line.rstrip(b"\r\n").decode("latin-1").split(" ")
    if len(words) != 3 or not (words[0] and words[1] and words[2].startswith("HTTP/1.")):
        raise OssError(400, "InvalidRequest", "The request line is not HTTP/1.1.")
    headers: dict[str, str] = {}
    size = 0
    while (line := _read_line(stream)) not in (b"\r\n", b"\n"):
        if not line:
            raise Truncated
        size += len(line)
        if size > _MAX_HEAD_BYTES or len(headers) >= _MAX_HEADERS:
            raise invalid_argument("The request headers are too large.")
        _add_header(headers, line)
    return Head(words[0], words[1], words[2], headers)


def body_length(headers: dict[str, str], method: str) -> int | None:
    """Length of the body in bytes, None if it is chunked.

    A GET or HEAD has none unless it is chunked, whatever length it says: some clients name one and send nothing.

    One that says neither has none. Raises InvalidArgument for what is not a length.
    """
    encoding = headers.get("transfer-encoding", "").lower()
    text = headers.get("content-length", "")
    if encoding and encoding != "identity":
        if encoding != "chunked" or text:
            raise invalid_argument("Transfer-Encoding must be chunked, without a Content-Length.")
        return None
    if not text:
        return 0
    length = natural(text, _MAX_BODY_BYTES)
    if length is None:
        raise invalid_argument("Content-Length is not a number.", "Content-Length", text)
    return 0 if method in ("GET", "HEAD") else length


def response_head(status: int, headers: dict[str, str]) -> bytes:
    """Status line and headers. A line end inside a value becomes a blank: it must not start a header."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"]
    for name, value in headers.items():
        if "\n" in value or "\r" in value:
            value = value.replace("\r", " ").replace("\n", " ")
        lines.append(f"{name}: {value}")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def _read_line(stream: BufferedReader) -> bytes:
    line = stream.readline(_MAX_LINE_BYTES + 1)
    if len(line) > _MAX_LINE_BYTES:
        raise invalid_argument("A line of the request is too long.")
    if line and not line.endswith(b"\n"):
        raise Truncated
    return line


def _add_header(headers: dict[str, str], line: bytes) -> None:
    name_bytes, separator, value_bytes = line.partition(b":")
    name = name_bytes.decode("latin-1").lower()
    if not separator or not name or name != name.strip():
        raise invalid_argument("A header line is not a name and a value.")
    value = value_bytes.strip(b" \t\r\n").decode("utf-8", "surrogateescape")
    if name in headers:
        if name in ("content-length", "host", "authorization"):
            raise invalid_argument("A header is given twice.", name)
        value = f"{headers[name]},{value}"
    headers[name] = value

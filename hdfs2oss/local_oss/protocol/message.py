"""A request and a response as handlers see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.local_oss.protocol.sink import Sink


class ByteSource(Protocol):
    """Something that yields bytes once, front to back."""

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`; 0 only at the end."""


class BytesSource:
    """Bytes at hand, as a source."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`."""
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


class BodyReader(ByteSource, Protocol):
    """A stored body, or a range of it, on its way out."""

    @property
    def length(self) -> int | None:
        """Bytes that will come, None if nobody knows; then `send` writes them as chunks."""

    def send(self, sink: Sink) -> None:
        """Write all of it."""

    def close(self) -> None:
        """Let go of the files; always called once."""


class RequestBody(ByteSource, Protocol):
    """The body of a request."""

    @property
    def length(self) -> int | None:
        """Bytes that will come, None for a chunked body."""


@dataclass(slots=True)
class Request:
    """One request, addressed but not yet authenticated.

    Header names are lower-case; values are UTF-8 with stray bytes as surrogates, so that encoding them
    the same way gives back what was sent. `target` is the request line's, for logs.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: RequestBody
    bucket: str = ""
    key: str = ""
    query: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""
    """Where its client reaches the service, as host and port."""
    request_id: str = ""
    operation: str = ""
    """What it turned out to ask for, for rules and logs."""
    faults: tuple[str, ...] = ()
    """What was done to it on purpose."""

    def header(self, name: str, default: str = "") -> str:
        """A header by its lower-case name."""
        return self.headers.get(name, default)

    def flag(self, name: str) -> bool:
        """Whether a header says true."""
        return self.headers.get(name, "").lower() == "true"

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A query parameter as a number within bounds, else InvalidArgument."""
        text = self.query.get(name, "")
        if not text:
            return default
        number = natural(text, highest)
        if number is None or number < lowest:
            raise invalid_argument(f"Argument {name} must be an integer between {lowest} and {highest}.", name, text)
        return number

    def document(self, max_bytes: int) -> bytes:
        """The whole body, which must be small."""
        pieces = []
        room = max_bytes + 1
        buffer = memoryview(bytearray(min(room, 65536)))
        while room > 0 and (count := self.body.readinto(buffer[: min(room, len(buffer))])):
            pieces.append(bytes(buffer[:count]))
            room -= count
        if room <= 0:
            raise OssError(400, "EntityTooLarge", f"The request body is larger than {max_bytes} bytes.")
        return b"".join(pieces)


@dataclass(slots=True)
class Response:
    """An answer. The body is bytes, or a stored body that is sent from its files and then closed.

    `content_length` is for HEAD: the length that GET would have.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | BodyReader = b""
    content_length: int | None = None
    code: str = ""
    """The error's code, for logs."""


Answer = Callable[[Request], Response]
"""What a connection asks for each request. Raises Truncated or Dropped once there is nobody to answer."""


def xml_response(body: bytes) -> Response:
    """200 with an XML document."""
    return Response(200, {"Content-Type": "application/xml"}, body)

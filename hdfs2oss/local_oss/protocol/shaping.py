"""Bodies on their way in or out, slowed down, cut short or damaged: for traffic limits and faults."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable

from hdfs2oss.local_oss.protocol.message import BodyReader, BytesSource, RequestBody
from hdfs2oss.local_oss.protocol.sink import Sink

_PIECE_BYTES = 256 * 1024
_PIECES_PER_SECOND = 20
_GZIP = 16 + zlib.MAX_WBITS


class Dropped(Exception):
    """The connection ends here, without an answer or in the middle of one; by a reset, if so wished."""

    def __init__(self, with_reset: bool = True) -> None:
        super().__init__()
        self.with_reset = with_reset


class Pace:
    """Bytes per second, kept by sleeping."""

    def __init__(
        self,
        bytes_per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.piece_bytes = max(1, min(_PIECE_BYTES, int(bytes_per_second / _PIECES_PER_SECOND)))
        self._rate = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._due = clock()

    def spend(self, count: int) -> None:
        """Wait until `count` more bytes may have passed."""
        self._due += count / self._rate
        wait = self._due - self._clock()
        if wait > 0:
            self._sleep(wait)


class ShapedSource:
    """A request body that comes slowly, or with one bit of the byte at `flip_at` turned."""

    def __init__(self, source: RequestBody, pace: Pace | None = None, flip_at: int | None = None) -> None:
        self.length = source.length
        self._source = source
        self._pace = pace
        self._flip_at = flip_at
        self._position = 0

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`."""
        filled = 0
        while filled < len(target):
            piece = target[filled:]
            if self._pace:
                piece = piece[: self._pace.piece_bytes]
            count = self._source.readinto(piece)
            if not count:
                break
            if self._pace:
                self._pace.spend(count)
            _flip(piece[:count], self._position, self._flip_at)
            self._position += count
            filled += count
        return filled


class ShapedBody:
    """A body that goes out slowly, damaged, or only up to `cut_at`, where the connection drops."""

    def __init__(
        self,
        body: bytes | BodyReader,
        pace: Pace | None = None,
        flip_at: int | None = None,
        cut_at: int | None = None,
    ) -> None:
        self.length = len(body) if isinstance(body, bytes) else body.length
        self._body = body
        self._source = BytesSource(body) if isinstance(body, bytes) else body
        self._pace = pace
        self._flip_at = flip_at
        self._cut_at = cut_at

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`, as it was."""
        return self._source.readinto(target)

    def send(self, sink: Sink) -> None:
        """Write it, shaped. Raises Dropped where it is cut."""
        buffer = memoryview(bytearray(self._pace.piece_bytes if self._pace else _PIECE_BYTES))
        position = 0
        while count := self._source.readinto(buffer):
            piece = buffer[:count]
            _flip(piece, position, self._flip_at)
            if self._cut_at is not None and position + count > self._cut_at:
                sink.write(piece[: max(0, self._cut_at - position)])
                raise Dropped(with_reset=False)
            if self._pace:
                self._pace.spend(count)
            sink.write(piece)
            position += count

    def close(self) -> None:
        """Let go of what was shaped."""
        if not isinstance(self._body, bytes):
            self._body.close()


class GzipBody:
    """A body compressed as it goes out, in chunks, since nobody knows its length."""

    length = None

    def __init__(self, body: bytes | BodyReader) -> None:
        self._body = body
        self._source = BytesSource(body) if isinstance(body, bytes) else body

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`, uncompressed."""
        return self._source.readinto(target)

    def send(self, sink: Sink) -> None:
        """Write it as chunks of gzip."""
        packer = zlib.compressobj(level=1, wbits=_GZIP)
        buffer = memoryview(bytearray(_PIECE_BYTES))
        while count := self._source.readinto(buffer):
            _write_chunk(sink, packer.compress(buffer[:count]))
        _write_chunk(sink, packer.flush())
        sink.write(b"0\r\n\r\n")

    def close(self) -> None:
        """Let go of what was compressed."""
        if not isinstance(self._body, bytes):
            self._body.close()


def _write_chunk(sink: Sink, data: bytes) -> None:
    if data:
        sink.write(b"%x\r\n%b\r\n" % (len(data), data))


def _flip(piece: memoryview, position: int, flip_at: int | None) -> None:
    if flip_at is not None and position <= flip_at < position + len(piece):
        piece[flip_at - position] ^= 1

"""One object being read."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from ...model.attributes import Attributes
from ...model.errors import CorruptData, NotFound, Unreachable
from ...model.units import MIB
from ...model.values import FILE
from ...rules.checksum import crc64
from ..base import Reader
from .answers import content_length, stated_crc64, stated_etag
from .attributes import kept_with
from .client import OssClient, key_of
from .errors import BucketMissing, ObjectReplaced
from .response import OssResponse

# Up to here opening asks for the bytes at once; above, for the length alone.
OPEN_WITH_BYTES = 8 * MIB
# Breaks in a row, without a byte between them, that are mended before a stream is given up: one of days has many.
_MAX_BREAKS = 6


class OssReader(Reader):
    """The object as it was when opened: once it is replaced, reading on raises CorruptData."""

    def __init__(self, client: OssClient, path: str, expected_length: int) -> None:
        self._client = client
        self._path = path
        self._key = key_of(path)
        self._lock = threading.Lock()
        self._first: OssResponse | None = None
        method = "GET" if 0 <= expected_length <= OPEN_WITH_BYTES else "HEAD"
        opened = client.open(f"read {path}", method, self._key)
        if method == "GET":
            self._first = opened
        self._opened = opened
        self.length = content_length(opened, path)
        self._quoted_etag = opened.headers.get("ETag") or ""
        self.etag = stated_etag(opened)
        self.crc64 = stated_crc64(opened)

    def attributes(self) -> Attributes:
        return kept_with(self._opened, self._path, FILE)

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        if size <= 0:
            return
        self.refuse_past_end(self._path, offset, size)
        is_whole = offset == 0 and size == self.length
        body = _Body(self, offset, offset + size, self._take_first() if is_whole else None)
        stated = self.crc64 if is_whole and self.compares else None
        running = 0
        try:
            while size:
                piece = body.read(min(piece_bytes, size))
                size -= len(piece)
                self._client.traffic.read(len(piece), 0)
                if stated is not None:
                    running = crc64(piece, running)
                    if not size and running != stated:
                        raise CorruptData(f"what arrived of {self._path} does not fit its CRC-64")
                yield piece
        finally:
            body.close()

    def get_range(self, start: int, end: int) -> OssResponse:
        """Ask for the bytes [start, end), provided the object is still the same."""
        headers = {"Range": f"bytes={start}-{end - 1}"}
        if self._quoted_etag:
            headers["If-Match"] = self._quoted_etag
        what = f"read {self._path}"
        try:
            response = self._client.again(lambda: self._client.request(what, "GET", self._key, headers=headers))
        except BucketMissing:
            raise
        except NotFound:
            raise ObjectReplaced(f"{self._path} was removed while it was read") from None
        range_text = response.headers.get("Content-Range") or ""
        if response.status != 206 or not range_text.startswith(f"bytes {start}-{end - 1}/"):
            response.discard()
            raise CorruptData(f"{self._path}: asked for bytes {start}-{end - 1}, the store gave {range_text or 'all'}")
        return response

    def _take_first(self) -> OssResponse | None:
        with self._lock:
            first, self._first = self._first, None
        return first

    def close(self) -> None:
        first = self._take_first()
        if first is not None:
            first.discard()


class _Body:
    """A range that is asked for again from where it stopped, when the connection breaks."""

    def __init__(self, reader: OssReader, start: int, end: int, response: OssResponse | None) -> None:
        self._reader = reader
        self._position = start
        self._end = end
        self._response = response
        self._breaks = 0

    def read(self, amount: int) -> bytes:
        """Exactly `amount` bytes."""
        pieces: list[bytes] = []
        while amount:
            if self._response is None:
                self._response = self._reader.get_range(self._position, self._end)
            cause = "it ended early"
            try:
                piece = self._response.read(amount)
            except Unreachable as error:
                piece, cause = b"", error.message
            if not piece:
                self._mend(cause)
                continue
            self._position += len(piece)
            self._breaks = 0
            amount -= len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _mend(self, cause: str) -> None:
        self.close()
        self._breaks += 1
        if self._breaks > _MAX_BREAKS:
            raise Unreachable(f"cannot read {self._reader._path}: {cause}, {self._breaks} times in a row")
        time.sleep(0.1 * 2**self._breaks)

    def close(self) -> None:
        response, self._response = self._response, None
        # Does nothing to a body that was read to its end.
        if response is not None:
            response.discard()

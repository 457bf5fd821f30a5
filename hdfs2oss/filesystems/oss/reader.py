"""One object being read or written."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...model.errors import CorruptData, NotFound, StoreError, Unreachable
from ...model.units import MIB
from ...model.values import StoredPart
from ...rules.checksum import compose_crc64, crc64
from ..base import Reader, Stored, Traffic, Writer
from .client import OssClient
from .errors import BucketMissing, ObjectReplaced
from .session import OssResponse

if TYPE_CHECKING:
    from .filesystem import OssFileSystem

# Up to here opening asks for the bytes at once; above, for the length alone.
OPEN_WITH_BYTES = 8 * MIB
# Breaks of one stream that are mended before it is given up.
_MAX_BREAKS = 6
_FIRST_PART_BYTES = 16 * MIB
# The size of the parts doubles every so many, so that 10,000 parts hold more than OSS takes.
_PARTS_OF_ONE_SIZE = 1000


class OssReader(Reader):
    """The object as it was when opened: once it is replaced, reading on raises CorruptData."""

    def __init__(self, client: OssClient, traffic: Traffic, path: str, key: str, expected_length: int) -> None:
        self._client = client
        self._traffic = traffic
        self._path = path
        self._key = key
        self._lock = threading.Lock()
        self._first: OssResponse | None = None
        method = "GET" if 0 <= expected_length <= OPEN_WITH_BYTES else "HEAD"
        opened = client.again(lambda: client.request(f"read {path}", method, key))
        traffic.read()
        if method == "GET":
            self._first = opened
        self.length = content_length(opened, path)
        self._etag = opened.headers.get("ETag") or ""
        self.etag = self._etag.strip('"')
        self._crc64 = stated_crc64(opened)

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        if size <= 0:
            return
        self.refuse_past_end(self._path, offset, size)
        is_whole = offset == 0 and size == self.length
        body = _Body(self, offset, offset + size, self._take_first() if is_whole else None)
        running = 0
        try:
            while size:
                piece = body.read(min(piece_bytes, size))
                size -= len(piece)
                self._traffic.read(len(piece), 0)
                if is_whole and self._crc64 is not None:
                    running = crc64(piece, running)
                    if not size and running != self._crc64:
                        raise CorruptData(f"what arrived of {self._path} does not fit its CRC-64")
                yield piece
        finally:
            body.close()

    def get_range(self, start: int, end: int) -> OssResponse:
        """Ask for the bytes [start, end), provided the object is still the same."""
        headers = {"Range": f"bytes={start}-{end - 1}"}
        if self._etag:
            headers["If-Match"] = self._etag
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
            amount -= len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _mend(self, cause: str) -> None:
        self.close()
        self._breaks += 1
        if self._breaks > _MAX_BREAKS:
            raise Unreachable(f"cannot read {self._reader._path}: {cause}, {self._breaks} times")
        time.sleep(0.1 * 2**self._breaks)

    def close(self) -> None:
        response, self._response = self._response, None
        # Does nothing to a body that was read to its end.
        if response is not None:
            response.discard()


class OssWriter(Writer):
    """A file of unknown length: one PutObject when it is small, parts of growing size otherwise."""

    def __init__(self, owner: OssFileSystem, path: str) -> None:
        self._owner = owner
        self._path = path
        self._upload_id = ""
        self._parts: list[StoredPart] = []
        self._held = bytearray()
        self._done = False

    def write(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= (size := self._part_size()):
            self._send(bytes(self._held[:size]))
            del self._held[:size]

    def _part_size(self) -> int:
        return _FIRST_PART_BYTES << (len(self._parts) // _PARTS_OF_ONE_SIZE)

    def _send(self, data: bytes) -> None:
        if not self._upload_id:
            self._upload_id = self._owner.begin_upload(self._path)
        part = self._owner.put_part(self._path, self._upload_id, len(self._parts) + 1, data)
        self._parts.append(part)

    def commit(self, check: Callable[[Stored], None]) -> Stored:
        """`check` sees length and CRC-64 of the parts the store holds; publishing compares them again."""
        if not self._upload_id:
            data = bytes(self._held)
            check(Stored(len(data), crc64=crc64(data)))
            stored = self._owner.put(self._path, data, "", {})
        else:
            if self._held:
                self._send(bytes(self._held))
            whole = compose_crc64((part.crc64, part.length) for part in self._parts)
            check(Stored(sum(part.length for part in self._parts), crc64=whole))
            stored = self._owner.complete_upload(self._path, self._upload_id, self._parts)
        self._done = True
        return stored

    def abort(self) -> None:
        if self._done:
            return
        self._done = True
        if self._upload_id:
            # The error that brought us here is the one to be seen.
            with contextlib.suppress(StoreError):
                self._owner.abort_upload(self._path, self._upload_id)


def content_length(response: OssResponse, path: str) -> int:
    """The length an answer states. Raises CorruptData when it states none."""
    text = response.headers.get("Content-Length") or ""
    if not text.isdigit():
        response.discard()
        raise CorruptData(f"the store does not say how long {path} is")
    return int(text)


def stated_crc64(response: OssResponse) -> int | None:
    """The CRC-64 an answer states for the whole object or part."""
    text = response.headers.get("x-oss-hash-crc64ecma") or ""
    return int(text) if text.isdigit() else None

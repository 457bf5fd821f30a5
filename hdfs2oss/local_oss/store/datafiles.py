"""Files for bodies too large for the index, and how a body is taken off the wire.

A file bears a random name, never one a client chose, and is written once. It counts only when the index
refers to it; what a dead server left unreferred is swept at the next start.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path

from hdfs2oss.local_oss.protocol.message import BodyReader, ByteSource, BytesSource
from hdfs2oss.local_oss.store.refusals import BodyTooLarge
from hdfs2oss.local_oss.store.rows import Received
from hdfs2oss.rules.checksum import crc64

_BUFFER_BYTES = 1024 * 1024
FORGOTTEN = "-"
"""In place of a file's name: bytes that were taken and thrown away."""
GENERATED = "="
"""... bytes of the pattern, over and over."""
PATTERN_BYTES = 8 * 1024 * 1024
_thread = threading.local()


class DataFiles:
    """The directory of data files."""

    def __init__(self, directory: Path, max_inline_bytes: int, is_forgetful: bool = False) -> None:
        self._directory = directory
        self._is_forgetful = is_forgetful
        self._folders: set[str] = set()
        self._pattern = -1
        self._pattern_lock = threading.Lock()
        self._max_inline_bytes = max_inline_bytes
        directory.mkdir(exist_ok=True)

    def path(self, name: str) -> str:
        """Where the file of this name is."""
        return f"{self._directory}/{name[:2]}/{name}"

    def pattern(self) -> int:
        """A descriptor of the pattern that generated bodies repeat."""
        with self._pattern_lock:
            if self._pattern < 0:
                self._pattern = os.memfd_create("local-oss-pattern")
                _write_all(self._pattern, memoryview(pattern_bytes()))
        return self._pattern

    def close(self) -> None:
        """Let go of the pattern."""
        if self._pattern >= 0:
            os.close(self._pattern)
            self._pattern = -1

    def _new_path(self, name: str) -> str:
        """Where a new file of this name goes; its folder is made when it is the first there."""
        folder = name[:2]
        if folder not in self._folders:
            (self._directory / folder).mkdir(exist_ok=True)
            self._folders.add(folder)
        return self.path(name)

    @contextmanager
    def receiving(self, source: ByteSource, wants_md5: bool, max_bytes: int) -> Iterator[Received]:
        """What `receive` gives; if the block fails, the bytes are thrown away."""
        received = self.receive(source, wants_md5, max_bytes)
        try:
            yield received
        except BaseException:
            if received.file:
                self.remove(received.file)
            raise

    @contextmanager
    def copying(self, body: bytes | BodyReader, wants_md5: bool, max_bytes: int) -> Iterator[Received]:
        """Like `receiving`, from bytes that are stored already; they are let go of afterwards."""
        source = BytesSource(body) if isinstance(body, bytes) else body
        try:
            with self.receiving(source, wants_md5, max_bytes) as received:
                yield received
        finally:
            if not isinstance(body, bytes):
                body.close()

    def receive(self, source: ByteSource, wants_md5: bool, max_bytes: int) -> Received:
        """Take all bytes of `source`, with their CRC-64 and, if wanted, MD5.

        Raises BodyTooLarge past `max_bytes`, and whatever the source raises; then no file is left.
        """
        buffer = _buffer()
        count = source.readinto(buffer)
        _check_size(count, max_bytes)
        if self._is_forgetful:
            return _forget(source, buffer, count, max_bytes)
        if count <= self._max_inline_bytes:
            content = bytes(buffer[:count])
            digest = hashlib.md5(content).digest() if wants_md5 else None
            return Received(count, crc64(content), digest, content, "")
        name = os.urandom(16).hex()
        try:
            with open(self._new_path(name), "xb", buffering=0) as file:
                md5 = hashlib.md5() if wants_md5 else None
                size, checksum = 0, 0
                while count:
                    filled = buffer[:count]
                    checksum = crc64(filled, checksum)
                    if md5:
                        md5.update(filled)
                    _write_all(file.fileno(), filled)
                    size += count
                    count = source.readinto(buffer)
                    _check_size(size + count, max_bytes)
        except BaseException:
            self.remove(name)
            raise
        return Received(size, checksum, md5.digest() if md5 else None, b"", name)

    def duplicate(self, name: str) -> str:
        """The name of a second file with the same bytes; a hard link, since files never change."""
        if name == FORGOTTEN:
            return name
        copy = os.urandom(16).hex()
        os.link(self.path(name), self._new_path(copy))
        return copy

    def remove(self, name: str) -> None:
        """Remove a file that may be there."""
        if name != FORGOTTEN:
            with suppress(FileNotFoundError):
                os.unlink(self.path(name))

    def sweep(self, referred: Set[str]) -> None:
        """Remove every file that is not in `referred`."""
        for folder in os.scandir(self._directory):
            for entry in os.scandir(folder.path):
                if entry.name not in referred:
                    os.unlink(entry.path)


def pattern_bytes() -> bytes:
    """What generated bodies repeat: always the same bytes, which do not compress."""
    return random.Random(0).randbytes(PATTERN_BYTES)


def _forget(source: ByteSource, buffer: memoryview, count: int, max_bytes: int) -> Received:
    """Take all bytes and keep their number and CRC-64 only."""
    size, checksum = 0, 0
    while count:
        checksum = crc64(buffer[:count], checksum)
        size += count
        count = source.readinto(buffer)
        _check_size(size + count, max_bytes)
    return Received(size, checksum, None, b"", FORGOTTEN if size else "")


def _buffer() -> memoryview:
    """This thread's buffer: connections are threads, and most of them move many bodies.

    It begins a memory page; from anywhere else in one, the kernel takes a quarter longer to copy it to a file.
    """
    buffer: memoryview | None = getattr(_thread, "buffer", None)
    if buffer is None:
        buffer = _thread.buffer = memoryview(mmap.mmap(-1, _BUFFER_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    return buffer


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise BodyTooLarge(max_bytes)


def _write_all(descriptor: int, data: memoryview) -> None:
    while len(data):
        data = data[os.write(descriptor, data) :]

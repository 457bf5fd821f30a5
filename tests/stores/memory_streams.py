"""Reading and writing of files in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hdfs2oss.filesystems.base import Reader, Stored, Writer
from hdfs2oss.model.attributes import NOTHING, Attributes
from hdfs2oss.model.errors import CorruptData
from hdfs2oss.model.values import FileStatus
from hdfs2oss.rules.checksum import crc64
from hdfs2oss.rules.filesum import FileChecksum

if TYPE_CHECKING:
    from tests.stores.memory import MemoryFileSystem


@dataclass
class MemoryFile:
    """A file and what is known of it."""

    data: bytes
    status: FileStatus
    metadata: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    kept: Attributes = NOTHING
    # Stated for every family, in place of one of the bytes.
    checksum: FileChecksum | None = None


@dataclass
class MemoryDirectory:
    """A directory; `marked` when it was made on purpose and stays when empty."""

    status: FileStatus
    marked: bool
    children: dict[str, MemoryFile | MemoryDirectory] = field(default_factory=dict)
    kept: Attributes = NOTHING


class MemoryReader(Reader):
    def __init__(self, owner: MemoryFileSystem, path: str, file: MemoryFile) -> None:
        self._owner = owner
        self._path = path
        self._data = file.data
        self.length = len(file.data)
        self.etag = file.status.etag
        self._kept = file.kept
        # As objects do.
        self.crc64 = None if owner.capabilities.real_directories else crc64(file.data)

    def attributes(self) -> Attributes | None:
        return None if self._owner.capabilities.lists_kept else self._kept

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        end = offset + size
        while offset < end:
            piece = self._data[offset : min(offset + piece_bytes, end)]
            if len(piece) < min(piece_bytes, end - offset):
                raise CorruptData(f"{self._path} ended {end - len(self._data)} bytes early")
            self._owner.traffic.read(len(piece))
            offset += len(piece)
            yield piece

    def close(self) -> None:
        pass


class MemoryWriter(Writer):
    """Visible at its work path while it is written, as on a real store."""

    def __init__(self, owner: MemoryFileSystem, path: str, work_path: str, attributes: Attributes) -> None:
        self._owner = owner
        self._path = path
        self._work_path = work_path
        self._attributes = attributes
        self._data = bytearray()
        self._done = False
        owner._publish(work_path, b"", {})

    def write(self, data: bytes) -> None:
        self._owner.traffic.wrote(len(data))
        self._data += data

    def commit(self, check: Callable[[Stored], None]) -> Stored:
        stored = self._owner._publish(self._work_path, bytes(self._data), {}, self._attributes)
        check(stored)
        self._owner._move(self._work_path, self._path)
        self._done = True
        return stored

    def abort(self) -> None:
        if not self._done:
            self._done = True
            self._owner.remove(self._work_path)


class MemoryAppender(Writer):
    def __init__(self, owner: MemoryFileSystem, path: str) -> None:
        self._owner = owner
        self._path = path
        self._has_written = self._done = False

    def write(self, data: bytes) -> None:
        self._owner.traffic.wrote(len(data))
        file = self._owner.file(self._path)
        self._owner._publish(self._path, file.data + data, file.metadata)
        self._has_written = True

    def commit(self, check: Callable[[Stored], None]) -> Stored:
        data, status = self._owner.file(self._path).data, self._owner.file(self._path).status
        stored = Stored(len(data), status.etag, status.mtime_ms, crc64(data))
        check(stored)
        self._done = True
        return stored

    def abort(self) -> None:
        if self._has_written and not self._done:
            file = self._owner.file(self._path)
            file.status = file.status._replace(mtime_ms=0)

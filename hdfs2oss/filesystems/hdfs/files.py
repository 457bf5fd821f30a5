"""One HDFS file being read or written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hdfs_native import FileReader, FileWriter, WriteOptions

from ...model.errors import CorruptData, StoreError
from ..base import Reader, Stored, Traffic, Writer
from .errors import map_errors

if TYPE_CHECKING:
    from .filesystem import HdfsFileSystem


class HdfsReader(Reader):
    """`length` counts finished blocks: of a file still being written it is less than its status says."""

    def __init__(self, reader: FileReader, path: str, place: str, traffic: Traffic) -> None:
        self._reader = reader
        self._path = path
        self._place = place
        self._traffic = traffic
        self.length = len(reader)

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        if size <= 0:
            return
        # The client panics past the end.
        self.refuse_past_end(self._path, offset, size)
        what = f"read {self._path}"
        with map_errors(what, self._place):
            packets = self._reader.read_range_stream(offset, size)
        left = size
        for piece in _join(packets, piece_bytes, what, self._place):
            left -= len(piece)
            self._traffic.read(len(piece), 0)
            yield piece
        if left:
            raise CorruptData(f"{self._path} ended {left} bytes early")

    def close(self) -> None:
        """The client holds nothing open between reads."""


def _join(packets: Iterator[bytes], piece_bytes: int, what: str, place: str) -> Iterator[bytes]:
    """Packets of some 64 KiB as pieces of `piece_bytes`; each byte is copied once."""
    held: list[bytes] = []
    held_bytes = 0
    while True:
        with map_errors(what, place):
            packet = next(packets, None)
        if packet is None:
            break
        held.append(packet)
        held_bytes += len(packet)
        while held_bytes >= piece_bytes:
            surplus = held_bytes - piece_bytes
            if not surplus:
                yield held[0] if len(held) == 1 else b"".join(held)
                held, held_bytes = [], 0
                break
            last = held.pop()
            held.append(last[: len(last) - surplus])
            yield held[0] if len(held) == 1 else b"".join(held)
            held, held_bytes = [last[len(last) - surplus :]], surplus
    if held:
        yield b"".join(held)


class HdfsWriter(Writer):
    """Writes to the work path; `commit` closes, compares and renames."""

    def __init__(self, owner: HdfsFileSystem, path: str, work_path: str) -> None:
        self._owner = owner
        self._path = path
        self._work_path = work_path
        self._done = False
        options = WriteOptions(overwrite=True, create_parent=True)
        owner.traffic.wrote()
        self._file: FileWriter = owner.ask_again(f"write {work_path}", lambda client: client.create(work_path, options))

    def write(self, data: bytes) -> None:
        self._owner.ask(
            f"write {self._work_path}",
            lambda _: self._file.write(data),
            is_data=True,
        )
        self._owner.traffic.wrote(len(data), 0)

    def commit(self, check: Callable[[Stored], None], overwrite: bool = True) -> Stored:
        """With `overwrite` off, AlreadyExists when the path is taken by then."""
        self._owner.ask(f"close {self._work_path}", lambda _: self._file.close(), is_data=True)
        status = self._owner.status(self._work_path)
        if status is None:
            raise StoreError(f"{self._work_path} vanished before it could be published")
        stored = Stored(status.length, mtime_ms=status.mtime_ms)
        check(stored)
        self._owner.rename(self._work_path, self._path, overwrite)
        self._done = True
        return stored

    def abort(self) -> None:
        if self._done:
            return
        self._done = True
        # Removing an open file ends it; closing it first could wait for DataNodes that do not answer.
        # Whatever brought us here is the error to be seen, not what cleaning up after it meets.
        with contextlib.suppress(StoreError):
            self._owner.remove(self._work_path)


def check_length(path: str, stored: Stored, length: int) -> None:
    """Raise CorruptData when the store holds another length than what was written."""
    if stored.length != length:
        raise CorruptData(f"{path} holds {stored.length} bytes after {length} were written")

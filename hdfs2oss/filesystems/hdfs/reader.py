"""One HDFS file being read."""

from __future__ import annotations

from collections.abc import Iterator

from hdfs_native import FileReader

from ...model.errors import CorruptData
from ..base import Reader
from .client import HdfsClient
from .errors import map_errors


class HdfsReader(Reader):
    """`length` counts finished blocks: of a file still being written it is less than its status says."""

    # What DataNodes send at a time.
    piece_bytes = 64 * 1024

    def __init__(self, client: HdfsClient, path: str) -> None:
        self._client = client
        self._path = path
        self._file: FileReader = client.look(f"read {path}", lambda native: native.read(path))
        self.length = len(self._file)

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        if size <= 0:
            return
        # The native client panics past the end.
        self.refuse_past_end(self._path, offset, size)
        what, place = f"read {self._path}", self._client.data_place
        with map_errors(what, place):
            packets = self._file.read_range_stream(offset, size)
        left = size
        for piece in _join(_mapped(packets, what, place), piece_bytes):
            left -= len(piece)
            self._client.traffic.read(len(piece), 0)
            yield piece
        if left:
            raise CorruptData(f"{self._path} ended {left} bytes early")

    def close(self) -> None:
        """The native client holds nothing open between reads."""


def _mapped(packets: Iterator[bytes], what: str, place: str) -> Iterator[bytes]:
    with map_errors(what, place):
        yield from packets


def _join(packets: Iterator[bytes], piece_bytes: int) -> Iterator[bytes]:
    """Packets of some 64 KiB as pieces of `piece_bytes`; each byte is copied once, and one of that size not at all."""
    held: list[bytes] = []
    held_bytes = 0
    for packet in packets:
        if not held and len(packet) == piece_bytes:
            yield packet
            continue
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

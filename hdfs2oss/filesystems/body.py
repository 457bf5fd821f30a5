"""What is sent to a store: bytes of a known number, as often as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..model.units import MIB
from ..rules.checksum import Buffer, crc64

# What is checksummed and sent piece by piece stays in the processor's cache meanwhile.
PIECE_BYTES = MIB


@dataclass(frozen=True)
class Body:
    """`size` bytes; `pieces()` gives them from the first one on, each time it is called: once for every try.

    So a body may be in memory, or be read again from where it comes from. Its errors go through to who sends it.
    `crc64` is that of all of them, where it is known from when they came: then it is not computed again.
    """

    size: int
    pieces: Callable[[], Iterator[Buffer]]
    crc64: int | None = None

    def whole(self) -> bytes:
        """All of them in memory."""
        return b"".join(self.pieces())


def body_of(data: bytes) -> Body:
    """Bytes that are in memory."""
    view = memoryview(data)
    starts = range(0, len(view), PIECE_BYTES)
    return Body(len(view), lambda: (view[start : start + PIECE_BYTES] for start in starts))


class Checked:
    """A body on its way: the CRC-64 of what was sent of it in the last try; `times` counts the tries."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.crc64 = body.crc64 or 0
        self.times = 0

    def as_body(self) -> Body:
        """The same body, counted."""
        return Body(self._body.size, self._pieces)

    def _pieces(self) -> Iterator[Buffer]:
        self.times += 1
        if self._body.crc64 is not None:
            yield from self._body.pieces()
            return
        self.crc64 = 0
        for piece in self._body.pieces():
            self.crc64 = crc64(piece, self.crc64)
            yield piece

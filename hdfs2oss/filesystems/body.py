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
    """

    size: int
    pieces: Callable[[], Iterator[Buffer]]

    def whole(self) -> bytes:
        """All of them in memory."""
        return b"".join(self.pieces())


def body_of(data: bytes) -> Body:
    """Bytes that are in memory."""
    view = memoryview(data)
    starts = range(0, len(view), PIECE_BYTES)
    return Body(len(view), lambda: (view[start : start + PIECE_BYTES] for start in starts))


class Checked:
    """A body on its way: what was sent of it in the last try, and the CRC-64 of that; `times` counts the tries."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._sent = self.crc64 = self.times = 0

    def as_body(self) -> Body:
        """The same body, counted."""
        return Body(self._body.size, self._pieces)

    @property
    def is_whole(self) -> bool:
        """Whether all of it was sent."""
        return self._sent == self._body.size

    def _pieces(self) -> Iterator[Buffer]:
        self.times += 1
        self._sent = self.crc64 = 0
        for piece in self._body.pieces():
            self.crc64 = crc64(piece, self.crc64)
            yield piece
            self._sent += len(piece)

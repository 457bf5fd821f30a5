"""Sending a range of a file as parts of an upload, some of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..filesystems.body import PIECE_BYTES, Body
from ..model.values import StoredPart
from ..rules.checksum import crc32c, crc64
from ..rules.memory import HELD_PART_BYTES
from .buffers import BufferBudget
from .ends import Ends, writing


class SentPart(NamedTuple):
    """A part and the CRC-32C of its bytes (the store only knows CRC-64)."""

    part: StoredPart
    crc32c: int


class PartJob(NamedTuple):
    """A part to be sent: its number, and the bytes of the file [offset, offset + size)."""

    number: int
    offset: int
    size: int


@dataclass(frozen=True)
class PartSender:
    """Sends parts of one upload. `read(offset, size, piece_bytes)` gives bytes of the file, in pieces of at most so
    many, and may do so for several parts at once; `piece_bytes` is what it does best."""

    ends: Ends
    target: FileSystem
    upload_id: str
    read: Callable[[int, int, int], Iterator[bytes]]
    piece_bytes: int
    pool: Executor
    buffers: BufferBudget
    checkpoint: Callable[[], None]

    def send(self, jobs: Sequence[PartJob], at_once: int, sent: dict[int, SentPart]) -> None:
        """Send parts, so many at once, and add those that arrive to `sent`, by number. Raises the first error."""
        going = _Going(sent)
        try:
            for job in jobs:
                self.checkpoint()
                going.add(job.number, self.pool.submit(self._send_one, job))
                if not going.wait_for_room(at_once):
                    break
        finally:
            # So that no thread reads on behind an error.
            going.wait_for_all()
        if going.error is not None:
            raise going.error

    def _send_one(self, job: PartJob) -> SentPart:
        """A part that is small enough is read once, whatever becomes of it; a larger one again for each try.

        Of what is held both checksums are taken as it comes, piece by piece, while it is in the processor's cache, and
        the pieces are sent as they came: to copy all bytes together costs more than both checksums.
        """
        sums = _Sums()
        is_held = job.size <= HELD_PART_BYTES

        def pieces() -> Iterator[bytes]:
            sums.begin()
            for piece in self.read(job.offset, job.size, min(PIECE_BYTES, self.piece_bytes)):
                sums.take(piece, is_held)
                if not is_held:
                    self.checkpoint()
                yield piece

        with self.buffers.hold(job.size if is_held else 2 * PIECE_BYTES):
            body = Body(job.size, pieces)
            if is_held:
                held = list(pieces())
                body = Body(job.size, lambda: iter(held), sums.crc64)
            with writing(self.ends):
                part = self.target.put_part(self.ends.target.path, self.upload_id, job.number, body)
        return SentPart(part, sums.crc32c)


class _Sums:
    """The checksums of the bytes that a part was read as; of one that is not held its sender takes the CRC-64."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.crc64 = self.crc32c = 0

    def take(self, piece: bytes, both: bool) -> None:
        self.crc32c = crc32c(piece, self.crc32c)
        if both:
            self.crc64 = crc64(piece, self.crc64)


class _Going:
    """Parts that are being sent; those that arrive are added to `sent`. `error` is the first one."""

    def __init__(self, sent: dict[int, SentPart]) -> None:
        self._sent = sent
        self._running: dict[Future[SentPart], int] = {}
        self.error: BaseException | None = None

    def add(self, number: int, sending: Future[SentPart]) -> None:
        self._running[sending] = number

    def wait_for_room(self, most: int) -> bool:
        """Until fewer than `most` are being sent; False once one has failed."""
        if len(self._running) >= most:
            self._collect(FIRST_COMPLETED)
        return self.error is None

    def wait_for_all(self) -> None:
        self._collect(ALL_COMPLETED)

    def _collect(self, when: str) -> None:
        for future in wait(self._running, return_when=when).done:
            number, error = self._running.pop(future), future.exception()
            if error is None:
                self._sent[number] = future.result()
            else:
                self.error = self.error or error

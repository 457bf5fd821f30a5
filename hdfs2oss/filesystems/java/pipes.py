"""Bytes between Python and its JVM: through a pipe of the kernel, which Java opens by its number in this process.

py4j would carry them as text, 5 MiB/s; a pipe carries several hundred, and one call moves a whole range or file. It has
no name that others could open and leaves nothing behind, however either process ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import time
from collections.abc import Callable, Iterator
from typing import Any

from ...model.errors import Unreachable

# What Java moves at a time, and what a pipe may hold, where the kernel allows that much.
PACKET_BYTES = 64 * 1024
_PIPE_BYTES = 1 << 20
# Longer than Hadoop's own clients wait for a server before they say so.
SILENCE_SECONDS = 180.0
# How often it is asked whether Java has given up without a word in the pipe.
_LOOK_SECONDS = 1.0


class End:
    """One end of a pipe, open in this process; closing it twice is harmless."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @property
    def name(self) -> str:
        """What Java opens; it has an end of its own then, and this one can be closed."""
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    def close(self) -> None:
        """Give it back."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def is_of_pipe(said: str) -> bool:
    """Whether Java speaks of a pipe that it could not open, and not of a file of the store."""
    return said.startswith(f"/proc/{os.getpid()}/fd/")


def open_pipe() -> tuple[End, End]:
    """A reading and a writing end."""
    reading, writing = os.pipe()
    # Java opens descriptions of its own: they wait.
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return End(reading), End(writing)


def read_pieces(
    end: End,
    size: int,
    piece_bytes: int,
    what: str,
    has_ended: Callable[[], bool],
    silence_seconds: float = SILENCE_SECONDS,
) -> Iterator[bytes]:
    """`size` bytes in pieces, the last one shorter; fewer where Java closes its end earlier.

    `has_ended` says whether Java is done with it. Raises Unreachable after minutes without a byte.
    """
    left = size
    while left:
        wanted = min(left, piece_bytes)
        held: list[bytes] = []
        held_bytes = 0
        while held_bytes < wanted:
            packet = _read(end, wanted - held_bytes, what, has_ended, silence_seconds)
            if not packet:
                break
            held.append(packet)
            held_bytes += len(packet)
        if held_bytes:
            yield held[0] if len(held) == 1 else b"".join(held)
        left -= held_bytes
        if held_bytes < wanted:
            return


def _read(end: End, most: int, what: str, has_ended: Callable[[], bool], silence_seconds: float) -> bytes:
    while _wait(end, select.POLLIN, what, has_ended, silence_seconds):
        with contextlib.suppress(BlockingIOError):
            return os.read(end.descriptor, most)
    return b""


def write_all(end: End, data: bytes, what: str, has_ended: Callable[[], bool]) -> bool:
    """All of the bytes; False where Java has closed its end."""
    view = memoryview(data)
    try:
        while view:
            if not _wait(end, select.POLLOUT, what, has_ended):
                return False
            with contextlib.suppress(BlockingIOError):
                view = view[os.write(end.descriptor, view) :]
    except BrokenPipeError:
        return False
    return True


def _wait(
    end: End, event: int, what: str, has_ended: Callable[[], bool], silence_seconds: float = SILENCE_SECONDS
) -> bool:
    """Whether there is something to be done; False once Java has ended and nothing is."""
    poll = select.poll()
    poll.register(end.descriptor, event)
    until = time.monotonic() + silence_seconds
    while not poll.poll(_LOOK_SECONDS * 1000):
        if has_ended():
            return bool(poll.poll(0))
        if time.monotonic() > until:
            raise Unreachable(f"cannot {what}: not a byte has passed in {silence_seconds:.0f} s")
    return True


def copy(io_utils: Any, source: Any, target: Any, close: bool) -> None:
    """In the JVM: everything up to the end of `source`."""
    io_utils.copyBytes(source, target, PACKET_BYTES, close)

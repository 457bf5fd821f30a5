"""What is said, and that it cannot be said: a full disk or a reader that has gone never ends or changes a run.

with steady_output():
    print(...)      nothing that happens here raises; what cannot be written is dropped
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class SteadyOutput(io.TextIOBase):
    """Writes through to a stream, `None` for one that is closed; once that fails, all further text is dropped."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written. Never raises."""
        self._attempt(lambda stream: stream.write(_writable(text, stream)))
        return len(text)

    def flush(self) -> None:
        """Let go what was kept back. Never raises."""
        self._attempt(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Whether a person reads along."""
        with suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """The descriptor of the stream. Raises OSError where there is none."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def _attempt(self, action: Callable[[TextIO], Any]) -> None:
        stream = self._stream
        if stream is None:
            return
        try:
            action(stream)
        except (OSError, ValueError):
            self._stream = None
            _drain(stream)


@contextmanager
def steady_output(messages: TextIO | None = None) -> Iterator[None]:
    """Let standard output and error be steady while the block runs, and written when it ends.

    `messages` takes the place of standard error.
    """
    kept = sys.stdout, sys.stderr
    out, err = SteadyOutput(sys.stdout), SteadyOutput(messages or sys.stderr)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = kept


def open_missing_descriptors() -> None:
    """Give a process that was started with closed streams descriptors 0 to 2 that lead nowhere.

    Else the next file that is opened, a store's connection or a ledger, is taken for standard output.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _writable(text: str, stream: TextIO) -> str:
    """A name that the stream's encoding cannot express is shown with backslashes."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _drain(stream: TextIO) -> None:
    """What the stream still holds goes nowhere: at exit Python would try once more, and end with a code of its own."""
    with suppress(OSError, ValueError):
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)

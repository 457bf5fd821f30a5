"""A file of a store as Parquet reads it: in ranges, so that a footer or one row group does not cost the whole file."""

from __future__ import annotations

import io
from collections.abc import Callable

from ..filesystems.base import FileSystem, Reader

# With this much of its end come the footers of most files, and small files as a whole.
TAIL_BYTES = 64 * 1024
# So that a store is not asked to send all of a file along with its answer to the opening.
_NOT_AT_ONCE = 1 << 62


def _at_once(call: Callable[[], bytes]) -> bytes:
    return call()


class RangedFile(io.RawIOBase):
    """A finished file, read by ranges; the last bytes come with its opening.

    What is read goes through `patiently`, which may call again what failed for a moment: the file is opened anew
    then. `bytes_read` counts what the store gave. Not for several threads at once.
    """

    def __init__(
        self, filesystem: FileSystem, path: str, patiently: Callable[[Callable[[], bytes]], bytes] = _at_once
    ) -> None:
        """Raises NotFound."""
        self._filesystem = filesystem
        self._path = path
        self._patiently = patiently
        self._reader: Reader | None = None
        self._length = -1
        self._position = 0
        self.bytes_read = 0
        # What is in memory: the end of the file, and the range that was asked for by `hold`.
        tail = patiently(lambda: self._try_to_fetch(None, TAIL_BYTES))
        self._held = [(self._length - len(tail), tail), (0, b"")]

    @property
    def length(self) -> int:
        """Bytes of the whole file."""
        return self._length

    def hold(self, offset: int, size: int) -> None:
        """Have a range in memory, in place of the one before: what is read within it next costs no request."""
        if not self._is_held(offset, size):
            self._held[1] = (offset, self._fetch(offset, size))

    def let_go(self) -> None:
        """The range that was held is not needed any more."""
        self._held[1] = (0, b"")

    # What pyarrow asks of a file.

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        return self._position

    def read(self, size: int = -1) -> bytes:
        start = min(self._position, self._length)
        end = self._length if size is None or size < 0 else min(self._length, start + size)
        self._position = end
        for offset, data in self._held:
            if offset <= start and end <= offset + len(data):
                return data[start - offset : end - offset]
        return self._fetch(start, end - start)

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        super().close()

    def _is_held(self, offset: int, size: int) -> bool:
        return any(start <= offset and offset + size <= start + len(data) for start, data in self._held)

    def _fetch(self, offset: int, size: int) -> bytes:
        return self._patiently(lambda: self._try_to_fetch(offset, size))

    def _try_to_fetch(self, offset: int | None, size: int) -> bytes:
        """A range of the file, or its end."""
        try:
            if self._reader is None:
                self._reader = self._filesystem.open_reader(self._path, _NOT_AT_ONCE)
                self._length = self._reader.length
            if offset is None:
                size = min(size, self._length)
                offset = self._length - size
            data = b"".join(self._reader.stream(offset, size, max(1, size)))
        except BaseException:
            reader, self._reader = self._reader, None
            if reader is not None:
                reader.close()
            raise
        self.bytes_read += len(data)
        return data

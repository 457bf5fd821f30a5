"""A range of a body on its way out."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator

from hdfs2oss.local_oss.protocol.sink import Sink
from hdfs2oss.local_oss.store.datafiles import GENERATED, PATTERN_BYTES, DataFiles
from hdfs2oss.local_oss.store.rows import Segment


class StoredBody:
    """Bytes of files and of the index, in order: to a socket by sendfile, or into a buffer."""

    def __init__(
        self, files: DataFiles, segments: list[Segment], span: tuple[int, int], release: Callable[[], None]
    ) -> None:
        self.start, self.length = span
        self._files = files
        self._release = release
        self._runs = self._open_runs(segments)
        self._current: tuple[int | bytes, int, int] | None = None

    def send(self, sink: Sink) -> None:
        """Write all of it."""
        for source, offset, count in self._runs:
            if isinstance(source, bytes):
                sink.write(memoryview(source)[offset : offset + count])
            else:
                sink.write_file(source, offset, count)

    def readinto(self, target: memoryview) -> int:
        """Fill the front of `target`; fewer bytes than asked only at the end."""
        filled = 0
        while filled < len(target):
            self._current = self._current or next(self._runs, None)
            if self._current is None:
                break
            source, offset, left = self._current
            count = min(len(target) - filled, left)
            if isinstance(source, bytes):
                target[filled : filled + count] = source[offset : offset + count]
            else:
                count = os.preadv(source, [target[filled : filled + count]], offset)
                if not count:
                    raise EOFError("a data file is shorter than the index says")
            filled += count
            self._current = (source, offset + count, left - count) if left > count else None
        return filled

    def close(self) -> None:
        """Close the file that is open, and end the lease."""
        self._runs.close()
        self._release()

    def _open_runs(self, segments: list[Segment]) -> Generator[tuple[int | bytes, int, int], None, None]:
        """(descriptor or bytes, offset, count), one after another; a file is open while its run is at hand."""
        end = self.start + self.length
        for segment in segments:
            first = max(self.start, segment.position) - segment.position
            count = min(end, segment.position + segment.size) - segment.position - first
            if count <= 0:
                continue
            if segment.content is not None:
                yield segment.content, first, count
            elif segment.file == GENERATED:
                while count:
                    run = min(count, PATTERN_BYTES - first % PATTERN_BYTES)
                    yield self._files.pattern(), first % PATTERN_BYTES, run
                    first += run
                    count -= run
            else:
                descriptor = os.open(self._files.path(segment.file), os.O_RDONLY)
                try:
                    yield descriptor, first, count
                finally:
                    os.close(descriptor)

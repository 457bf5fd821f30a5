"""The -log directory: text files with a line for each file, in DistCp's words.

    SKIP: <source>                                                     always
    FAIL: <source> - <cause>                                           always
    FILE_COPIED: source=<uri>, size=<bytes> --> target=<uri>, size=<bytes>    with -v
    FILE_SKIPPED: source=<uri>, size=<bytes> --> target=<uri>, size=<bytes>   with -v
    NOT_COMPARED: <source> - <why no checksums decided about it>       always
    DELETED: <target>, KEPT: <target> - <cause>, GONE: <target>               with -delete: what only the target had

Unlike DistCp's, the second size is that of the target after the copy.

The lines of a task that holds many (those of a flat directory of millions that were skipped) are files of at most
`MOST_BYTES` each: `NAME`, `NAME-0001`, `NAME-0002` ... All are written when the task has come to its end, so an attempt
that did not leaves none; until then they wait in a temporary file, compressed.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import IO

from ..filesystems.base import FileSystem
from ..model.errors import CommitError
from ..model.units import MIB
from ..model.uri import Uri, join_path
from ..model.values import DIRECTORY, CopyResult, Outcome
from ..rules.filters import work_path_beside
from ..rules.layout import Layout

# What is in memory of the lines of a task, and in one file of them.
MOST_BYTES = 16 * MIB


class CopyLog:
    """Collects the lines of one task; does nothing without a -log directory."""

    def __init__(self, verbose: bool, enabled: bool, most_bytes: int = MOST_BYTES) -> None:
        self._verbose = verbose
        self._enabled = enabled
        self._most_bytes = most_bytes
        self._text = bytearray()
        self._spilled = _Spilled()

    def skipped(self, source: Uri, target: Uri, length: int, target_length: int) -> None:
        """A file that was left as it is."""
        if self._enabled:
            self._add(f"SKIP: {source}")
            if self._verbose:
                sizes = f"source={source}, size={length} --> target={target}, size={target_length}"
                self._add(f"FILE_SKIPPED: {sizes}")

    def failed(self, source: Uri, cause: str) -> None:
        """A file that did not arrive."""
        if self._enabled:
            self._add(f"FAIL: {source} - {cause}")

    def copied(self, source: Uri, target: Uri, length: int, target_length: int) -> None:
        """A file that arrived."""
        if self._enabled and self._verbose:
            self._add(f"FILE_COPIED: source={source}, size={length} --> target={target}, size={target_length}")

    def missing(self, target: Uri, result: CopyResult) -> None:
        """Something that only the target had."""
        if not self._enabled:
            return
        if result.has_failed:
            self._add(f"FAIL: {target} - {result.message}")
        elif result.message:
            self._add(f"{result.outcome}: {target} - {result.message}")
        else:
            self._add(f"{result.outcome}: {target}" + (f" --> {result.kept_at}" if result.kept_at else ""))

    def note(self, layout: Layout, result: CopyResult) -> None:
        """The line of a result."""
        if not self._enabled:
            return
        if result.is_deletion:
            self.missing(layout.target_of(result.path), result)
            return
        source = layout.named_source_of(result.root, result.path)
        if result.not_compared:
            self._add(f"NOT_COMPARED: {source} - {result.not_compared}")
        if result.outcome == Outcome.COPIED:
            self.copied(source, layout.target_of(result.path), result.source_length, result.source_length)
        elif result.outcome in (Outcome.SKIPPED, Outcome.REFRESHED) and result.kind != DIRECTORY:
            self.skipped(source, layout.target_of(result.path), result.source_length, result.source_length)
        elif result.has_failed:
            self.failed(source, result.message)

    def publish(self, filesystem: FileSystem, directory: str, name: str) -> None:
        """Write the lines as files; as an empty one when there is nothing to say, as DistCp does.

        What an earlier attempt of this name left is replaced, also where it had more files.
        """
        for number, text in enumerate(chain(self._spilled.texts(), [bytes(self._text)])):
            path = join_path(directory, part_of(name, number))
            filesystem.put(path, text, work_path_beside(path, name), {})
        # Another order of the same lines may fill the files a little less.
        following = 1 + self._spilled.count
        if following > 1 or 2 * len(self._text) > self._most_bytes:
            while filesystem.remove(join_path(directory, part_of(name, following))):
                following += 1

    def _add(self, line: str) -> None:
        text = line.encode("utf-8", "surrogateescape") + b"\n"
        if self._text and len(self._text) + len(text) > self._most_bytes:
            self._spilled.add(self._text)
            self._text = bytearray()
        self._text += text


def part_of(name: str, number: int) -> str:
    """The name of a file of lines; the first one, 0, has the bare name."""
    return f"{name}-{number:04d}" if number else name


class _Spilled:
    """Texts in a temporary file without a name, compressed: lines beside each other are much alike."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._sizes: list[int] = []

    @property
    def count(self) -> int:
        return len(self._sizes)

    def add(self, text: bytes | bytearray) -> None:
        packed = zlib.compress(text, 1)
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="hdfs2oss-log-")  # noqa: SIM115 (gone with its owner)
            self._file.write(packed)
        except OSError as error:
            raise CommitError(
                f"the lines for the -log directory cannot wait in {tempfile.gettempdir()}: {error}",
                "Make room there, or let TMPDIR name a directory that has some.",
            ) from error
        self._sizes.append(len(packed))

    def texts(self) -> Iterator[bytes]:
        if self._file is not None:
            self._file.seek(0)
            for size in self._sizes:
                yield zlib.decompress(self._file.read(size))

"""How many rows of listings there were: files, directories, and the bytes of the files."""

from __future__ import annotations

from collections.abc import Sequence

from .counters import OWN, Counters
from .values import DIRECTORY, UNLISTED, FileStatus


class Tally:
    """A sum of rows. What is no directory counts as a file; a directory that could not be listed is no row."""

    __slots__ = ("directories", "files", "size_bytes")

    def __init__(self, files: int = 0, size_bytes: int = 0, directories: int = 0) -> None:
        self.files = files
        self.size_bytes = size_bytes
        self.directories = directories

    def add(self, row: FileStatus) -> None:
        """One more row."""
        if row.kind == DIRECTORY:
            self.directories += 1
        elif row.kind != UNLISTED:
            self.files += 1
            self.size_bytes += row.length

    def add_files(self, rows: Sequence[FileStatus]) -> None:
        """Some more rows, all of files."""
        self.files += len(rows)
        self.size_bytes += sum([row.length for row in rows])

    def merge(self, other: Tally) -> None:
        """All rows of another sum."""
        self.files += other.files
        self.size_bytes += other.size_bytes
        self.directories += other.directories

    def take_off(self, other: Tally) -> None:
        """Leave out rows that the sum holds."""
        self.files -= other.files
        self.size_bytes -= other.size_bytes
        self.directories -= other.directories

    def count(self, name: str, counters: Counters) -> None:
        """Add to FILES_<name>, BYTES_<name> and DIRECTORIES_<name> what is not zero."""
        for what, value in (("FILES", self.files), ("BYTES", self.size_bytes), ("DIRECTORIES", self.directories)):
            if value:
                counters.add(OWN, f"{what}_{name}", value)

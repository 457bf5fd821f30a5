"""Walks seen from elsewhere: sources as they will lie below the target base."""

from __future__ import annotations

from collections.abc import Callable

from ..model.values import DIRECTORY, FileStatus
from .base import Walk


class WalkAt(Walk):
    """A walk whose paths count from `prefix`; the underlying one is opened with the first row."""

    def __init__(self, prefix: str, open_walk: Callable[[], Walk]) -> None:
        self._prefix = prefix + "/" if prefix else ""
        self._open_walk = open_walk
        self._walk: Walk | None = None

    def __next__(self) -> FileStatus:
        if self._walk is None:
            self._walk = self._open_walk()
        row = next(self._walk)
        return row._replace(path=self._prefix + row.path) if self._prefix else row

    def stop_descending(self) -> None:
        if self._walk is not None:
            self._walk.stop_descending()

    def seek(self, key: str) -> None:
        if self._walk is not None and key.startswith(self._prefix):
            self._walk.seek(key[len(self._prefix) :])


class DirectoryAt(WalkAt):
    """A source directory that shows up as a sub-directory: its own row first, then what lies in it."""

    def __init__(self, prefix: str, open_walk: Callable[[], Walk]) -> None:
        super().__init__(prefix, open_walk)
        self._directory: str | None = prefix
        self._entered = True

    def __next__(self) -> FileStatus:
        if self._directory is not None:
            path, self._directory = self._directory, None
            return FileStatus(path, DIRECTORY)
        if not self._entered:
            raise StopIteration
        return super().__next__()

    def stop_descending(self) -> None:
        if self._walk is None:
            self._entered = False
        super().stop_descending()


class FileAt(Walk):
    """A source file that shows up under another path: one row, or none when it has gone."""

    def __init__(self, path: str, status: Callable[[], FileStatus | None]) -> None:
        self._path = path
        self._status: Callable[[], FileStatus | None] | None = status

    def __next__(self) -> FileStatus:
        status, self._status = self._status() if self._status is not None else None, None
        if status is None:
            raise StopIteration
        return status._replace(path=self._path)

    def stop_descending(self) -> None:
        """A file has nothing to descend into."""

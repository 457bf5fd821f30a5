"""Walks as a survey wants them: a source that fails alone, a target without our own work."""

from __future__ import annotations

from collections.abc import Collection

from ...filesystems.base import Walk
from ...model.errors import NotFound, StoreError, SurveyError
from ...model.values import UNLISTED, FileStatus


class SourceRows(Walk):
    """A walk whose own root, when it cannot be listed, is an UNLISTED row like any directory below it.

    So the other sources of a unit go on. Two failures are still raised: a source that is not there, and a store
    that a later try might find well, as nothing else on it would fare better now.
    """

    def __init__(self, walk: Walk, directory: str) -> None:
        self._walk = walk
        self._directory = directory
        self._begun = False
        self._failed = False

    def __next__(self) -> FileStatus:
        if self._failed:
            raise StopIteration
        try:
            row = next(self._walk)
        except (StoreError, SurveyError) as error:
            if error.retryable or (isinstance(error, NotFound) and not self._begun):
                raise
            self._failed = True
            return FileStatus(self._directory, UNLISTED, problem=str(error))
        self._begun = True
        return row

    def stop_descending(self) -> None:
        self._walk.stop_descending()

    def seek(self, key: str) -> None:
        self._walk.seek(key)


class RowsWithout(Walk):
    """A walk that shows nothing at or below some paths, and does not list there."""

    def __init__(self, walk: Walk, paths: Collection[str]) -> None:
        self._walk = walk
        self._paths = paths
        self._below = ""

    def __next__(self) -> FileStatus:
        while True:
            row = next(self._walk)
            if row.path in self._paths:
                self._below = row.path + "/"
                # The character behind the slash: the first key that cannot lie in the directory.
                self._walk.seek(row.path + "0")
            elif not (self._below and row.path.startswith(self._below)):
                return row

    def stop_descending(self) -> None:
        self._walk.stop_descending()

    def seek(self, key: str) -> None:
        self._walk.seek(key)

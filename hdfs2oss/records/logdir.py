"""The -log directory: one file of lines a task, and `_SUCCESS` at the end, as MapReduce leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import CommitError, StoreError, UsageError
from ..model.uri import Uri, join_path
from ..rules.filters import work_path_beside
from .copylog import CopyLog


class LogDir:
    """The directory `place` of a run; without one (no -log was given) nothing is done."""

    def __init__(self, place: Uri | None, stores: StoreConfig) -> None:
        self._place = place
        self._stores = stores

    def make(self) -> None:
        """Find out before anything is copied that it cannot be written. Raises UsageError."""
        place = self._place
        if place is None:
            return
        try:
            open_filesystem(place, self._stores).make_directory(place.path)
        except StoreError as error:
            raise UsageError(f"the -log directory {place} cannot be made: {error}", "Nothing was copied.") from error

    def publish(self, log: CopyLog, name: str) -> None:
        """Write the lines of a task as one file. Raises CommitError that names the directory."""
        place = self._place
        if place is not None:
            with _naming(place):
                log.publish(open_filesystem(place, self._stores), place.path, name)

    def succeed(self, run_id: str) -> None:
        """The run ended well. Raises CommitError that names the directory."""
        place = self._place
        if place is not None:
            path = join_path(place.path, "_SUCCESS")
            with _naming(place):
                open_filesystem(place, self._stores).put(path, b"", work_path_beside(path, run_id), {})


@contextmanager
def _naming(place: Uri) -> Iterator[None]:
    """Without its own name an error of this directory would be taken for one of the job directory."""
    try:
        yield
    except StoreError as error:
        raise CommitError(f"the -log directory {place} cannot be written: {error}", error.hint) from error

"""The -log directory: in it a directory for each run, with one file of lines a task, and `_SUCCESS` at the end.

DistCp writes into the directory itself, and mixes what two runs say. A directory of its own for each run lets one
command be given every night, and lets a command go on after a failure as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import CommitError, StoreError, UsageError
from ..model.uri import Uri, join_path
from ..rules.filters import work_path_beside
from .copylog import CopyLog


def make_log_dir(place: Uri | None, stores: StoreConfig) -> None:
    """Find out before anything is copied that the -log directory cannot be written. Raises UsageError."""
    if place is None:
        return
    try:
        open_filesystem(place, stores).make_directory(place.path)
    except StoreError as error:
        raise UsageError(f"the -log directory {place} cannot be made: {error}", "Nothing was copied.") from error


class LogDir:
    """The directory of one run in `place`; without one (no -log was given) nothing is done."""

    def __init__(self, place: Uri | None, run_id: str, stores: StoreConfig) -> None:
        self.place = place.join(run_id) if place is not None else None
        self._run_id = run_id
        self._stores = stores

    def publish(self, log: CopyLog, name: str) -> None:
        """Write the lines of a task as one file. Raises CommitError that names the directory."""
        place = self.place
        if place is not None:
            with _naming(place):
                log.publish(open_filesystem(place, self._stores), place.path, name)

    def succeed(self) -> None:
        """The run ended well. Raises CommitError that names the directory."""
        place = self.place
        if place is not None:
            path = join_path(place.path, "_SUCCESS")
            with _naming(place):
                open_filesystem(place, self._stores).put(path, b"", work_path_beside(path, self._run_id), {})


@contextmanager
def _naming(place: Uri) -> Iterator[None]:
    """Without its own name an error of this directory would be taken for one of the job directory."""
    try:
        yield
    except StoreError as error:
        raise CommitError(f"the -log directory {place} cannot be written: {error}", error.hint) from error

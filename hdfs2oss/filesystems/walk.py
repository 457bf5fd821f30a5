"""The rows of a tree, in key order."""

from __future__ import annotations

import abc
from collections.abc import Iterator

from ..model.errors import Hdfs2ossError
from ..model.tally import Tally
from ..model.values import UNLISTED, FileStatus


class Walk(abc.ABC):
    """A tree below one directory as a stream in key order, paths relative to that directory.

    A directory is opened when the row after it is asked for. After `stop_descending` the files (and names
    of sub-directories) of the directories already open are still given, but no further sub-directory is
    entered, not even the one given last.

    A sub-directory whose listing fails gives an UNLISTED row with the reason where its next row was due, and
    the walk goes on behind it; when the directory asked for itself fails, the walk raises.

    `given` counts the rows that were given, so that whoever takes them can be held to it.
    """

    given: Tally

    def __iter__(self) -> Iterator[FileStatus]:
        return self

    @abc.abstractmethod
    def __next__(self) -> FileStatus: ...

    @abc.abstractmethod
    def stop_descending(self) -> None: ...

    def seek(self, key: str) -> None:
        """Rows before `key` are not wanted any more and may be left out; a hint that saves listing."""


def unlisted_row(directory: str, error: Hdfs2ossError) -> FileStatus:
    """The row that stands for what could not be listed of a directory, so that its siblings go on.

    Raises the error when it is retryable: a later try might not meet it, so it is the store as a whole that
    does not answer, and nothing behind this directory would fare better now.
    """
    if error.retryable:
        raise error
    return FileStatus(directory, UNLISTED, problem=str(error))

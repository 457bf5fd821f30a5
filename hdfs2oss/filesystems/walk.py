"""The rows of a tree, in key order."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator, Sequence

from ..model.errors import Hdfs2ossError
from ..model.tally import Tally
from ..model.values import FILE, UNLISTED, FileStatus


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

    def files(self) -> Sequence[FileStatus]:
        """Plain files that come next, of the directory of the file given last, as far as they are at hand; they are
        given by this. May be none at any time: it only saves asking for each of them by itself."""
        return ()


class Portions(Iterator[FileStatus]):
    """The children of one directory in key order, as they come: several at once."""

    def __init__(self, portions: Iterable[Sequence[FileStatus]]) -> None:
        self._portions = iter(portions)
        self._rows: Sequence[FileStatus] = ()
        self._at = 0

    def __next__(self) -> FileStatus:
        while self._at >= len(self._rows):
            self._rows, self._at = next(self._portions), 0
        row = self._rows[self._at]
        self._at += 1
        return row

    def files(self) -> Sequence[FileStatus]:
        """The plain files that come next, as far as they are at hand."""
        begin, end = self._at, len(self._rows)
        while self._at < end and self._rows[self._at].kind == FILE:
            self._at += 1
        return self._rows[begin : self._at]


def unlisted_row(directory: str, error: Hdfs2ossError) -> FileStatus:
    """The row that stands for what could not be listed of a directory, so that its siblings go on.

    Raises the error when it is retryable: a later try might not meet it, so it is the store as a whole that
    does not answer, and nothing behind this directory would fare better now.
    """
    if error.retryable:
        raise error
    return FileStatus(directory, UNLISTED, problem=str(error))

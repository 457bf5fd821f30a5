"""The rows of a tree, in key order."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Generic, TypeVar

from ..model.errors import Hdfs2ossError
from ..model.tally import Tally
from ..model.values import UNLISTED, FileStatus

Row = TypeVar("Row")


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


class Portions(Iterator[Row], Generic[Row]):
    """Rows one by one that come several at once; of those that are at hand some can be taken together."""

    def __init__(self, portions: Iterable[Sequence[Row]]) -> None:
        self._portions = iter(portions)
        self._rows: Sequence[Row] = ()
        self._at = 0

    def __next__(self) -> Row:
        while self._at >= len(self._rows):
            self._rows, self._at = next(self._portions), 0
        row = self._rows[self._at]
        self._at += 1
        return row

    def take_while(self, holds: Callable[[Row], bool]) -> list[Row]:
        """The rows at hand up to the first for which this does not hold."""
        taken = list(takewhile(holds, islice(self._rows, self._at, None)))
        self._at += len(taken)
        return taken


def unlisted_row(directory: str, error: Hdfs2ossError) -> FileStatus:
    """The row that stands for what could not be listed of a directory, so that its siblings go on.

    Raises the error when it is retryable: a later try might not meet it, so it is the store as a whole that
    does not answer, and nothing behind this directory would fare better now.
    """
    if error.retryable:
        raise error
    return FileStatus(directory, UNLISTED, problem=str(error))

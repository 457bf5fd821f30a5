"""A tree as a stream, for stores that list one directory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..model.errors import Hdfs2ossError
from ..model.tally import Tally
from ..model.values import DIRECTORY, FILE, FileStatus
from ..rules.keys import KeyRange
from .walk import Portions, Walk, unlisted_row

# The children of one directory in key order, best as Portions; it and their paths are relative to the root of the walk.
ListChildren = Callable[[str], Iterator[FileStatus]]


class TreeWalk(Walk):
    """Depth first, one open listing for every level, each read only as far as needed.

    1. A directory row is given before the directory is entered.
    2. Entering happens when the next row is asked for, so `stop_descending` after a row holds for that row.
    3. When listing a sub-directory fails, an UNLISTED row tells so and the walk goes on behind it, if
       `unlisted_row` says that this makes sense. When the directory asked for fails, the error is raised.
    """

    def __init__(self, list_children: ListChildren, after: str = "", until: str = "", recursive: bool = True) -> None:
        self.given = Tally()
        self._list_children = list_children
        self._children = KeyRange(after, until)
        self._descending = recursive
        self._levels: list[tuple[str, Iterator[FileStatus]]] = []
        self._to_enter: str | None = ""
        self._wanted_from = ""

    def stop_descending(self) -> None:
        self._descending = False
        if self._levels:
            self._to_enter = None

    def seek(self, key: str) -> None:
        self._wanted_from = key

    def __next__(self) -> FileStatus:
        entering, self._to_enter = self._to_enter, None
        if entering is not None and (not entering or self._is_wanted(entering + "/")):
            try:
                self._levels.append((entering, self._guarded(entering)))
            except Hdfs2ossError as error:
                return _unlisted(entering, error)
        while self._levels:
            directory, rows = self._levels[-1]
            try:
                row = next(rows, None)
            except Hdfs2ossError as error:
                self._levels.pop()
                return _unlisted(directory, error)
            if row is None:
                self._levels.pop()
                continue
            if self._wanted_from:
                key = row.key
                if not self._is_wanted(key):
                    continue
                if key >= self._wanted_from:
                    self._wanted_from = ""
            if row.kind != DIRECTORY:
                self.given.files += 1
                self.given.size_bytes += row.length
                return row
            self.given.directories += 1
            if self._descending:
                self._to_enter = row.path
            return row
        raise StopIteration

    def files(self) -> Sequence[FileStatus]:
        rows = self._levels[-1][1] if self._levels and self._to_enter is None else None
        # Up to what is sought, rows are passed over one by one.
        if not isinstance(rows, Portions) or self._wanted_from:
            return ()
        found = rows.take_while(_is_file)
        self.given.add_files(found)
        return found

    def _is_wanted(self, key: str) -> bool:
        """A directory is also wanted for what lies in it."""
        return key >= self._wanted_from or self._wanted_from.startswith(key)

    def _guarded(self, directory: str) -> Iterator[FileStatus]:
        rows = self._list_children(directory)
        return self._in_range(rows) if not directory and any(self._children) else rows

    def _in_range(self, rows: Iterator[FileStatus]) -> Iterator[FileStatus]:
        for row in rows:
            key = row.key
            if self._children.ends_before(key):
                return
            if self._children.holds(key):
                yield row


def _unlisted(directory: str, error: Hdfs2ossError) -> FileStatus:
    if not directory:
        raise error  # the directory asked for itself: nothing of the walk can be told
    return unlisted_row(directory, error)


def _is_file(row: FileStatus) -> bool:
    return row.kind == FILE

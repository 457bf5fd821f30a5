"""One side's rows in a unit, as they lie below the target base."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...filesystems.walk import Walk, unlisted_row
from ...model.errors import NotFound, StoreError, SurveyError
from ...model.tally import Tally
from ...model.values import FileStatus, new_row


class Stream(Walk):
    """What stands at `mount` and below it: first the row of the mount itself, if asked for, then a walk.

    Both are opened when their first row is due. When the listing of the mount itself fails, that is an UNLISTED row,
    like that of any directory below it, so that the other streams of a unit go on. Raised are NotFound, when the
    mount is not there at all, and without `fails_alone` every failure.

    Of a walk that failed `given` says nothing.
    """

    def __init__(
        self,
        mount: str,
        open_walk: Callable[[], Walk] | None = None,
        own_row: Callable[[], FileStatus | None] | None = None,
        fails_alone: bool = True,
    ) -> None:
        self._given = Tally()
        self._mount = mount
        self._prefix = mount + "/" if mount else ""
        self._own_row = own_row
        self._open_walk = open_walk
        self._walk: Walk | None = None
        self._begun = False
        self._fails_alone = fails_alone

    @property
    def given(self) -> Tally:  # type: ignore[override]
        """The rows so far."""
        given = Tally()
        given.merge(self._given)
        if self._walk is not None:
            given.merge(self._walk.given)
        return given

    def __next__(self) -> FileStatus:
        try:
            row = self._next_row()
        except (StoreError, SurveyError) as error:
            if not self._fails_alone or (isinstance(error, NotFound) and not self._begun):
                raise
            self._own_row = self._open_walk = self._walk = None
            return unlisted_row(self._mount, error)
        self._begun = True
        return row

    def _next_row(self) -> FileStatus:
        if self._walk is not None:
            row = next(self._walk, None)
            if row is None:
                self._given.merge(self._walk.given)
                self._walk = self._open_walk = None
                raise StopIteration
            return row._replace(path=self._prefix + row.path) if self._prefix else row
        own_row, self._own_row = self._own_row, None
        found = own_row() if own_row is not None else None
        if found is not None:
            self._given.add(found)
            return found._replace(path=self._mount)
        if self._open_walk is None:
            raise StopIteration
        self._walk = self._open_walk()
        return self._next_row()

    def files(self) -> Sequence[FileStatus]:
        rows = self._walk.files() if self._walk is not None else ()
        prefix = self._prefix
        return [new_row(FileStatus, (prefix + row[0], *row[1:])) for row in rows] if prefix else rows

    def stop_descending(self) -> None:
        """A walk that was not opened yet is a directory not entered yet."""
        if self._walk is not None:
            self._walk.stop_descending()
        else:
            self._open_walk = None

    def seek(self, key: str) -> None:
        if self._walk is not None and key.startswith(self._prefix):
            self._walk.seek(key[len(self._prefix) :])

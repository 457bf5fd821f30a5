"""Merging ordered streams, key by key: all sources of a directory, and its target.

Streams come in key order (`rules/keys.py`), so nothing is held in memory but one row of each. What a step
means, and whether its directories are entered, is decided by whoever takes it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Collection, Sequence
from operator import lt
from typing import NamedTuple, Protocol

from ..model.errors import SurveyError
from ..model.tally import Tally
from ..model.values import DIRECTORY, FILE, UNLISTED, FileStatus
from .keys import behind, is_within, possible_parents

# The number of the target's stream among those of the roots.
TARGET = -1
# How far a stretch is looked for at once.
_MOST_OF_STRETCH = 256


class Rows(Protocol):
    """A stream of rows that can be told what is not wanted any more, and that counts what it gave."""

    @property
    def given(self) -> Tally: ...

    def __next__(self) -> FileStatus: ...

    def files(self) -> Sequence[FileStatus]: ...

    def seek(self, key: str) -> None: ...

    def stop_descending(self) -> None: ...


class Cursor:
    """One stream with its head row; checks the order, because a merge of unordered streams loses files."""

    def __init__(self, rows: Rows, root: int = TARGET) -> None:
        self.root = root
        self._rows = rows
        self.head: FileStatus | None = None
        self.key = ""
        self._passed_by = Tally()
        # Plain files that were taken from the stream already; those from `_at` on come behind the head.
        self._ahead: Sequence[FileStatus] = ()
        self._at = 0
        self.advance()

    def advance(self) -> None:
        """Take the next row."""
        if self._at < len(self._ahead):
            row = self._ahead[self._at]
            self._at += 1
        else:
            try:
                row = next(self._rows)
            except StopIteration:
                self.head, self.key = None, ""
                return
        key = row.key
        if self.head is not None and key < self.key:
            if row.kind != UNLISTED:
                raise SurveyError(f"a listing is out of order: {key!r} came after {self.key!r}")
            key = self.key  # The failure of a directory shows where its next row was due.
        self.head, self.key = row, key

    def files(self) -> Sequence[FileStatus]:
        """Behind a file at the head: plain files of its directory that come next, as far as they are at hand."""
        if self._at >= len(self._ahead):
            self._ahead, self._at = self._rows.files(), 0
        return self._ahead[self._at : self._at + _MOST_OF_STRETCH]

    def advance_to(self, count: int) -> None:
        """Take as many of `files`; the order of those before the last was looked at."""
        self._at += count - 1
        self.advance()

    def seek(self, key: str) -> None:
        """Pass over rows before `key`; a failure is never passed over."""
        if self.head is not None and self.key < key:
            self._rows.seek(key)
            while self.head is not None and self.key < key and self.head.kind != UNLISTED:
                self.advance()

    def pass_by(self) -> None:
        """Go on behind the directory at the head: what lies in it is not listed, and no failure in it is told."""
        assert self.head is not None
        directory = self.head.path
        self._rows.seek(behind(directory))
        self.advance()
        while self.head is not None and is_within(self.head.path, directory):
            self._passed_by.add(self.head)
            self.advance()

    def count(self) -> Tally:
        """At the end: the rows that the stream gave, but for those that were passed by, and those that still stand."""
        given = Tally()
        given.merge(self._rows.given)
        given.take_off(self._passed_by)
        for row in (*filter(None, [self.head]), *self._ahead[self._at :]):
            given.take_off(_tally_of(row))
        return given

    def stop_descending(self) -> None:
        """Enter no further directory, not even the one at the head."""
        self._rows.stop_descending()


class Step(NamedTuple):
    """What stands at one key: the rows of the sources (with their roots) and of the target."""

    key: str
    sources: tuple[tuple[int, FileStatus], ...]
    target: FileStatus | None

    @property
    def is_directory_at_source(self) -> bool:
        """Rows of other kinds can have such a key too: the object `d//` and a directory that could not be listed."""
        return any(row.kind == DIRECTORY for _, row in self.sources)

    @property
    def is_directory(self) -> bool:
        """Whether a directory stands here, on either side."""
        return self.is_directory_at_source or (self.target is not None and self.target.kind == DIRECTORY)

    @property
    def end(self) -> str:
        """The key behind which another unit can go on; "" where what has this key may be a directory that is listed
        already: the object `d//`, or the failure of a listing."""
        return self.key if self.is_directory or not self.key.endswith("/") else ""

    @property
    def directory(self) -> str:
        """The path of the directory that stands here."""
        return self.key[:-1]


class Stretch(NamedTuple):
    """Files that one source and the target both have, one behind the other in one directory, nothing between them.

    `key` is that of the step behind it: a file, too, that sorts behind `name/` of the last of these.
    """

    root: int
    sources: Sequence[FileStatus]
    targets: Sequence[FileStatus]
    key: str


class Merge:
    """The steps of some sources and a target, in key order, each key once."""

    def __init__(self, sources: Sequence[Cursor], target: Cursor | None, wants_missing: bool) -> None:
        """Without `wants_missing` the target is sought along with the sources, so that what only the target
        holds is not even listed."""
        self._sources = sources
        self._target = target
        self._wants_missing = wants_missing
        # (key, place) of each source with a head: thousands of sources cost no more for each step.
        self._queue = [(cursor.key, place) for place, cursor in enumerate(sources) if cursor.head is not None]
        heapq.heapify(self._queue)
        # Taken from the queue: the places of the sources whose heads share the least key.
        self._first: list[int] = []
        self._descends = True

    def step(self, waiting_for: str | None = None) -> Step | None:
        """The next step, while no stream has moved past it; None at the end.

        `waiting_for` is a key that matters beside those of the sources: the target is not sought beyond it.
        """
        least = self._least()
        if self._target is not None and not self._wants_missing and not self._seek(self._target, least, waiting_for):
            return None
        target = self._target if self._target is not None and self._target.head is not None else None
        if target is not None and (least is None or target.key < least):
            return Step(target.key, (), target.head)
        if least is None:
            return None
        heads = ((self._sources[place].root, self._sources[place].head) for place in self._first)
        rows = tuple((root, head) for root, head in heads if head is not None)
        return Step(least, rows, target.head if target is not None and target.key == least else None)

    def advance(self, step: Step, passing_by: Collection[int] = ()) -> None:
        """Move all streams past a step; those of the roots in `passing_by` past all that lies in its directory."""
        if self._least() == step.key:
            places, self._first = self._first, []
            for place in places:
                cursor = self._sources[place]
                _move(cursor, passing_by)
                if cursor.head is not None:
                    heapq.heappush(self._queue, (cursor.key, place))
        if self._target is not None and self._target.head is not None and self._target.key == step.key:
            _move(self._target, passing_by)

    def stretch(self) -> Stretch | None:
        """What could be taken at once instead of step by step, where files of both sides stand at the next step.

        Told by this: none of them meets a directory of its name, or a row of another source.
        """
        least, target = self._least(), self._target
        if len(self._first) != 1 or target is None or target.key != least:
            return None
        source = self._sources[self._first[0]]
        if source.head is None or target.head is None or not source.head.kind == target.head.kind == FILE:
            return None
        ours, theirs = (source.head, *source.files()), (target.head, *target.files())
        count = _in_common(ours, theirs, self._queue[0][0] if self._queue else None)
        return Stretch(source.root, ours[:count], theirs[:count], ours[count].path) if count > 0 else None

    def take(self, stretch: Stretch) -> None:
        """Move both streams past a stretch, which stands."""
        (place,), self._first = self._first, []
        source = self._sources[place]
        source.advance_to(len(stretch.sources))
        heapq.heappush(self._queue, (source.key, place))
        if self._target is not None:
            self._target.advance_to(len(stretch.targets))

    def stop_descending(self) -> None:
        """Enter no further directory on any side, not even that of the step that stands."""
        if self._descends:
            self._descends = False
            for cursor in self._sources:
                cursor.stop_descending()
            if self._target is not None:
                self._target.stop_descending()

    def _least(self) -> str | None:
        """The least key of the sources; None when they have ended."""
        if not self._first and self._queue:
            key = self._queue[0][0]
            while self._queue and self._queue[0][0] == key:
                self._first.append(heapq.heappop(self._queue)[1])
        return self._sources[self._first[0]].key if self._first else None

    def _seek(self, target: Cursor, least: str | None, waiting_for: str | None) -> bool:
        """Pass over what only the target holds; False when nothing that it holds is wanted any more.

        A target file `a` is not passed over while a source directory `a/` may come: before `a-b` it may.
        """
        bound = min((key for key in (least, waiting_for) if key is not None), default=None)
        if bound is None:
            return False
        if target.head is not None and target.key < bound:
            for path in possible_parents(bound):
                target.seek(path)
                if target.key == path:
                    return True
            target.seek(bound)
        return True


def _tally_of(row: FileStatus) -> Tally:
    tally = Tally()
    tally.add(row)
    return tally


def _in_common(ours: Sequence[FileStatus], theirs: Sequence[FileStatus], bound: str | None) -> int:
    """With how many files both begin that are followed by another one behind their `name/`; all before `bound`."""
    end = min(len(ours), len(theirs))
    if end < 2 or ours[1].path != theirs[1].path:
        return 0
    paths, others = [row.path for row in ours[:end]], [row.path for row in theirs[:end]]
    if paths != others:
        end = next(at for at, path in enumerate(paths) if path != others[at])
        del paths[end:]
    if bound is not None and paths[-1] >= bound:
        paths = paths[: bisect_left(paths, bound)]
    passed = [path + "/" for path in paths]
    if all(map(lt, passed, paths[1:])):
        return len(paths) - 1
    return next(at for at, path in enumerate(paths[1:]) if passed[at] >= path)


def _move(cursor: Cursor, passing_by: Collection[int]) -> None:
    if cursor.root in passing_by:
        cursor.pass_by()
    else:
        cursor.advance()

"""Merging ordered listings: all sources of a directory and its target, key by key.

Streams come in key order (UTF-8 bytes, a directory counting as `name/`), so nothing is ever held in memory
but one row of each stream, and the few rows whose fate a later key decides:

* a file `a` waits until `a/` has been passed, because a directory `a/` on the other side is a conflict and
  `a-b` sorts between the two;
* a source directory waits for the next source row, which tells whether it is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from ..model.errors import SurveyError, TransferError, TypeConflict
from ..model.values import DIRECTORY, FILE, UNLISTED, UNUSABLE, FilePair, FileStatus


class Rows(Protocol):
    """A stream of rows that can be told what is not wanted any more."""

    def __next__(self) -> FileStatus: ...

    def seek(self, key: str) -> None: ...


# The number of the target's stream among those of the roots.
TARGET = -1


class Listing:
    """One stream with its head row; checks the order, because a merge of unordered streams loses files."""

    def __init__(self, rows: Rows, root: int = TARGET) -> None:
        self.root = root
        self._rows = rows
        self.head: FileStatus | None = None
        self.key = ""
        self.advance()

    def advance(self) -> None:
        """Take the next row."""
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
        below = directory + "/"
        # The character behind the slash: the first key that cannot lie in the directory.
        self._rows.seek(directory + "0")
        self.advance()
        while self.head is not None and (self.head.path == directory or self.head.path.startswith(below)):
            self.advance()


class Match(NamedTuple):
    """What stands at one key: the rows of the sources (with their roots) and of the target."""

    key: str
    sources: tuple[tuple[int, FileStatus], ...]
    target: FileStatus | None


# Whether a source row (of the root with that number) takes part. A directory that does not is passed by.
Wanted = Callable[[int, FileStatus], bool]


class Duplicate(NamedTuple):
    """A file that two sources bring to the same path."""

    path: str
    first_root: int
    second_root: int


class Pairing:
    """Turns streams into pairs: each file, and each directory that is empty or exists at the target, once.

    `duplicates` collects files that two sources bring; `unlisted` the directories that could not be listed.
    """

    def __init__(self, sources: Sequence[Listing], target: Listing | None, wanted: Wanted, wants_missing: bool) -> None:
        """`wanted` says whether a source row takes part; without `wants_missing` the target is sought along with
        the sources, so that what only the target holds is not even listed."""
        self._sources = sources
        self._target = target
        self._wanted = wanted
        self._wants_missing = wants_missing
        self._waiting: list[FilePair] = []
        self._open_directory: FilePair | None = None
        self._blocked = ""
        self._blocked_by = ""
        self._blocked_class = ""
        self._passed_by: set[int] = set()
        self.duplicates: list[Duplicate] = []
        self.unlisted: list[tuple[int, FileStatus]] = []

    def pairs(self, root: FilePair | None, before: Callable[[Match], None]) -> Iterator[FilePair]:
        """All pairs. `root` is the directory itself; `before` sees each match while no stream has moved past it."""
        self._open_directory = root
        while (match := self._next_match()) is not None:
            before(match)
            yield from self._release(match.key)
            yield from self._take(match)
            for stream in self._streams():
                if stream.key != match.key:
                    continue
                if stream.root in self._passed_by:
                    stream.pass_by()
                else:
                    stream.advance()
        yield from self._waiting
        if self._open_directory is not None:
            yield self._open_directory

    def recall(self, row: FileStatus, blocks_all: bool) -> None:
        """A target file outside the streams: all of them lie below it, or a source directory of its name may come."""
        if blocks_all:
            self._block_below(row.path)
        else:
            self._waiting.append(FilePair(row.path, None, row))

    def _streams(self) -> list[Listing]:
        streams = [*self._sources, self._target] if self._target is not None else self._sources
        return [stream for stream in streams if stream.head is not None]

    def _next_match(self) -> Match | None:
        if self._target is not None and not self._wants_missing and not self._seek(self._target):
            return None
        heads = self._streams()
        if not heads:
            return None
        key = min(stream.key for stream in heads)
        at_key = [stream for stream in heads if stream.key == key]
        rows = tuple(
            (stream.root, stream.head) for stream in at_key if stream.root != TARGET and stream.head is not None
        )
        target = next((stream.head for stream in at_key if stream.root == TARGET), None)
        return Match(key, rows, target)

    def _seek(self, target: Listing) -> bool:
        """Pass over what only the target holds; False when nothing that it holds is wanted any more.

        A target file `a` is not passed over while a source directory `a/` may come: before `a-b` it may.
        """
        bounds = [stream.key for stream in self._sources if stream.head is not None]
        bounds += [pair.path + "/" for pair in self._waiting if pair.source is not None]
        if not bounds:
            return False
        bound = min(bounds)
        if target.head is not None and target.key < bound:
            for path in possible_parents(bound):
                target.seek(path)
                if target.key == path:
                    return True
            target.seek(bound)
        return True

    def _take(self, match: Match) -> Iterator[FilePair]:
        self._note_unlisted(match)
        wanted = [(root, row) for root, row in match.sources if row.kind != UNLISTED and self._wanted(root, row)]
        taking_part = {root for root, _ in wanted}
        self._passed_by = {root for root, row in match.sources if row.kind == DIRECTORY and root not in taking_part}
        target = match.target if match.target is not None and match.target.kind != UNLISTED else None
        if not wanted:
            self._meet_missing(match.key, target)
            return
        root, row = wanted[0]
        if row.kind != DIRECTORY and len(wanted) > 1:
            self.duplicates.append(Duplicate(row.path, root, wanted[1][0]))
        pair = self._block(FilePair(row.path, row, target, root), row)
        yield from self._settle_directory(row)
        if row.kind == DIRECTORY:
            self._open_directory = self._meet_directory(pair)
        else:
            self._waiting.append(pair)

    def _release(self, key: str) -> Iterator[FilePair]:
        ready = [pair for pair in self._waiting if pair.path + "/" < key]
        if ready:
            self._waiting = [pair for pair in self._waiting if pair.path + "/" >= key]
        yield from ready

    def _settle_directory(self, row: FileStatus) -> Iterator[FilePair]:
        """The directory seen last is empty unless this row lies in it; one with contents needs no pair of its own."""
        last, self._open_directory = self._open_directory, None
        if last is None:
            return
        lies_within = last.path == "" or row.path.startswith(last.path + "/")
        if not lies_within or last.target is not None:
            yield last

    def _meet_directory(self, pair: FilePair) -> FilePair:
        """A source directory: a target file of that name blocks it, a source file of that name is impossible."""
        for number, waiting in enumerate(self._waiting):
            if waiting.path != pair.path:
                continue
            if waiting.source is not None:
                self._waiting[number] = waiting._replace(
                    source=waiting.source._replace(kind=UNUSABLE, problem="the name is both a file and a directory"),
                    problem_class=TypeConflict.__name__,
                )
            if waiting.target is not None and pair.target is None:
                if waiting.source is None:
                    del self._waiting[number]
                self._block_below(pair.path)
                return pair._replace(target=waiting.target)
        return pair

    def _block_below(self, path: str) -> None:
        self._blocked, self._blocked_by = path + "/", f"at the target {path} is a file"
        self._blocked_class = TypeConflict.__name__

    def _meet_missing(self, key: str, target: FileStatus | None) -> None:
        """A row that only the target holds: kept in mind while it may conflict with a source of that name."""
        if target is None:
            return
        if target.kind == FILE:
            self._waiting.append(FilePair(target.path, None, target))
            return
        for number, waiting in enumerate(self._waiting):
            if waiting.path + "/" == key and waiting.target is None:
                self._waiting[number] = waiting._replace(target=target)

    def _block(self, pair: FilePair, row: FileStatus) -> FilePair:
        if not (self._blocked and row.path.startswith(self._blocked)):
            return pair
        blocked = row._replace(kind=DIRECTORY if row.kind == DIRECTORY else UNUSABLE, problem=self._blocked_by)
        return pair._replace(source=blocked, problem_class=self._blocked_class)

    def _note_unlisted(self, match: Match) -> None:
        for root, row in ((root, row) for root, row in match.sources if row.kind == UNLISTED):
            self.unlisted.append((root, row))
            last = self._open_directory
            if last is not None and last.path == row.path and last.target is None:
                self._open_directory = None  # Nobody knows that it is empty.
        if match.target is not None and match.target.kind == UNLISTED:
            self.unlisted.append((TARGET, match.target))
            self._blocked = match.target.path + "/"
            self._blocked_by = f"the target directory could not be listed: {match.target.problem}"
            self._blocked_class = TransferError.__name__


def possible_parents(key: str) -> list[str]:
    """Paths `p` before `key` whose `p/` is not: `a` and `a-b` for `a-b-c`, as `-` sorts before the slash."""
    return [key[:at] for at in range(1, len(key)) if key[at] <= "/" and key[at - 1] != "/"]

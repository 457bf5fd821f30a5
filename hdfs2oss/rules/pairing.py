"""From the steps of a merge to pairs: each file, and each directory, of the sources once.

A few rows wait, because a later key decides their fate:

* a file `a` waits until `a/` has been passed, because a directory `a/` on the other side is a conflict and
  `a-b` sorts between the two;
* a source directory waits for the next source row, which tells whether it is empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..model.errors import TransferError, TypeConflict
from ..model.values import DIRECTORY, FILE, UNLISTED, UNUSABLE, FilePair, FileStatus, new_row
from .keys import is_within
from .merging import Step, Stretch


class Block(NamedTuple):
    """A directory below which nothing may be copied, why, and the class of error (model.errors) that this is."""

    directory: str
    reason: str
    error_class: str


_IN_THE_WAY = "at the target "


def blocked_by_file(path: str) -> Block:
    """At the target a file stands where a directory is due."""
    return Block(path, f"{_IN_THE_WAY}{path} is a file", TypeConflict.__name__)


def is_below_file(pair: FilePair) -> bool:
    """Whether a pair lies in a directory in whose place the target has a file, so that the target has no such path."""
    source = pair.source
    return source is not None and pair.target is None and source.problem.startswith(_IN_THE_WAY)


class Pairing:
    """Takes one step after the other and gives the pairs that are settled by it; the rest at the end."""

    def __init__(
        self, own: FilePair | None = None, targets: Iterable[FileStatus] = (), block: Block | None = None
    ) -> None:
        """`own` is the pair of the directory that the steps lie in; `targets` are files of the target that come up
        in no step, though a source directory of their name may; `block` holds from the beginning."""
        self._open_directory = own
        self._waiting = [FilePair(row.path, None, row) for row in targets]
        self._block = block

    @property
    def waiting_for(self) -> str | None:
        """The first key that decides about a source file that waits; None when none does."""
        return min((pair.path + "/" for pair in self._waiting if pair.source is not None), default=None)

    def take(self, step: Step, entered: bool) -> list[FilePair]:
        """The pairs that this step settles; a directory that is not entered has none here."""
        pairs = self.release(step.key)
        self._meet_unlisted(step)
        rows = [(root, row) for root, row in step.sources if row.kind != UNLISTED]
        target = step.target if step.target is not None and step.target.kind != UNLISTED else None
        if not rows:
            self._meet_missing(step.key, target)
            return pairs
        root, row = rows[0]
        pair = self._blocked(FilePair(row.path, row, target, root), row)
        pairs += self._settle_directory(row)
        if row.kind == DIRECTORY:
            pair = self._meet_directory(pair)
            self._open_directory = pair if entered else None
        else:
            self._waiting.append(pair)
        return pairs

    @property
    def is_settled(self) -> bool:
        """Whether no pair waits for what comes next, and nothing blocks it."""
        return not self._waiting and self._block is None and self._open_directory is None

    def take_stretch(self, stretch: Stretch) -> list[FilePair] | None:
        """The pairs of a stretch, which are settled by it; None while anything else is open, and it has to be taken
        step by step."""
        if not self.is_settled:
            return None
        root = stretch.root
        return [
            new_row(FilePair, (row.path, row, target, root, "", True, None))
            for row, target in zip(stretch.sources, stretch.targets, strict=True)
        ]

    def finish(self) -> list[FilePair]:
        """The pairs that were still waiting when the steps ended."""
        return [*self._waiting, self._open_directory] if self._open_directory is not None else self._waiting

    def release(self, key: str) -> list[FilePair]:
        """Pairs of files whose `name/` is passed by a step with this key."""
        if not self._waiting:
            return []
        ready = [pair for pair in self._waiting if pair.path + "/" < key]
        if ready:
            self._waiting = [pair for pair in self._waiting if pair.path + "/" >= key]
        return ready

    def _settle_directory(self, row: FileStatus) -> list[FilePair]:
        """The directory seen last is empty unless this row lies in it."""
        last, self._open_directory = self._open_directory, None
        if last is None:
            return []
        return [last._replace(is_empty=False) if is_within(row.path, last.path) else last]

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
                self._block = blocked_by_file(pair.path)
                return pair._replace(target=waiting.target)
        return pair

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

    def _meet_unlisted(self, step: Step) -> None:
        """Nobody knows whether a source directory is empty that could not be listed, nor what is in the target's."""
        last = self._open_directory
        if last is not None and any(row.kind == UNLISTED and row.path == last.path for _, row in step.sources):
            self._open_directory = last._replace(is_empty=False)
        if step.target is not None and step.target.kind == UNLISTED:
            reason = f"the target directory could not be listed: {step.target.problem}"
            self._block = Block(step.target.path, reason, TransferError.__name__)

    def _blocked(self, pair: FilePair, row: FileStatus) -> FilePair:
        """The pair as it is, or with the reason why it lies where nothing may be copied."""
        block = self._block
        if block is None or row.path == block.directory or not is_within(row.path, block.directory):
            return pair
        kind = DIRECTORY if row.kind == DIRECTORY else UNUSABLE
        return pair._replace(source=row._replace(kind=kind, problem=block.reason), problem_class=block.error_class)

"""One unit of a survey: its streams, its budget, and what it hands back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from ...filesystems.base import Walk
from ...filesystems.mounted import DirectoryAt, FileAt, WalkAt
from ...filesystems.registry import open_filesystem
from ...model.errors import NotFound, StoreError, SurveyError
from ...model.values import DIRECTORY, FILE, CopyRoot, FilePair, FileStatus
from ...rules.frontier import Frontier, SurveyUnit, parent_of
from ...rules.pairing import TARGET, Listing, Match, Pairing, possible_parents
from ...tasks.context import RunContext
from .exclusion import Exclusion
from .planner import Planner
from .streams import RowsWithout, SourceRows


class Budget:
    """How much a unit may look at before it hands back sub-directories."""

    def __init__(self, entries: int, seconds: float) -> None:
        self._entries_left = entries
        self._deadline = time.monotonic() + seconds

    def spend(self) -> None:
        """One more entry."""
        self._entries_left -= 1

    @property
    def is_spent(self) -> bool:
        return self._entries_left < 0 or time.monotonic() > self._deadline


@dataclass(slots=True)
class Trouble:
    """What went wrong: (place, cause) of directories that could not be listed; files that two sources bring."""

    problems: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str, str]] = field(default_factory=list)


class UnitSurvey:
    """Walks one unit and gives its pairs to the planner."""

    def __init__(
        self, context: RunContext, unit: SurveyUnit, budget: Budget, planner: Planner, trouble: Trouble
    ) -> None:
        self._context = context
        self._layout = context.layout
        self._unit = unit
        self._budget = budget
        self._planner = planner
        self._trouble = trouble
        self._frontier = Frontier(unit)
        self._stopped = False
        self._is_excluded = False
        self._entered_any = False
        self._left_out: set[str] = set()
        self._walks: list[Walk] = []
        self._exclusion = Exclusion(context)

    def run(self) -> list[SurveyUnit]:
        """Pair everything, give back what was not entered. A listing that fails is trouble of this unit only."""
        pairing: Pairing | None = None
        units: list[SurveyUnit] = []
        try:
            sources = self._open_sources()
            if not sources:
                if not self._trouble.problems and not self._is_excluded:
                    raise NotFound("the directory has gone since it was listed")
                return []
            target = self._open_target()
            root = self._root_pair(sources, target is not None)
            pairing = Pairing(sources, target, self._is_wanted, wants_missing=False)
            for row in self._files_in_the_way(target is not None):
                pairing.recall(row, blocks_all=target is None)
                if root is not None and row.path == root.path:
                    root = root._replace(target=row)
            self._plan(pairing.pairs(root, self._before))
            units = self._frontier.units()
        except (StoreError, SurveyError) as error:
            self._trouble.problems.append((self._place(), str(error)))
        if pairing is not None:
            self._note_trouble(pairing)
        return units

    def _plan(self, pairs: Iterator[FilePair]) -> None:
        for pair in pairs:
            # A directory that was left out is paired by the unit that will enter it.
            # (A file of that name, from another source or at the target, is this unit's own business.)
            if pair.path in self._left_out and pair.source is not None and pair.source.kind == DIRECTORY:
                self._left_out.discard(pair.path)
            else:
                self._planner.take(pair)

    def _open_sources(self) -> list[Listing]:
        """One stream for each source that maps onto the unit's directory or below it."""
        unit, listings = self._unit, []
        for number, root in enumerate(self._layout.roots):
            inner = self._source_walk(number, root)
            if inner is None:
                continue
            walk = SourceRows(inner, unit.directory if _lies_in(unit.directory, root.prefix) else root.prefix)
            try:
                listing = Listing(walk, number)
            except NotFound:
                listing = None
            if root.prefix == unit.directory or root.is_file:
                # The source itself; a directory below it may be there in another source only.
                gone = listing is None or (root.is_file and listing.head is None)
                if gone and not unit.resumed:
                    self._trouble.problems.append((str(root.source), "the source has gone since the command began"))
            if listing is not None:
                listings.append(listing)
                self._walks.append(walk)
        return listings

    def _source_walk(self, number: int, root: CopyRoot) -> Walk | None:
        """The rows of one source in this unit; None when it has none here."""
        unit = self._unit
        filesystem = open_filesystem(root.source, self._context.stores)
        if not root.is_file and _lies_in(unit.directory, root.prefix):
            if self._exclusion.excludes_directory(number, unit.directory):
                self._is_excluded = True
                if root.prefix == unit.directory and not unit.resumed:
                    self._planner.count_excluded(FileStatus(root.prefix, DIRECTORY))
                return None
            path = self._layout.source_of(number, unit.directory).path
            return WalkAt(unit.directory, partial(filesystem.walk, path, unit.after, unit.until))
        if parent_of(root.prefix) != unit.directory or not (root.is_file or _in_range(root.prefix, unit)):
            return None
        if self._exclusion.excludes(number, root.prefix):
            # Its row is enough to count it: nothing is asked for.
            return FileAt(root.prefix, partial(FileStatus, "", FILE if root.is_file else DIRECTORY))
        if root.is_file:
            return FileAt(root.prefix, partial(filesystem.status, root.source.path))
        return DirectoryAt(root.prefix, partial(filesystem.walk, root.source.path))

    def _open_target(self) -> Listing | None:
        if not self._layout.base_exists:
            return None
        unit = self._unit
        target = self._layout.target_of(unit.directory)
        filesystem = open_filesystem(target, self._context.stores)
        walk: Walk = WalkAt(unit.directory, partial(filesystem.walk, target.path, unit.after, unit.until))
        if self._exclusion.own_at_target:
            walk = RowsWithout(walk, self._exclusion.own_at_target)
        try:
            listing = Listing(walk)
        except NotFound:
            return None
        self._walks.append(walk)
        return listing

    def _files_in_the_way(self, target_exists: bool) -> Iterator[FileStatus]:
        """Target files outside this unit's listings that stand where a directory of it is, or may come.

        1. The unit's directory has no target directory: perhaps because it, or one above it, is a file.
        2. The listings begin behind a name: a file before it may have the name of a directory within.
        """
        unit, target = self._unit, self._layout.base
        if not self._layout.base_exists:
            return
        paths = [unit.directory[:at] for at, one in enumerate(unit.directory) if one == "/"] + [unit.directory]
        if target_exists:
            base = f"{unit.directory}/" if unit.directory else ""
            paths = [base + name for name in possible_parents(unit.after)]
        filesystem = open_filesystem(target, self._context.stores)
        for path in filter(None, paths):
            status = filesystem.status(target.join(path).path)
            if status is not None and status.kind == FILE:
                yield status._replace(path=path)

    def _root_pair(self, sources: list[Listing], target_exists: bool) -> FilePair | None:
        """The unit's own directory, unless another unit has seen to it."""
        unit = self._unit
        if unit.resumed:
            return None
        status = FileStatus(unit.directory, DIRECTORY)
        # DistCp leaves the root out of the listing under -update and -overwrite.
        if unit.directory or not self._context.options.sync:
            self._planner.count_directory()
        return FilePair(unit.directory, status, status if target_exists else None, sources[0].root)

    def _before(self, match: Match) -> None:
        """Decide about entering a directory while no stream has moved past it."""
        self._budget.spend()
        sources = [(root, row) for root, row in match.sources if row.kind == DIRECTORY]
        is_at_target = match.target is not None and match.target.kind == DIRECTORY
        # Rows of other kinds can have such a key too: the object `d//` and a directory that could not be listed.
        if not (sources or is_at_target):
            return
        # A unit of which only sub-directories are left enters one at least, or it would be handed back for ever.
        may_stop = self._entered_any or not self._unit.resumed
        if not self._stopped and may_stop and self._budget.is_spent:
            self._stopped = True
            for walk in self._walks:
                walk.stop_descending()
        directory = match.key[:-1]
        if not self._stopped:
            self._frontier.enter(directory)
            self._entered_any = True
        elif sources:
            # One that is excluded too: the unit where it comes up again counts it, so it is counted once.
            self._frontier.leave_out(directory)
            if not all(self._exclusion.excludes(root, row.path) for root, row in sources):
                self._left_out.add(directory)

    def _is_wanted(self, root: int, row: FileStatus) -> bool:
        """Whether a source row takes part: not excluded, and not accounted for by an earlier unit."""
        is_directory = row.kind == DIRECTORY
        if not is_directory and self._unit.resumed and _is_directly_in(self._unit.directory, row.path):
            return False
        if self._exclusion.excludes(root, row.path):
            if not (is_directory and self._stopped):
                self._planner.count_excluded(row)
            return False
        if is_directory and not self._stopped:
            self._planner.count_directory()
        return True

    def _note_trouble(self, pairing: Pairing) -> None:
        for root, row in pairing.unlisted:
            is_target = root == TARGET
            place = self._layout.target_of(row.path) if is_target else self._layout.source_of(root, row.path)
            self._trouble.problems.append((str(place), row.problem))
        for path, one, other in pairing.duplicates:
            first, second = self._layout.source_of(one, path), self._layout.source_of(other, path)
            self._trouble.duplicates.append((path, str(first), str(second)))

    def _place(self) -> str:
        """The unit in words: all its sources, and its target."""
        sources = [
            str(self._layout.source_of(number, self._unit.directory))
            for number, root in enumerate(self._layout.roots)
            if not root.is_file and _lies_in(self._unit.directory, root.prefix)
        ]
        return " + ".join(sources) + f" -> {self._layout.target_of(self._unit.directory)}"


def _lies_in(directory: str, prefix: str) -> bool:
    return not prefix or directory == prefix or directory.startswith(prefix + "/")


def _is_directly_in(directory: str, path: str) -> bool:
    """Whether a row that is no directory is seen with the directory's own files: `f`, and keys such as `/f`, `../f`."""
    name, slash, _ = (path[len(directory) + 1 :] if directory else path).partition("/")
    return not slash or name in ("", ".", "..")


def _in_range(prefix: str, unit: SurveyUnit) -> bool:
    key = prefix.rpartition("/")[2] + "/"
    return key > unit.after and (not unit.until or key <= unit.until)

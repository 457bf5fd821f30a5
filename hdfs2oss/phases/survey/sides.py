"""The two sides of a unit: the streams of the sources that meet in it, and what stands at the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from ...filesystems.base import FileSystem
from ...filesystems.registry import open_filesystem
from ...model.errors import NotFound, StoreError, SurveyError
from ...model.uri import Uri
from ...model.values import DIRECTORY, FILE, CopyRoot, FileStatus
from ...rules.frontier import SurveyUnit
from ...rules.keys import child_key, is_within, parent_of, possible_parents
from ...rules.merging import Cursor
from ...rules.root_index import RootIndex
from ...tasks.context import RunContext
from .exclusion import Exclusion
from .findings import Findings
from .stream import Stream

# Sources that merge in one directory are opened by so many threads; a few of them one after another.
_THREADS = 16
_FEWEST_AT_ONCE = 8
_MOST_SHOWN = 10
# Into so many pieces the rest of a directory is cut.
_MOST_RANGES = 16
# The streams of source and target.
Opened = tuple[Cursor, Cursor | None]
GONE = "the source has gone since the command began"


class Sides:
    """Opens the streams of units, through this process's clients."""

    def __init__(self, context: RunContext, exclusion: Exclusion, findings: Findings) -> None:
        self._layout = context.layout
        self._index = RootIndex(context.layout.roots)
        self._stores = context.stores
        self._exclusion = exclusion
        self._findings = findings
        self._can_be_cut: bool | None = None

    @property
    def can_be_cut(self) -> bool:
        """Whether a unit may end, and another one go on, between any two of its files: on all stores, and where no
        source is a file, which is asked for by itself."""
        if self._can_be_cut is None:
            roots, base = self._layout.roots, self._layout.base
            stores = {place._replace(path="/") for place in (base, *(root.source for root in roots))}
            self._can_be_cut = not any(root.is_file for root in roots) and all(
                self._open(store).lists_from_any_key() for store in stores
            )
        return self._can_be_cut

    def cut(self, unit: SurveyUnit) -> list[SurveyUnit]:
        """A unit in ranges of about the same size, so that several tasks share it: by the names that the first of its
        sources has that can be cut. Whole where a store does not tell: what fails then fails in its listing, alone."""
        try:
            return self._cut(unit)
        except (StoreError, SurveyError):
            return [unit]

    def _cut(self, unit: SurveyUnit) -> list[SurveyUnit]:
        target = self._layout.target_of(unit.directory)
        sources = [self._layout.source_of(number, unit.directory) for number in self._index.holding(unit.directory)]
        borders: list[str] = []
        for source in sources[:_MOST_SHOWN]:
            with suppress(NotFound):
                borders = borders or self._open(source).borders(source.path, *unit.children, _MOST_RANGES)
        if len(sources) > _MOST_SHOWN or not borders:
            return [unit]
        # A border between a file `a` and the directory `a/` would hide that one is in the way of the other.
        both = {name for border in borders for name in possible_parents(border) if name + "/" != border}
        ends = (*sources, target)
        apart = {name for name in both if any(self._open(one).status(one.join(name).path) for one in ends)}
        return unit.cut([one for one in borders if apart.isdisjoint(possible_parents(one))])

    def open_sources(self, unit: SurveyUnit) -> list[Cursor]:
        """One stream for each source that maps onto the unit's directory or below it.

        A source that has gone is a problem of its own. Raises NotFound when nothing at all is left of the unit's
        directory, though no filter excludes it.
        """
        streams: list[tuple[int, Stream]] = []
        is_explained = False
        for number in self._index.meeting_in(unit.directory):
            root = self._layout.roots[number]
            if _holds(root, unit) and self._exclusion.excludes_directory(number, unit.directory):
                is_explained = True
                if root.prefix == unit.directory and not unit.resumed:
                    row = FileStatus(root.prefix, DIRECTORY)
                    self._findings.listed.add(row)
                    self._findings.count_excluded(row)
                continue
            stream = self._source(unit, number, root)
            if stream is not None:
                streams.append((number, stream))
        cursors: list[Cursor] = []
        for number, cursor in _open_all(streams):
            root = self._layout.roots[number]
            # The source itself; a directory below it may be there in another source only.
            is_named = root.prefix == unit.directory or root.is_file
            if is_named and not unit.resumed and (cursor is None or (root.is_file and cursor.head is None)):
                self._findings.add_problem(str(root.source), GONE)
                is_explained = True
            if cursor is not None:
                cursors.append(cursor)
        if not cursors and not is_explained:
            raise NotFound("the directory has gone since it was listed")
        return cursors

    def open_target(self, unit: SurveyUnit) -> Cursor | None:
        """The target's stream, which fails as a whole; None where there is no such directory."""
        if not self._layout.base_exists:
            return None
        target = self._layout.target_of(unit.directory)
        walk = partial(self._open(target).walk, target.path, *unit.children)
        return _cursor(Stream(unit.directory, walk, fails_alone=False))

    def open_lone_files(self, numbers: Sequence[int]) -> Iterator[tuple[int, Opened | StoreError | SurveyError]]:
        """Each of these roots, files all, asked for by itself on both sides; several at once."""

        def opened(number: int) -> Opened | StoreError | SurveyError:
            try:
                return self._open_lone_file(number)
            except (StoreError, SurveyError) as error:
                return error

        if len(numbers) < _FEWEST_AT_ONCE:
            yield from ((number, opened(number)) for number in numbers)
            return
        with ThreadPoolExecutor(_THREADS, "look") as pool:
            yield from zip(numbers, pool.map(opened, numbers), strict=True)

    def _open_lone_file(self, number: int) -> Opened:
        """Source and target of a root that is a file, each asked for by itself. Raises NotFound when it has gone.

        Nothing is asked about one that is excluded.
        """
        root = self._layout.roots[number]
        source = Cursor(self._own_entry(number, root), number)
        if source.head is None:
            raise NotFound(GONE)
        if self._exclusion.excludes(number, root.prefix, is_directory=False):
            return source, None
        target = self._layout.target_of(root.prefix)
        at_target = partial(self._open(target).status, target.path)
        return source, Cursor(Stream(root.prefix, own_row=at_target, fails_alone=False))

    def files_in_the_way(self, unit: SurveyUnit, target_exists: bool) -> Iterator[FileStatus]:
        """Target files outside this unit's listings that stand where a directory of it is, or may come.

        1. The unit's directory has no target directory: perhaps because it, or one above it, is a file.
        2. The listings begin behind a name: a file before it may have the name of a directory within.
        """
        if not self._layout.base_exists:
            return
        paths = [unit.directory[:at] for at, one in enumerate(unit.directory) if one == "/"] + [unit.directory]
        if target_exists:
            base = f"{unit.directory}/" if unit.directory else ""
            after = unit.children.after
            paths = [base + name for name in possible_parents(after) if name + "/" > after]
        target = self._layout.base
        for path in filter(None, paths):
            place = target.join(path)
            status = self._open(target).status(place.path)
            if status is None or status.kind != FILE:
                continue
            # An object is in nobody's way where there are keys below it as well.
            if target_exists or not self._is_directory(place):
                yield status._replace(path=path)

    def place_of(self, unit: SurveyUnit) -> str:
        """The unit in words: all its sources, and its target."""
        numbers = self._index.holding(unit.directory)
        sources = " + ".join(str(self._layout.named_source_of(one, unit.directory)) for one in numbers[:_MOST_SHOWN])
        if len(numbers) > _MOST_SHOWN:
            sources += f" + {len(numbers) - _MOST_SHOWN} more"
        return f"{sources} -> {self._layout.target_of(unit.directory)}"

    def _source(self, unit: SurveyUnit, number: int, root: CopyRoot) -> Stream | None:
        """The rows of one source in this unit; None when it has none here."""
        if _holds(root, unit):
            source = self._layout.source_of(number, unit.directory)
            return Stream(unit.directory, partial(self._open(source).walk, source.path, *unit.children))
        if parent_of(root.prefix) != unit.directory:
            return None
        # A file belongs to the unit that has the directory's own files; a directory to the one whose range it is in.
        is_here = not unit.resumed if root.is_file else unit.children.holds(child_key(root.prefix, unit.directory))
        return self._own_entry(number, root) if is_here else None

    def _own_entry(self, number: int, root: CopyRoot) -> Stream:
        """A source as an entry of the directory it maps into: its own row, then what lies in it."""
        if self._exclusion.excludes(number, root.prefix, not root.is_file):
            # Its row is enough to count it: nothing is asked for.
            return Stream(root.prefix, own_row=partial(FileStatus, "", FILE if root.is_file else DIRECTORY))
        source = self._layout.source_of(number, root.prefix)
        store, path = self._open(source), source.path
        if root.is_file:
            return Stream(root.prefix, own_row=partial(_status_of_file, store, path))
        return Stream(root.prefix, partial(store.walk, path), own_row=partial(FileStatus, "", DIRECTORY))

    def _is_directory(self, place: Uri) -> bool:
        store = self._open(place)
        if store.capabilities.real_directories:
            return False
        try:
            next(store.walk(place.path, recursive=False), None)
        except NotFound:
            return False
        return True

    def _open(self, place: Uri) -> FileSystem:
        return open_filesystem(place, self._stores)


def _holds(root: CopyRoot, unit: SurveyUnit) -> bool:
    """Whether the unit's directory is a source or lies in it."""
    return not root.is_file and is_within(unit.directory, root.prefix)


def _status_of_file(store: FileSystem, path: str) -> FileStatus | None:
    status = store.status(path)
    if status is not None and status.kind == DIRECTORY:
        raise SurveyError("the source was a file when the command began, and is a directory now")
    return status


def _open_all(streams: Sequence[tuple[int, Stream]]) -> list[tuple[int, Cursor | None]]:
    """Streams with their first rows, which many are asked for at once."""
    if len(streams) < _FEWEST_AT_ONCE:
        return [(number, _cursor(stream, number)) for number, stream in streams]
    with ThreadPoolExecutor(_THREADS, "open") as pool:
        numbers = [number for number, _ in streams]
        return list(zip(numbers, pool.map(_cursor, [stream for _, stream in streams], numbers), strict=True))


def _cursor(stream: Stream, number: int | None = None) -> Cursor | None:
    try:
        return Cursor(stream) if number is None else Cursor(stream, number)
    except NotFound:
        return None

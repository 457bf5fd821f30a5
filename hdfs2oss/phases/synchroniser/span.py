"""From which snapshot to which one a target is brought, and what the two differ in.

-diff FROM TO    the target holds FROM, and is to hold TO. The source is asked what changed, and TO is read there.
-rdiff NEW OLD   the target holds NEW, and is to hold OLD. A target on HDFS is asked what changed, else the source;
                 OLD is read at the source.
"""

from __future__ import annotations

from typing import NamedTuple

from ...filesystems.base import FileSystem
from ...filesystems.registry import StoreConfig, open_filesystem
from ...filesystems.snapshots import find_snapshot, what_there_is
from ...model.errors import NotFound, SourceNotFound, StoreError, SurveyError, UsageError
from ...model.options import CURRENT_STATE, CopyOptions
from ...model.uri import Uri
from ...model.values import DIRECTORY
from ...rules.layout import Layout
from ...rules.snapshot_diff import Changes, read_report, whole_is_touched
from ...rules.snapshot_paths import SnapshotPlace


class Span(NamedTuple):
    """Two snapshots of the tree `place`. `end` has the name "" when it is what is there now."""

    place: Uri
    start: SnapshotPlace
    end: SnapshotPlace
    is_back: bool = False

    @property
    def words(self) -> str:
        """The two as options take them."""
        return f"{'-rdiff' if self.is_back else '-diff'} {self.start.name} {self.end.name or CURRENT_STATE}"

    @property
    def inside(self) -> str:
        """The tree as the report calls it."""
        return self.start.relative(self.place.path)


class Kinds:
    """What stood at a path of the tree, and what stands there, as the two snapshots hold it."""

    def __init__(self, span: Span, stores: StoreConfig) -> None:
        self._span = span
        self._store = open_filesystem(span.place, stores)

    def was_directory(self, path: str) -> bool:
        """Whether the first snapshot holds a directory there."""
        return self._is_directory(self._span.start.inside(self._span.place.join(path).path))

    def is_directory(self, path: str) -> bool:
        """Whether the second one does."""
        place = self._span.place.join(path).path
        return self._is_directory(self._span.end.inside(place) if self._span.end.name else place)

    def _is_directory(self, place: str) -> bool:
        found = self._store.status(place)
        return found is not None and found.kind == DIRECTORY


def _refuse_unfit_ends(options: CopyOptions, layout: Layout, stores: StoreConfig) -> None:
    """Raise UsageError where -diff or -rdiff mean nothing for these places."""
    names = options.diff or options.rdiff or ("", "")
    word = "-diff" if options.diff else "-rdiff"
    if len(layout.roots) != 1 or layout.roots[0].is_file:
        what = "a file" if len(layout.roots) == 1 else f"{len(layout.roots)} sources"
        raise UsageError(f"{word} takes one directory as its source, and was given {what}", "Give them one by one.")
    for place, end in ((layout.roots[0].source, "source"), (layout.base, "target")):
        capabilities = open_filesystem(place, stores).capabilities
        if not capabilities.snapshots and (end == "source" or not capabilities.server_copy):
            raise UsageError(
                f"{word}: the {end} {place} has no snapshots that could be compared",
                "Leave the option out: -update compares the two sides themselves.",
            )
    renames = open_filesystem(layout.base, stores).capabilities.snapshots
    if names[0] == CURRENT_STATE or (names[1] == CURRENT_STATE and (options.rdiff or not renames)):
        raise UsageError(
            f"{word} {' '.join(names)}: what is there now is no snapshot that a later run could begin with",
            "Make a snapshot (hdfs dfs -createSnapshot DIRECTORY NAME) and give its name.",
        )


def find_span(options: CopyOptions, layout: Layout, stores: StoreConfig) -> Span | None:
    """Look for the two snapshots; None without -diff and -rdiff.

    Raises SourceNotFound (3) for one that is missing, UsageError (2) for places or an order that will not do.
    """
    if not (options.diff or options.rdiff):
        return None
    _refuse_unfit_ends(options, layout, stores)
    first, second = options.diff or options.rdiff or ("", "")
    source = layout.roots[0].source
    is_on_target = bool(options.rdiff) and open_filesystem(layout.base, stores).capabilities.snapshots
    place = layout.target_of(layout.roots[0].prefix) if is_on_target else source
    store = open_filesystem(place, stores)
    try:
        start = _find(store, place, first)
        if second == CURRENT_STATE:
            return Span(place, start, SnapshotPlace(start.root, ""))
        end = _find(store, place, second)
    except StoreError as error:
        raise SurveyError(f"looking for the snapshots of {place}: {error}", error.hint) from error
    if start.root != end.root:
        raise UsageError(
            f"the snapshots cannot be compared: {first} is one of {start.root}, {second} one of {end.root}",
            "Give two snapshots of the same directory.",
        )
    older, newer = (end, start) if options.rdiff else (start, end)
    if older.made_ms > newer.made_ms or older.name == newer.name:
        raise UsageError(
            f"the snapshot {newer.name} of {place} is not newer than {older.name}",
            f"Write {'-rdiff NEW OLD' if options.rdiff else '-diff OLD NEW'}.",
        )
    return Span(place, start, end, bool(options.rdiff))


def compare(span: Span, stores: StoreConfig) -> Changes:
    """What became of the tree between the two, told by paths below it. Raises SurveyError."""
    older, newer = (span.end, span.start) if span.is_back else (span.start, span.end)
    store = open_filesystem(span.place, stores)
    try:
        report = store.changes_between(older.root, older.name, newer.name)
    except StoreError as error:
        raise SurveyError(f"comparing the snapshots of {span.place}: {error}", error.hint) from error
    touched = whole_is_touched(read_report(report), span.inside) if span.inside else ""
    if touched:
        raise SurveyError(
            f"{span.place} is not the same directory in the two snapshots: {touched} was renamed, deleted or made "
            "between them",
            "Copy the newer snapshot as a whole, with -update --from-snapshot.",
        )
    changes = read_report(report, span.inside)
    return changes.inverted() if span.is_back else changes


def _find(store: FileSystem, place: Uri, name: str) -> SnapshotPlace:
    try:
        found = find_snapshot(store, place.path, name)
    except NotFound:
        found = None
    if found is None:
        raise SourceNotFound(
            f"there is no snapshot {name} of {place}: {what_there_is(store, place.path)}",
            f"See which there are: hdfs dfs -ls {place.path}/.snapshot; or: hdfs dfsadmin -allowSnapshot {place.path}",
        )
    return found

"""What a survey leaves out: what filters and globs say, and our own work, known by its name or by its place."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.uri import Uri
from ...model.values import CopyRoot
from ...rules.filters import JOB_DIRECTORY_NAME, is_own_work, make_filter
from ...rules.keys import BEHIND_ALL
from ...rules.layout import Layout
from ...rules.root_index import RootIndex
from ...rules.selection import Selection
from ...tasks.context import RunContext

# Where HDFS keeps what was removed; below any home, and below any encryption zone.
TRASH_NAME = ".Trash"


class Exclusion:
    """Asked once for every source row, so all that can be worked out beforehand is.

    One of our own places that is the very source is no reason to leave out everything: it counts only where it lies
    within a source.
    """

    def __init__(self, context: RunContext) -> None:
        self._layout: Layout = context.layout
        self._has_filters = bool(context.options.filters)
        self._matches_filter = make_filter(context.options.filters)
        self._selection = Selection(context.options.include, context.options.exclude)
        own = context.own_places
        roots = context.layout.roots
        self._index = RootIndex(roots)
        self._prefixes = [root.prefix for root in roots]
        self._own = [_paths_below(root, own) for root in roots]
        self._own_at_sources = frozenset[str]().union(*self._own)
        self.own_at_target = frozenset(context.layout.base.paths_within(own))
        self._sources_at_target = frozenset(context.layout.base.paths_within(root.source for root in roots))

    def excludes(self, root: int, path: str, is_directory: bool) -> bool:
        """Whether a source path (below the target base) is left out; a directory takes all below it along.

        A source that the command names is copied whatever its name is, unless a filter matches it, or globs leave
        out a file of that name.
        """
        if path != self._prefixes[root] and (is_own_work(path.rpartition("/")[2]) or path in self._own[root]):
            return True
        if not self._selection.is_empty and self._selection.leaves_out(self._below_source(root, path), is_directory):
            return True
        return self._has_filters and self._matches_filter(self._layout.named_source_of(root, path))

    def may_touch(self, root: int, first: str, last: str) -> bool:
        """Whether any file of one directory from the path `first` to `last` might be left out, or be one of our own at
        the target; by names, so that no file has to be asked about by itself."""
        if self._has_filters or not self._selection.is_empty:
            return True
        own_work = first[: first.rfind("/") + 1] + JOB_DIRECTORY_NAME
        if last >= own_work and first <= own_work + BEHIND_ALL:
            return True
        return any(first <= path <= last for places in (self._own[root], self.own_at_target) for path in places)

    def protects(self, path: str, is_directory: bool) -> bool:
        """Whether -delete leaves alone what stands at a path of the target, and all below it.

        Our own places and work; a trash; a source; what filters and globs leave out, by the path that it would have in
        any of the sources; what a filter matches by its path at the target.
        """
        name = path.rpartition("/")[2]
        if is_own_work(name) or name == TRASH_NAME:
            return True
        if any(path in places for places in (self.own_at_target, self._own_at_sources, self._sources_at_target)):
            return True
        if not self._has_filters and self._selection.is_empty:
            return False
        if self._has_filters and self._matches_filter(self._layout.target_of(path)):
            return True
        return any(self.excludes(number, path, is_directory) for number in self._index.holding(path))

    def protects_directory(self, directory: str) -> bool:
        """Whether it leaves a directory below the target base alone for its own sake, or for that of one above it."""
        ends = (at for at, one in enumerate(directory) if one == "/")
        paths = (*(directory[:at] for at in ends), directory) if directory else ()
        return any(self.protects(path, is_directory=True) for path in paths)

    def excludes_directory(self, root: int, directory: str) -> bool:
        """Whether a directory is left out, or one above it, up to and including the source itself."""
        path = self._prefixes[root]
        if self.excludes(root, path, is_directory=True):
            return True
        below = directory[len(path) :].lstrip("/")
        for name in below.split("/") if below else []:
            path = f"{path}/{name}" if path else name
            if self.excludes(root, path, is_directory=True):
                return True
        return False

    def _below_source(self, root: int, path: str) -> str:
        copy_root = self._layout.roots[root]
        if copy_root.is_file:
            return copy_root.source.name
        return path[len(copy_root.prefix) :].lstrip("/") if copy_root.prefix else path


def _paths_below(root: CopyRoot, own: Iterable[Uri]) -> frozenset[str]:
    base = f"{root.prefix}/" if root.prefix else ""
    return frozenset(base + path for path in root.source.paths_within(own))

"""What a survey leaves out: what filters match, and our own work, known by its name or by its place."""

from __future__ import annotations

from ...model.uri import Uri
from ...rules.filters import is_own_work, make_filter
from ...rules.layout import Layout
from ...tasks.context import RunContext


class Exclusion:
    """Asked once for every source row, so all that can be worked out beforehand is.

    Our own places are the job directory, where it was asked to be, and the -log directory. One that is the very
    source is no reason to leave out everything: it counts only where it lies within a source.
    """

    def __init__(self, context: RunContext) -> None:
        self._layout: Layout = context.layout
        self._has_filters = bool(context.options.filters)
        self._matches_filter = make_filter(context.options.filters)
        places = [context.job_dir, context.options.job_dir, context.options.log_path]
        own = [place for place in places if place is not None]
        roots = context.layout.roots
        self._prefixes = [root.prefix for root in roots]
        self._own = [_paths_within(root.source, root.prefix, own) for root in roots]
        self.own_at_target = _paths_within(context.layout.base, "", own)

    def excludes(self, root: int, path: str) -> bool:
        """Whether a source path (below the target base) is left out; a directory takes all below it along.

        A source that the command names is copied whatever its name is, unless a filter matches it.
        """
        if path != self._prefixes[root] and (is_own_work(path.rpartition("/")[2]) or path in self._own[root]):
            return True
        return self._has_filters and self._matches_filter(self._layout.named_source_of(root, path))

    def excludes_directory(self, root: int, directory: str) -> bool:
        """Whether a directory is left out, or one above it, up to and including the source itself."""
        path = self._prefixes[root]
        if self.excludes(root, path):
            return True
        below = directory[len(path) :].lstrip("/")
        for name in below.split("/") if below else []:
            path = f"{path}/{name}" if path else name
            if self.excludes(root, path):
                return True
        return False


def _paths_within(place: Uri, prefix: str, own: list[Uri]) -> frozenset[str]:
    base = f"{prefix}/" if prefix else ""
    start = len(place.path.rstrip("/")) + 1
    return frozenset(base + one.path[start:] for one in own if one != place and place.holds(one))

"""Snapshots as directories: which there are, and which of them holds a path. Asks for nothing but paths.

HDFS shows them below `.snapshot` of a snapshottable directory, in no listing of it; so do filers in `file://` paths.
"""

from __future__ import annotations

from ..model.errors import NotFound
from ..model.uri import join_path
from ..model.values import DIRECTORY
from ..rules.snapshot_paths import SNAPSHOTS, SnapshotPlace, roots_above
from .base import FileSystem


def find_snapshot(store: FileSystem, path: str, name: str) -> SnapshotPlace | None:
    """The snapshot of that name of the nearest directory at or above `path` that has one; None where none has."""
    for root in roots_above(path):
        place = SnapshotPlace(root, name)
        found = store.status(place.path)
        if found is not None and found.kind == DIRECTORY:
            return place._replace(made_ms=found.mtime_ms)
    return None


def snapshottable_root(store: FileSystem, path: str) -> str | None:
    """The nearest directory at or above `path` of which snapshots may be made; None where none is known.

    A NameNode shows `.snapshot` of its root `/` in any case: that one counts when it has snapshots.
    """
    for root in roots_above(path):
        if store.status(join_path(root, SNAPSHOTS)) is not None and (root != "/" or snapshot_names(store, root)):
            return root
    return None


def snapshot_names(store: FileSystem, root: str) -> list[str]:
    """The snapshots that a directory has, by name; none where it is not snapshottable."""
    try:
        rows = store.walk(join_path(root, SNAPSHOTS), recursive=False)
        return [row.path for row in rows if row.kind == DIRECTORY]
    except NotFound:
        return []


def what_there_is(store: FileSystem, path: str) -> str:
    """In words: which snapshots could be meant where the one that was asked for does not exist."""
    root = snapshottable_root(store, path)
    if root is None:
        return f"no directory at or above {path} is snapshottable"
    names = snapshot_names(store, root)
    if not names:
        return f"{root} is snapshottable and has no snapshot"
    shown = ", ".join(names[-20:])
    return f"{root} has the snapshots {shown}" + (f" (and {len(names) - 20} before them)" if len(names) > 20 else "")

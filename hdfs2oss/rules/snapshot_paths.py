"""Where a snapshot holds what: `<root>/.snapshot/<name>/<rest>` is `<root>/<rest>` as it was.

`root` is the snapshottable directory, which may be the one that is asked about or any above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..model.uri import join_path

SNAPSHOTS = ".snapshot"


class SnapshotPlace(NamedTuple):
    """A snapshot that is there: the path of its root, its name, and when it was made (ms since 1970)."""

    root: str
    name: str
    made_ms: int = 0

    @property
    def path(self) -> str:
        """What the snapshot holds of its root."""
        return join_path(self.root, f"{SNAPSHOTS}/{self.name}")

    def holds(self, path: str) -> bool:
        """Whether a path is that of the root or below it."""
        return path == self.root or path.startswith(self.root.rstrip("/") + "/")

    def relative(self, path: str) -> str:
        """A path below the root, from there; "" for the root itself."""
        return path[len(self.root.rstrip("/")) :].lstrip("/")

    def inside(self, path: str) -> str:
        """Where the snapshot holds a path that is the root's or below it."""
        return join_path(self.path, self.relative(path))


def roots_above(path: str) -> Iterator[str]:
    """The directories whose snapshots may hold a path: itself, then those above it, the nearest first."""
    yield path
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        yield path


def is_in_snapshot(path: str) -> bool:
    """Whether a path names something within a snapshot already."""
    return SNAPSHOTS in path.split("/")

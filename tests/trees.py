"""Trees of files as a dict: `{"a": b"bytes", "d/": None}`, where `d/` is an empty directory.

A `Place` is a directory of one store in which a test may do as it likes. Local files are made and read
without the package, so that what it does is judged by something else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.registry import StoreConfig, open_filesystem
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE

Tree = Mapping[str, bytes | None]


def make_tree(root: Path, tree: Tree) -> Path:
    """Make the files and empty directories of a tree below a directory."""
    root.mkdir(parents=True, exist_ok=True)
    for path, data in tree.items():
        if data is None:
            (root / path).mkdir(parents=True, exist_ok=True)
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
    return root


def read_tree(root: Path) -> dict[str, bytes | None]:
    """All files and empty directories below a directory."""
    found: dict[str, bytes | None] = {}
    for folder, directories, files in os.walk(root):
        here = os.path.relpath(folder, root)
        prefix = "" if here == "." else here + "/"
        for name in files:
            found[prefix + name] = (Path(folder) / name).read_bytes()
        if not files and not directories and prefix:
            found[prefix] = None
    return found


def age(path: Path, seconds: float) -> None:
    """Let a file or a whole tree look as if it was written so many seconds ago (or in the future)."""
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        now = file.stat().st_mtime
        os.utime(file, (now - seconds, now - seconds))


@dataclass(frozen=True)
class Place:
    """A directory on any store."""

    uri: Uri
    stores: StoreConfig

    def __truediv__(self, relative_path: str) -> Place:
        return Place(self.uri.join(relative_path), self.stores)

    def __str__(self) -> str:
        return str(self.uri)

    @property
    def local(self) -> Path:
        """The path on this machine."""
        assert self.uri.scheme == "file"
        return Path(self.uri.path)

    def make(self, tree: Tree) -> Place:
        """Make a tree below this place; with an empty one, only the directory."""
        if self.uri.scheme == "file":
            make_tree(self.local, tree)
            return self
        store = open_filesystem(self.uri, self.stores)
        if not tree:
            store.make_directory(self.uri.path)
        for path, data in tree.items():
            place = self.uri.join(path.rstrip("/"))
            if data is None:
                store.make_directory(place.path)
            else:
                store.put(place.path, data, place.parent.join(".work-of-a-test").path, {})
        return self

    def put(self, data: bytes) -> Place:
        """Make this place a file."""
        Place(self.uri.parent, self.stores).make({self.uri.name: data})
        return self

    def settle(self) -> Place:
        """Make files look old enough for a store that knows whole seconds only; those on OSS have none other."""
        if self.uri.scheme == "file":
            age(self.local, 3600)
        elif self.uri.scheme == "hdfs":
            store = open_filesystem(self.uri, self.stores)
            assert isinstance(store, HdfsFileSystem)
            for row in store.walk(self.uri.path):
                if row.kind == FILE:
                    path = self.uri.join(row.path).path
                    store.client.native().set_times(path, row.mtime_ms - 3_600_000, row.mtime_ms - 3_600_000)
        return self

    def read(self) -> dict[str, bytes | None]:
        """All files and empty directories below this place."""
        if self.uri.scheme == "file":
            return read_tree(self.local)
        store = open_filesystem(self.uri, self.stores)
        rows = {row.path: row.kind for row in store.walk(self.uri.path)} if self.exists() else {}
        return {
            path + "/" if kind == DIRECTORY else path: None
            if kind == DIRECTORY
            else store.read_bytes(self.uri.join(path).path)
            for path, kind in rows.items()
            if kind != DIRECTORY or not any(other.startswith(path + "/") for other in rows)
        }

    def content(self) -> bytes:
        """The bytes of the file that is here."""
        return open_filesystem(self.uri, self.stores).read_bytes(self.uri.path)

    def exists(self) -> bool:
        """Whether anything is here."""
        return open_filesystem(self.uri, self.stores).status(self.uri.path) is not None

    def is_file(self) -> bool:
        """Whether a file is here."""
        status = open_filesystem(self.uri, self.stores).status(self.uri.path)
        return status is not None and status.kind != DIRECTORY

    def mtime_ms(self) -> int:
        """When it was written."""
        status = open_filesystem(self.uri, self.stores).status(self.uri.path)
        assert status is not None
        return status.mtime_ms

"""Snapshots over files of this machine, with the words of a NameNode for what two of them differ in.

`report` is the model: two trees by inode, and what a NameNode (3.5.0, as observed) says of them. A directory that
went is not looked into: what left it before appears as new where it is now, or not at all within what is new.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.tree_walk import TreeWalk
from hdfs2oss.filesystems.walk import Walk
from hdfs2oss.model.errors import AlreadyExists, NotFound
from hdfs2oss.model.uri import join_path
from hdfs2oss.model.values import FileStatus
from hdfs2oss.rules.snapshot_diff import CREATE, DELETE, MODIFY, RENAME, SnapshotChange


class Node(NamedTuple):
    """A file or directory of one moment: who it is, and what would make it MODIFIED."""

    inode: int
    is_directory: bool
    stamp: object = None


Tree = Mapping[str, Node]
ROOT = 0


def report(older: Tree, newer: Tree) -> list[SnapshotChange]:
    """What a NameNode says of two moments of one tree; neither holds its root."""
    newer_paths = {node.inode: path for path, node in newer.items()}
    children = [_children_of(tree) for tree in (older, newer)]
    seen = {ROOT: ""}  # directories of the older tree that are looked into
    found = [SnapshotChange(MODIFY, "")] if children[0].get(ROOT) != children[1].get(ROOT) else []
    for path in sorted(older, key=lambda one: one.count("/")):
        node = older[path]
        parent = older[path.rpartition("/")[0]].inode if "/" in path else ROOT
        if parent not in seen:
            continue
        if node.inode not in newer_paths:
            found.append(SnapshotChange(DELETE, path))
            continue
        seen[node.inode] = path
        new_path = newer_paths[node.inode]
        if (_parent(newer, new_path), _name(new_path)) != (parent, _name(path)):
            found.append(SnapshotChange(RENAME, path, new_path))
        if newer[new_path].stamp != node.stamp or children[0].get(node.inode) != children[1].get(node.inode):
            found.append(SnapshotChange(MODIFY, path))
    for path, node in newer.items():
        parent = _parent(newer, path)
        if node.inode not in seen and parent in seen:
            found.append(SnapshotChange(CREATE, f"{seen[parent]}/{_name(path)}".lstrip("/")))
    return found


def _children_of(tree: Tree) -> dict[int, set[tuple[str, int]]]:
    found: dict[int, set[tuple[str, int]]] = {}
    for path, node in tree.items():
        found.setdefault(_parent(tree, path), set()).add((_name(path), node.inode))
    return found


def _parent(tree: Tree, path: str) -> int:
    return tree[path.rpartition("/")[0]].inode if "/" in path else ROOT


def _name(path: str) -> str:
    return path.rpartition("/")[2]


class SnapshotFileSystem(LocalFileSystem):
    """Local files in a directory of which snapshots may be made: `allow` it first. `.snapshot` is in no listing."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = self.capabilities._replace(snapshots=True)
        self._trees: dict[Path, Tree] = {}
        self._open: list[int] = []

    def allow(self, root: Path) -> None:
        (root / ".snapshot").mkdir(parents=True)

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            rows = self._children(join_path(path, directory), directory)
            return iter([row for row in rows if not row.path.endswith(".snapshot")])

        return TreeWalk(list_children, after, until, recursive)

    def make_snapshot(self, root: str, name: str) -> None:
        place = Path(root, ".snapshot", name)
        if place.exists():
            raise AlreadyExists(f"there is already a snapshot {name}")
        self._trees[place] = _tree_of(Path(root))
        # As long as it is open, the number of what was removed goes to nothing new.
        self._open += [os.open(Path(root, path), os.O_RDONLY) for path in self._trees[place]]
        shutil.copytree(root, place, ignore=lambda folder, names: [".snapshot"] if folder == root else [])
        for path in [place, *place.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        os.utime(place)

    def drop_snapshot(self, root: str, name: str) -> None:
        shutil.rmtree(Path(root, ".snapshot", name), ignore_errors=True)

    def changes_between(self, root: str, older: str, newer: str) -> list[SnapshotChange]:
        trees = []
        for name in (older, newer):
            place = Path(root, ".snapshot", name)
            if name and not place.exists():
                raise NotFound(f"there is no snapshot {name} of {root}")
            trees.append(self._trees[place] if name else _tree_of(Path(root)))
        return report(*trees)

    def close(self) -> None:
        while self._open:
            os.close(self._open.pop())


def _tree_of(root: Path) -> Tree:
    found = {}
    for folder, directories, files in os.walk(root):
        directories[:] = [name for name in directories if name != ".snapshot"]
        for name in (*directories, *files):
            path = Path(folder, name)
            status = path.stat()
            stamp = None if name in directories else (status.st_mtime_ns, status.st_size)
            found[str(path.relative_to(root))] = Node(status.st_ino, name in directories, stamp)
    return found

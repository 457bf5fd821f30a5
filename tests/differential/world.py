"""Trees on a real HDFS, made and read back by the native client itself: nothing of the product judges the product."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import hdfs_native
from hdfs_native import Client, WriteOptions

from .cases import LONG_AGO_MS, Entry, Tree

# Closing a small file takes half a second, whoever does it.
_THREADS = 32
_TRIES = 20
_UNSAID = Entry(None, 0o755, "ann", "staff", LONG_AGO_MS)


class Found(NamedTuple):
    """A file (its bytes) or directory (None) as it was found, with all that -p may keep."""

    data: bytes | None
    mode: int
    owner: str
    group: str
    mtime_ms: int
    replication: int
    block_size_bytes: int
    acl: tuple[tuple[str, str, str, str], ...] = ()


class World:
    """Trees below directories of one HDFS."""

    def __init__(self, url: str) -> None:
        self._client = Client(url)
        self._pool = ThreadPoolExecutor(_THREADS)

    def close(self) -> None:
        self._pool.shutdown()

    def make(self, base: str, tree: Tree) -> None:
        """Make a tree, with the directories that it does not name; where its one path is "", a file."""
        whole = {**{above: _UNSAID for path in tree for above in _above(path)}, **tree}
        if "" not in tree:
            self._client.mkdirs(base, 0o755, True)
        for path in sorted(path for path, entry in whole.items() if entry.data is None):
            self._client.mkdirs(f"{base}/{path}", 0o755, True)
        files = {_join(base, path): entry for path, entry in whole.items() if entry.data is not None}
        self._each(self._write, files.items())
        # The deepest first: what is done below a directory changes its time.
        for path in sorted(whole, key=lambda path: -path.count("/")):
            self._attribute(_join(base, path), whole[path])

    def read(self, base: str, *, with_acls: bool = False) -> dict[str, Found]:
        """All that lies below a path, by its path below it; the path itself is ""."""
        try:
            own = self._client.get_file_info(base)
        except FileNotFoundError:
            return {}
        rows = [("", own)]
        if own.isdir:
            start = len(base) + 1
            rows += [(row.path[start:], row) for row in self._client.list_status(base, True)]
        contents = dict(self._each(self._content, [(path, row) for path, row in rows if not row.isdir]))
        acls = dict(self._each(self._acl, [(path, _join(base, path)) for path, _ in rows])) if with_acls else {}
        return {
            path: Found(
                None if row.isdir else contents[path],
                row.permission & 0o1777,
                row.owner,
                row.group,
                row.modification_time,
                row.replication or 0,
                row.blocksize or 0,
                acls.get(path, ()),
            )
            for path, row in rows
        }

    def _content(self, item: tuple[str, object]) -> tuple[str, bytes]:
        path, row = item
        reader = self._client.read(row.path)  # type: ignore[attr-defined]
        return path, reader.read(len(reader)) if len(reader) else b""

    def _acl(self, item: tuple[str, str]) -> tuple[str, tuple[tuple[str, str, str, str], ...]]:
        path, place = item
        entries = self._client.get_acl_status(place).entries
        return path, tuple(sorted((one.scope, one.type, one.name or "", one.permissions) for one in entries))

    def _write(self, item: tuple[str, Entry]) -> None:
        path, entry = item
        options = WriteOptions(overwrite=True, create_parent=True, block_size=entry.block_size_bytes or None)
        for _ in range(_TRIES):
            file = self._client.create(path, options)
            try:
                if entry.data:
                    file.write(entry.data)
                file.close()
            except RuntimeError as error:
                # Small blocks follow each other faster than the DataNode reports them.
                if "NotReplicatedYet" not in str(error):
                    raise
                time.sleep(0.5)
            else:
                return
        raise AssertionError(f"{path} could not be written")

    def _attribute(self, path: str, entry: Entry) -> None:
        self._client.set_owner(path, entry.owner, entry.group)
        self._client.set_permission(path, entry.mode)
        if entry.acl:
            self._client.set_acl(path, [hdfs_native.AclEntry(*_native(one)) for one in _whole(entry)])
        self._client.set_times(path, entry.mtime_ms, entry.mtime_ms)

    def _each(self, function: Callable, items: Iterable) -> list:
        return list(self._pool.map(function, items))


def _whole(entry: Entry) -> list[tuple[str, str, str, str]]:
    """With the entries that follow from the mode."""
    named = list(entry.acl)
    if not any(scope == "access" and kind == "group" for scope, kind, _, _ in named):
        named.append(("access", "group", "", _rwx(entry.mode >> 3)))
    return [("access", "user", "", _rwx(entry.mode >> 6)), *named, ("access", "other", "", _rwx(entry.mode))]


def _rwx(bits: int) -> str:
    return "".join(letter if bits & value else "-" for letter, value in (("r", 4), ("w", 2), ("x", 1)))


def _native(entry: tuple[str, str, str, str]) -> tuple[str, str, str, str | None]:
    scope, kind, name, permissions = entry
    return kind, scope, permissions, name or None


def _join(base: str, path: str) -> str:
    return f"{base}/{path}" if path else base


def _above(path: str) -> list[str]:
    return [path[:at] for at, one in enumerate(path) if one == "/"]

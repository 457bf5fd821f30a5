"""One directory as rows in key order.

A NameNode is asked page by page, whatever the directory holds. Other file systems give a listing whole, in an order of
their own: Java and this process then hold one directory, some 500 bytes a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ...model.errors import NotFound
from ...model.values import DIRECTORY, FileStatus
from ...rules.keys import portions_in_key_order
from ..name_order import portions_in_name_order
from ..walk import Portions
from .client import Classes, JavaStore
from .reader import sent
from .rows import Page, page_of, rows_of_statuses, status_of

# What one call brings of a listing that Java holds.
_PORTION_ROWS = 5_000
_PAGE_SECONDS, _LIST_SECONDS = 120.0, 600.0


def children(store: JavaStore, path: str, prefix: str, is_paged: bool) -> Iterator[FileStatus]:
    """The rows of a directory in key order, their paths behind `prefix`. Raises NotFound, for a file too."""
    if not is_paged:
        return Portions([_whole(store, path, prefix)])
    return Portions(portions_in_key_order(portions_in_name_order(_pages(store, path, prefix))))


def _pages(store: JavaStore, path: str, prefix: str) -> Iterator[list[FileStatus]]:
    reads = _page_of_namenode if store.scheme == "hdfs" else _page_of_web
    behind = b""
    while True:
        ask = partial(reads, path=path, prefix=prefix, behind=behind)
        page = store.look(f"list {path}", ask, timeout_seconds=_PAGE_SECONDS)
        store.traffic.listed()
        if page.rows:
            yield page.rows
            behind = page.rows[-1].path.rpartition("/")[2].encode()
        if not page.rows or not page.left:
            return


def _page_of_namenode(filesystem: Any, classes: Classes, path: str, prefix: str, behind: bytes) -> Page:
    listing = filesystem.getClient().listPaths(path, behind)
    if listing is None:
        raise NotFound(f"cannot list {path}: there is no such path")
    page = page_of(bytes(classes.to_messages.convert(listing).toByteArray()), prefix)
    _refuse_file(page.rows, prefix, path)
    return page


def _page_of_web(filesystem: Any, classes: Classes, path: str, prefix: str, behind: bytes) -> Page:
    """WebHDFS of Hadoop 3 gives pages, too; an older one the whole directory."""
    entries = filesystem.listStatusBatch(classes.path(path), behind or None)
    rows = rows_of_statuses(_all_sent(entries.getEntries(), classes), prefix)
    if not behind:
        _refuse_other_than_directory(filesystem, classes, path, rows)
    return Page(rows, int(bool(entries.hasMore())))


def _whole(store: JavaStore, path: str, prefix: str) -> list[FileStatus]:
    def list_all(filesystem: Any, classes: Classes) -> list[FileStatus]:
        found = filesystem.listStatus(classes.path(path))
        rows = []
        for start in range(0, len(found), _PORTION_ROWS):
            rows += rows_of_statuses(_all_sent(found, classes, start, min(_PORTION_ROWS, len(found) - start)), prefix)
        _refuse_other_than_directory(filesystem, classes, path, rows)
        return rows

    rows = store.look(f"list {path}", list_all, timeout_seconds=_LIST_SECONDS)
    store.traffic.listed()
    rows.sort(key=lambda row: row.key)
    return rows


def _all_sent(found: Any, classes: Classes, start: int = 0, count: int = -1) -> bytes:
    count = len(found) if count < 0 else count
    # py4j wants an array of the very type that the constructor names.
    held = classes.array.newInstance(classes.for_name("org.apache.hadoop.io.Writable"), count)
    classes.array_copy(found, start, held, 0, count)
    return sent(classes.array_writable(classes.for_name("org.apache.hadoop.fs.FileStatus"), held), classes)


def _refuse_other_than_directory(filesystem: Any, classes: Classes, path: str, rows: list[FileStatus]) -> None:
    """A file lists itself; what looks like that is asked about."""
    name = path.rpartition("/")[2]
    if len(rows) <= 1 and all(row.path.rpartition("/")[2] == name for row in rows):
        status = status_of(sent(filesystem.getFileStatus(classes.path(path)), classes))
        if status.kind != DIRECTORY:
            raise NotFound(f"cannot list {path}: it is not a directory")


def _refuse_file(rows: list[FileStatus], prefix: str, path: str) -> None:
    # A NameNode gives the row of a file with no name.
    if len(rows) == 1 and rows[0].path == prefix:
        raise NotFound(f"cannot list {path}: it is not a directory")

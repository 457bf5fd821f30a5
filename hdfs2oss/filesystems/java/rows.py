"""Rows as Java sends them: many statuses in one answer, as protocol buffers.

A call from Python into a JVM takes half a millisecond, and a status has a dozen fields. So whole listings are put into
bytes over there. Two messages come, whose fields have the same numbers:

    FileStatusProto       of every file system: `FileStatus.write`, with its length before it
    HdfsFileStatusProto   of a page that a NameNode gave: `PBHelperClient.convert`, as field 1 of DirectoryListingProto
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from ...model.errors import StoreError
from ...model.values import DIRECTORY, FILE, SYMLINK, FileStatus

_KINDS = {1: DIRECTORY, 2: FILE, 3: SYMLINK}
_PERMISSION_BITS = 0o1777
# Numbers of fields.
_KIND, _PATH, _LENGTH, _PERMISSION, _OWNER, _GROUP, _MTIME, _ATIME = 1, 2, 3, 4, 5, 6, 7, 8
_REPLICATION, _BLOCK_SIZE = 10, 11
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Page(NamedTuple):
    """Rows of a directory, and how many come behind them."""

    rows: list[FileStatus]
    left: int


def rows_of_statuses(data: bytes, prefix: str) -> list[FileStatus]:
    """What an ArrayWritable of FileStatus holds; the paths of the rows are their names behind `prefix`."""
    (count,) = struct.unpack_from(">i", data)
    at, rows = 4, []
    for _ in range(count):
        (size,) = struct.unpack_from(">i", data, at)
        rows.append(_row(data[at + 4 : at + 4 + size], prefix))
        at += 4 + size
    return rows


def status_of(data: bytes) -> FileStatus:
    """What `FileStatus.write` wrote, with the empty path."""
    return _row(data[4:], "")._replace(path="")


def page_of(data: bytes, prefix: str) -> Page:
    """A DirectoryListingProto."""
    rows, left = [], 0
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            rows.append(_row(value, prefix))
        elif number == 2 and isinstance(value, int):
            left = value
    return Page(rows, left)


def _row(message: bytes, prefix: str) -> FileStatus:
    found: dict[int, int | bytes] = dict(_fields(message))
    kind = _KINDS.get(_number(found, _KIND))
    if kind is None:
        raise StoreError("the Java client sent a status that is none")
    name = _text(found, _PATH).rstrip("/").rpartition("/")[2]
    permission = found.get(_PERMISSION, b"")
    bits = dict(_fields(permission)).get(1, 0) if isinstance(permission, bytes) and permission else None
    return FileStatus(
        prefix + name,
        kind,
        length=_number(found, _LENGTH) if kind == FILE else 0,
        mtime_ms=_number(found, _MTIME),
        atime_ms=_number(found, _ATIME),
        owner=_text(found, _OWNER),
        group=_text(found, _GROUP),
        permission=int(bits) & _PERMISSION_BITS if isinstance(bits, int) else None,
        replication=_number(found, _REPLICATION) if kind == FILE else 0,
        block_size_bytes=_number(found, _BLOCK_SIZE) if kind == FILE else 0,
    )


def _number(found: dict[int, int | bytes], field: int) -> int:
    value = found.get(field, 0)
    return value if isinstance(value, int) else 0


def _text(found: dict[int, int | bytes], field: int) -> str:
    value = found.get(field, b"")
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else ""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: numbers as they are, the others as bytes."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}[kind]
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7

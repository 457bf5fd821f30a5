"""Statuses as Java sends them."""

from __future__ import annotations

import struct

import pytest

from hdfs2oss.filesystems.java.rows import page_of, rows_of_statuses, status_of
from hdfs2oss.model.errors import StoreError
from hdfs2oss.model.values import DIRECTORY, FILE, SYMLINK


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(**fields: int | bytes) -> bytes:
    """`f3=7` is field 3 with the number 7."""
    out = b""
    for name, value in fields.items():
        number = int(name[1:])
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def status(path: str, kind: int = 2, length: int = 300, bits: int = 0o644) -> bytes:
    return message(
        f1=kind, f2=path.encode(), f3=length, f4=message(f1=bits), f5=b"bob", f6="größe".encode(),
        f7=1_700_000_000_123, f8=1_700_000_000_456, f10=3, f11=128 << 20, f18=4,
    )  # fmt: skip


def framed(*messages: bytes) -> bytes:
    return b"".join(struct.pack(">i", len(one)) + one for one in messages)


def test_rows_have_the_name_of_a_path_behind_the_prefix_and_all_fields() -> None:
    data = struct.pack(">i", 2) + framed(
        status("hdfs://nn:8020/a/é x\n#"), status("/a/d", kind=1, length=0, bits=0o41777)
    )
    file, directory = rows_of_statuses(data, "a/")
    assert (file.path, file.kind, file.length, file.permission) == ("a/é x\n#", FILE, 300, 0o644)
    assert (file.mtime_ms, file.atime_ms) == (1_700_000_000_123, 1_700_000_000_456)
    assert (file.owner, file.group, file.replication, file.block_size_bytes) == ("bob", "größe", 3, 128 << 20)
    assert (directory.path, directory.kind, directory.permission) == ("a/d", DIRECTORY, 0o1777)
    assert (directory.length, directory.replication, directory.block_size_bytes) == (0, 0, 0)


def test_a_status_alone_has_the_empty_path() -> None:
    assert status_of(framed(status("/a/b")))[:3] == ("", FILE, 300)


def test_a_page_tells_how_many_rows_are_left() -> None:
    page = page_of(message(f1=status("b"), f2=7), "")
    assert ([row.path for row in page.rows], page.left) == (["b"], 7)
    assert page_of(message(f2=0), "") == ([], 0)


def test_fields_that_nobody_asked_for_are_passed_over() -> None:
    fixed = varint(40 << 3 | 1) + bytes(8) + varint(41 << 3 | 5) + bytes(4)
    assert status_of(framed(fixed + status("/s", kind=3) + message(f17=b"policy"))).kind == SYMLINK


def test_what_is_no_status_is_refused() -> None:
    with pytest.raises(StoreError):
        status_of(framed(message(f2=b"/a")))

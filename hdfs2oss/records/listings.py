"""Listings for people: text files of one line an entry."""

from __future__ import annotations

from collections.abc import Iterable

from ..filesystems.base import FileSystem
from ..model.uri import join_path
from ..rules.filters import work_path_beside

# Of one file: small enough to be held in memory, and to be looked through with an editor.
_FILE_BYTES = 32 * 1024 * 1024


def write_listing(
    store: FileSystem, directory: str, name: str, lines: Iterable[str], file_bytes: int = _FILE_BYTES
) -> int:
    """Write `<name>-00000.txt`, `<name>-00001.txt` ... into a directory; how many lines there were.

    A line break in a name is written as \\n. There is a file also when there are no lines. Raises StoreError.
    """
    count, number = 0, 0
    waiting: list[bytes] = []
    size = 0

    def write() -> None:
        path = join_path(directory, f"{name}-{number:05d}.txt")
        store.put(path, b"".join(waiting), work_path_beside(path, f"{name}-{number:05d}"), {})

    for line in lines:
        data = line.replace("\n", "\\n").encode("utf-8", "surrogateescape") + b"\n"
        if waiting and size + len(data) > file_bytes:
            write()
            number, size = number + 1, 0
            waiting.clear()
        waiting.append(data)
        count, size = count + 1, size + len(data)
    if waiting or not number:
        write()
    return count

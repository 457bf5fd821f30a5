"""One line by which two parties find out whether they mean the same files.

The digest over CRC-64 is the SHA-256, in hexadecimal digits, of these bytes for each file of the ledger, in the order
of the UTF-8 bytes of the paths:

    path, below the target, in UTF-8      logs/2026-11-21/part-0000.gz
    a zero byte
    length in bytes, in decimal digits    1048576
    a zero byte
    CRC-64/XZ of its bytes, as 16 hexadecimal digits in lower case; `-` where the ledger has none
    a line feed

The digest over CRC-32C has 8 digits of that in their place. Neither depends on hosts, times, runs, sources, or on how
files were cut: whoever lists the files, and has the checksums that OSS (CRC-64) or HDFS (COMPOSITE-CRC32C) states,
comes to the same. Directories, also empty ones, take no part.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from ..model.known import KnownFile


class Digest(NamedTuple):
    """The two digests, over how many files and bytes, and how many of them have no such checksum."""

    crc64: str
    crc32c: str
    files: int
    size_bytes: int
    without_crc64: int
    without_crc32c: int

    def lines(self) -> list[str]:
        """`crc64 3f.. of 17 files, 4711 bytes`."""
        of = f"of {self.files} files, {self.size_bytes} bytes"
        found = (("crc64", self.crc64, self.without_crc64), ("crc32c", self.crc32c, self.without_crc32c))
        return [
            f"{name} {value} {of}" + (f" ({without} without one)" if without else "") for name, value, without in found
        ]


class DigestMaker:
    """Takes the rows in their order."""

    def __init__(self) -> None:
        self._hashes = hashlib.sha256(), hashlib.sha256()
        self._files = self._bytes = 0
        self._without = [0, 0]

    def take(self, row: KnownFile) -> None:
        """One file."""
        self._files += 1
        self._bytes += row.target_length
        begin = f"{row.path}\0{row.target_length}\0".encode("utf-8", "surrogateescape")
        for at, (value, digits) in enumerate(((row.crc64, 16), (row.crc32c, 8))):
            self._without[at] += value is None
            self._hashes[at].update(begin + (b"-" if value is None else f"{value:0{digits}x}".encode()) + b"\n")

    def digest(self) -> Digest:
        """What was taken so far."""
        crc64, crc32c = (one.hexdigest() for one in self._hashes)
        return Digest(crc64, crc32c, self._files, self._bytes, *self._without)

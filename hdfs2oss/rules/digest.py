"""Checksums of whole files, computed from the bytes as stores compute them from theirs."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Protocol

from .checksum import crc32c, crc64
from .filesum import COMPOSITE_CRC32C, CRC64, FileChecksum

_MD5_OF_CRC = re.compile(r"MD5-of-(\d+)MD5-of-(\d+)(CRC32C?)")
# HDFS takes the MD5 of the buffer that the MD5s of blocks stand in, the zeros behind them included.
_SMALLEST_BUFFER_BYTES = 32
_CRC_BYTES = 4


class Digest(Protocol):
    """Takes the bytes of a file in order; `checksum` may be asked for at any time."""

    def update(self, data: bytes) -> None:
        """The next bytes."""

    def checksum(self) -> FileChecksum:
        """That of a file of all bytes so far."""


def digest_for(algorithm: str) -> Digest | None:
    """What computes the checksums of an algorithm (`FileChecksum.algorithm`); None for one that is not known."""
    if algorithm == CRC64:
        return _Crc64()
    if algorithm == COMPOSITE_CRC32C:
        return _Crc32c()
    match = _MD5_OF_CRC.fullmatch(algorithm)
    if match is None or not int(match[2]):
        return None
    return _Md5OfCrcs(algorithm, int(match[1]) * int(match[2]), int(match[2]), match[3])


class _Crc64:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = crc64(data, self._value)

    def checksum(self) -> FileChecksum:
        return FileChecksum(CRC64, f"{self._value:016x}")


class _Crc32c:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = crc32c(data, self._value)

    def checksum(self) -> FileChecksum:
        return FileChecksum(COMPOSITE_CRC32C, f"{self._value:08x}")


class _Md5OfCrcs:
    """HDFS's own: the MD5 of the MD5s of the CRCs of each block.

    `block_bytes` is 0 for a file of one block. Of a file whose blocks differ in size (concatenated, or appended to in
    a new block) this gives another value than HDFS does.
    """

    def __init__(self, algorithm: str, block_bytes: int, crc_bytes: int, kind: str) -> None:
        self._algorithm = algorithm
        self._block_bytes = block_bytes
        self._crc_bytes = crc_bytes
        self._crc = crc32c if kind == "CRC32C" else zlib.crc32
        self._block = hashlib.md5(usedforsecurity=False)
        self._blocks = b""
        self._in_block = 0
        self._rest = b""

    def update(self, data: bytes) -> None:
        held = memoryview(self._rest + data)
        at = 0
        while len(held) - at >= self._crc_bytes:
            at += self._take(held[at : at + self._crc_bytes])
        self._rest = bytes(held[at:])

    def checksum(self) -> FileChecksum:
        block, in_block = self._block.copy(), self._in_block
        if self._rest:
            block.update(self._crc(self._rest).to_bytes(_CRC_BYTES, "big"))
            in_block += len(self._rest)
        blocks = self._blocks + (block.digest() if in_block else b"")
        size = _SMALLEST_BUFFER_BYTES
        while size < len(blocks):
            size *= 2
        return FileChecksum(self._algorithm, hashlib.md5(blocks.ljust(size, b"\0"), usedforsecurity=False).hexdigest())

    def _take(self, chunk: memoryview) -> int:
        self._block.update(self._crc(chunk).to_bytes(_CRC_BYTES, "big"))
        self._in_block += len(chunk)
        if self._in_block == self._block_bytes:
            self._blocks += self._block.digest()
            self._block = hashlib.md5(usedforsecurity=False)
            self._in_block = 0
        return len(chunk)

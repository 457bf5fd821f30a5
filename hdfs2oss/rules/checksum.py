"""CRC-64/XZ (what OSS reports) and CRC-32C (what HDFS composes), and how checksums of parts combine.

Both are computed by fastcrc, which releases the GIL. Combining follows
`crc(A || B) = crc(A) * x^(8 |B|) mod P  xor  crc(B)`, which holds for values as stored, since the
initial value and the final xor are equal and cancel.

Known vector, "123456789": CRC-64/XZ 0x995dc9bbdf1939fa, CRC-32C 0xe3069283. The empty string gives 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from fastcrc import crc32 as _crc32
from fastcrc import crc64 as _crc64

Buffer = bytes | bytearray | memoryview

CRC64_POLYNOMIAL = 0xC96C5795D7870F42
CRC32C_POLYNOMIAL = 0x82F63B78


def crc64(data: Buffer, before: int = 0) -> int:
    """CRC-64/XZ of `data`, continuing from the value `before`."""
    return int(_crc64.xz(data, before)) if len(data) else before


def crc32c(data: Buffer, before: int = 0) -> int:
    """CRC-32C of `data`, continuing from the value `before`."""
    return int(_crc32.iscsi(data, before)) if len(data) else before


def combine_crc64(first: int, second: int, second_length_bytes: int) -> int:
    """CRC-64/XZ of A || B from those of A and B and the length of B."""
    return _combine(first, second, second_length_bytes, CRC64_POLYNOMIAL, 64)


def combine_crc32c(first: int, second: int, second_length_bytes: int) -> int:
    """CRC-32C of A || B from those of A and B and the length of B."""
    return _combine(first, second, second_length_bytes, CRC32C_POLYNOMIAL, 32)


def compose_crc64(parts: Iterable[tuple[int, int]]) -> int:
    """CRC-64/XZ of a whole from (value, length in bytes) of its parts, in order."""
    whole = 0
    for value, length_bytes in parts:
        whole = combine_crc64(whole, value, length_bytes)
    return whole


def compose_crc32c(parts: Iterable[tuple[int, int]]) -> int:
    """CRC-32C of a whole from (value, length in bytes) of its parts, in order."""
    whole = 0
    for value, length_bytes in parts:
        whole = combine_crc32c(whole, value, length_bytes)
    return whole


def _combine(first: int, second: int, length_bytes: int, polynomial: int, width: int) -> int:
    if first == 0:
        return second
    return _multiply(first, _power_of_x(length_bytes, polynomial, width), polynomial, width) ^ second


def _multiply(left: int, right: int, polynomial: int, width: int) -> int:
    """left * right mod P, both reflected: the highest bit is x^0."""
    one = 1 << (width - 1)
    mask = (1 << width) - 1
    product = 0
    while right:
        if right & one:
            product ^= left
        right = (right << 1) & mask
        left = (left >> 1) ^ polynomial if left & 1 else left >> 1
    return product


@lru_cache(maxsize=256)
def _power_of_x(length_bytes: int, polynomial: int, width: int) -> int:
    """x^(8 * length) mod P; cached, because the parts of a file share one length."""
    result = 1 << (width - 1)
    square = result >> 8
    while length_bytes:
        if length_bytes & 1:
            result = _multiply(result, square, polynomial, width)
        square = _multiply(square, square, polynomial, width)
        length_bytes >>= 1
    return result

"""Checksums against published vectors, and the checksum of a whole from those of its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.rules.checksum import (
    combine_crc32c,
    combine_crc64,
    compose_crc32c,
    compose_crc64,
    crc32c,
    crc64,
)

# The "SCSI Read (10) Command PDU" of RFC 3720.
PDU = bytes.fromhex(
    "01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018 28000000 00000000 02000000 00000000"
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        # The check value of CRC-64/XZ, then the ECMA column of the table that Go tests its hash/crc64 by.
        (b"123456789", 0x995DC9BBDF1939FA),
        (b"a", 0x330284772E652B05),
        (b"ab", 0xBC6573200E84B046),
        (b"abc", 0x2CD8094A1A277627),
        (b"abcdefgh", 0x67B4F30A647A0C59),
        (b"Discard medicine more than two years old.", 0x8A0825223EA6D221),
    ],
)
def test_crc64_is_that_of_xz(data: bytes, expected: int) -> None:
    assert crc64(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        # The check value of CRC-32C, then RFC 3720, appendix B.4 (which prints the bytes in reverse).
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (PDU, 0xD9963A56),
    ],
    ids=["empty", "check", "zeros", "ones", "incrementing", "decrementing", "PDU"],
)
def test_crc32c_is_that_of_iscsi(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


def test_the_published_values_come_out_of_any_two_halves() -> None:
    data = b"123456789"
    for cut in range(len(data) + 1):
        first, second = data[:cut], data[cut:]
        assert crc64(second, crc64(first)) == 0x995DC9BBDF1939FA
        assert crc32c(second, crc32c(first)) == 0xE3069283
        assert combine_crc64(crc64(first), crc64(second), len(second)) == 0x995DC9BBDF1939FA
        assert combine_crc32c(crc32c(first), crc32c(second), len(second)) == 0xE3069283


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_the_checksum_of_a_whole_is_composed_of_those_of_its_parts(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    assert compose_crc64((crc64(part), len(part)) for part in parts) == crc64(whole)
    assert compose_crc32c((crc32c(part), len(part)) for part in parts) == crc32c(whole)


def test_a_part_of_gigabytes_is_combined_like_its_halves() -> None:
    """Only the lengths count here: any two values may stand for parts of that length."""
    half = 5 * 2**30
    for combine in (combine_crc64, combine_crc32c):
        assert combine(12345, combine(6, 7, half), 2 * half) == combine(combine(12345, 6, half), 7, half)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_will_do(kind: type) -> None:
    assert (crc64(kind(b"123456789")), crc32c(kind(b"123456789"))) == (0x995DC9BBDF1939FA, 0xE3069283)

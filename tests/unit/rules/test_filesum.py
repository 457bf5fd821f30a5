"""Which checksums of whole files are compared, and what is kept with an object."""

import pytest

from hdfs2oss.rules.filesum import (
    COMPOSITE_CRC,
    COMPOSITE_CRC32C,
    CRC32C_NOTE,
    CRC64,
    CRC64_NOTE,
    MD5_OF_CRC,
    Checks,
    FileChecksum,
    checks_between,
    common_families,
    kept_checksum,
    sent_by_hadoop,
)

HDFS, OSS = (MD5_OF_CRC, COMPOSITE_CRC), (CRC64, COMPOSITE_CRC)


@pytest.mark.parametrize(
    ("source", "target", "checks"),
    [
        (HDFS, HDFS, Checks.ALWAYS),
        (HDFS, OSS, Checks.WHERE_NEWER),
        (OSS, HDFS, Checks.WHERE_NEWER),
        (OSS, OSS, Checks.WHERE_NEWER),
        ((), OSS, Checks.NEVER),
        (HDFS, (), Checks.NEVER),
    ],
)
def test_when_checksums_are_compared(source, target, checks) -> None:
    assert checks_between(source, target) is checks


def test_the_source_says_what_is_asked_for_first() -> None:
    assert common_families((COMPOSITE_CRC, MD5_OF_CRC), HDFS) == [COMPOSITE_CRC, MD5_OF_CRC]
    assert common_families(HDFS, OSS) == [COMPOSITE_CRC]


@pytest.mark.parametrize(
    ("notes", "crc64", "kept"),
    [
        ({CRC64_NOTE: "7", CRC32C_NOTE: "0000abcd"}, 7, "0000abcd"),
        ({CRC64_NOTE: "7", CRC32C_NOTE: "0000abcd"}, 8, ""),
        ({CRC64_NOTE: "7", CRC32C_NOTE: "0000abcd"}, None, ""),
        ({CRC32C_NOTE: "0000abcd"}, 7, ""),
        ({CRC64_NOTE: "7"}, 7, ""),
        ({}, 7, ""),
    ],
)
def test_a_kept_checksum_counts_only_while_the_object_is_the_one_it_was_kept_with(notes, crc64, kept) -> None:
    assert kept_checksum(notes, crc64) == kept


def test_what_hadoop_sends_of_an_md5_is_the_end_of_it() -> None:
    md5 = "0123456789abcdef" * 2
    algorithm = "MD5-of-8MD5-of-512CRC32C"
    assert sent_by_hadoop(algorithm, "00000200" + "0000000000000008" + md5) == FileChecksum(algorithm, md5)
    assert sent_by_hadoop(algorithm, "00000200" + "0000000000000008" + md5[:-2]) is None
    assert sent_by_hadoop(COMPOSITE_CRC32C, "e3069283") == FileChecksum(COMPOSITE_CRC32C, "e3069283")
    assert sent_by_hadoop("", "") is None

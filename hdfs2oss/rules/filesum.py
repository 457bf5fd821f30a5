"""Checksums of whole files, as stores state them: which two can be compared, and when that is worth the asking.

A store offers *families* of checksums; a file's own is of an *algorithm*, which says all that its value depends on
beside the bytes. Only values of one algorithm are compared.

    family          algorithm                         stated by
    -------------   -------------------------------   -------------------------------------------------------
    MD5-OF-CRC      MD5-of-8MD5-of-512CRC32C, ...     HDFS: depends on the block size and on bytes per CRC
    COMPOSITE-CRC   COMPOSITE-CRC32C, -CRC32          HDFS (Hadoop 3.1.1), by the Java client; OSS, where we wrote it
    CRC-64          CRC-64                            OSS
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MD5_OF_CRC = "MD5-OF-CRC"
COMPOSITE_CRC = "COMPOSITE-CRC"
CRC64 = "CRC-64"
COMPOSITE_CRC32C = "COMPOSITE-CRC32C"
# Hadoop's own setting of the family that its client asks for.
COMBINE_MODE = "dfs.checksum.combine.mode"
# What is kept with an object; the CRC-32C counts only while the object's CRC-64 is the one beside it.
CRC32C_NOTE = "hdfs2oss-crc32c"
CRC64_NOTE = "hdfs2oss-crc64"
MD5_NAME = "MD5-of-"
_MD5_AT, _MD5_BYTES = 12, 16


class FileChecksum(NamedTuple):
    """`value` is in hexadecimal digits."""

    algorithm: str
    value: str


class Checks(enum.Enum):
    """When the checksums of two files of one length are compared.

    ALWAYS        whatever their times say
    WHERE_NEWER   only where the source is newer, before its bytes are sent
    NEVER         the times alone decide
    """

    ALWAYS = "always"
    WHERE_NEWER = "where newer"
    NEVER = "never"


def sent_by_hadoop(algorithm: str, digits: str) -> FileChecksum | None:
    """The checksum in what Hadoop sends; None where that is none, or no whole MD5.

    An MD5 comes behind the bytes per CRC (4) and the CRCs per block (8), which the algorithm's name repeats.
    """
    if not algorithm.startswith(MD5_NAME):
        return FileChecksum(algorithm, digits) if algorithm else None
    value = digits[2 * _MD5_AT : 2 * (_MD5_AT + _MD5_BYTES)]
    return FileChecksum(algorithm, value) if len(value) == 2 * _MD5_BYTES else None


def in_hadoops_order(families: Sequence[str], hadoop_conf: Mapping[str, str]) -> tuple[str, ...]:
    """What is asked for first follows Hadoop's own setting, as in DistCp."""
    is_composite = hadoop_conf.get(COMBINE_MODE, "").upper() == "COMPOSITE_CRC"
    return tuple(sorted(families, key=lambda one: (one == COMPOSITE_CRC) != is_composite))


def common_families(source: Sequence[str], target: Sequence[str]) -> list[str]:
    """The families that both sides offer, in the order in which they are worth asking for."""
    return [family for family in source if family in target]


def checks_between(source: Sequence[str], target: Sequence[str]) -> Checks:
    """When to compare, by the families that the two stores offer.

    both offer         compared
    ----------------   -----------------------------------------------------------------------------
    MD5-OF-CRC         ALWAYS: two HDFS, as DistCp does; the questions cost their NameNodes little
    any other          WHERE_NEWER: an unchanged tree costs a listing, and no request a file
    nothing            NEVER
    """
    common = common_families(source, target)
    if MD5_OF_CRC in common:
        return Checks.ALWAYS
    return Checks.WHERE_NEWER if common else Checks.NEVER


def kept_checksum(notes: dict[str, str], crc64: int | None) -> str:
    """The CRC-32C among the notes of an object with this CRC-64; "" where none is kept, or of other bytes."""
    value = notes.get(CRC32C_NOTE, "")
    return value if crc64 is not None and value and notes.get(CRC64_NOTE) == str(crc64) else ""

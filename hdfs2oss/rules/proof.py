"""How far it is proven that what stands at the target is what stood at the source.

    of the bytes as they were read            of the bytes as they were written        level
    ---------------------------------------   --------------------------------------   ----------
    STATED                                    STATED                                   END_TO_END
    STATED, CHECKED                           STATED, ACKNOWLEDGED                     TRANSFER
    STATED, CHECKED                           LENGTH                                   LENGTH
    LENGTH                                    STATED, ACKNOWLEDGED, LENGTH             LENGTH
    any                                       NOTHING                                  NONE
    NOTHING                                   any                                      NONE

STATED         the store says what the checksum of the whole file is, and it is that of the bytes: CRC-64 of OSS,
               COMPOSITE-CRC of HDFS
CHECKED        (read) each piece was compared with the checksums on the store's disks before we had it: HDFS. file://
               counts as such, as there is nothing but this machine between disk and reader
ACKNOWLEDGED   (written) each packet was compared with the writer's checksum by the last DataNode of its pipeline, which
               keeps that checksum with the bytes, before the file could be closed: HDFS. What a disk does to it later,
               its next reader finds
LENGTH         as many bytes as there should be, and no more is known: file:// as the target; an OSS object without a
               CRC-64 as the source
NOTHING        not even that

END_TO_END takes two answers that do not come from us: it would find a fault of our own clients, too.
"""

from __future__ import annotations

import enum

from ..model.values import Proof


class Evidence(enum.IntEnum):
    """What is known of one side of a copy, the least first; CHECKED is of reading, ACKNOWLEDGED of writing."""

    NOTHING = 0
    LENGTH = 1
    CHECKED = 2
    ACKNOWLEDGED = 2
    STATED = 3


def level_of(read: Evidence, written: Evidence) -> Proof:
    """The level of a file, after the table above: it is as weak as its weaker side."""
    weaker = min(read, written)
    if weaker == Evidence.STATED:
        return Proof.END_TO_END
    if weaker == Evidence.CHECKED:
        return Proof.TRANSFER
    return Proof.LENGTH if weaker == Evidence.LENGTH else Proof.NONE


def evidence_of_reading(is_stated: bool, is_checked: bool) -> Evidence:
    """Of bytes whose number is known: whether their store stated their checksum, or checks what it gives."""
    if is_stated:
        return Evidence.STATED
    return Evidence.CHECKED if is_checked else Evidence.LENGTH


def evidence_of_writing(is_stated: bool, is_acknowledged: bool, is_measured: bool) -> Evidence:
    """The same of what was written; `is_measured` where the store said how long it is."""
    if is_stated:
        return Evidence.STATED
    if not is_measured:
        return Evidence.NOTHING
    return Evidence.ACKNOWLEDGED if is_acknowledged else Evidence.LENGTH

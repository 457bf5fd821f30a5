"""What arrived, compared with what the stores say of both ends."""

from __future__ import annotations

from typing import NamedTuple

from ..filesystems.base import FileSystem, Stored
from ..model.errors import CorruptData, VerifyError
from ..model.values import Proof
from ..rules.filesum import CRC32C_NOTE, CRC64_NOTE
from ..rules.proof import Evidence, evidence_of_reading, evidence_of_writing, level_of
from .ends import Ends, reading


class Copied(NamedTuple):
    """What arrived, and what is known of the bytes as they were read and as they were written."""

    stored: Stored
    crc64: int
    crc32c: int
    read: Evidence
    written: Evidence
    warning: str = ""
    # The version that was read, where the source has versions.
    source_etag: str = ""
    # What the stores said of the whole file, where they were asked or told by themselves.
    source_crc64: int | None = None
    source_crc32c: int | None = None
    target_crc32c: int | None = None
    part_count: int = 0

    @property
    def proof(self) -> Proof:
        """How far the copy is proven."""
        return level_of(self.read, self.written)


def verify_read(ends: Ends, sum64: int, stated: int | None) -> None:
    """Compare all bytes of a file, as they were read, with what its store says, if it does. Raises ReadError."""
    if stated is not None and stated != sum64:
        with reading(ends):
            raise CorruptData(
                f"the CRC-64 of the bytes that came is {sum64}, that of the source, as its store says, {stated}"
            )


def verify(ends: Ends, length: int, sum64: int, stored: Stored) -> None:
    """Compare what was read with what the store says it holds. Raises VerifyError."""
    if stored.length is not None and stored.length != length:
        raise VerifyError(
            f"copying {ends.source} to {ends.target}: {length} bytes were read, and the target holds {stored.length}"
        )
    if stored.crc64 is not None and stored.crc64 != sum64:
        raise VerifyError(
            f"copying {ends.source} to {ends.target}: the CRC-64 of the bytes read is {sum64}, "
            f"that of the target {stored.crc64}"
        )


def evidence_read(source: FileSystem, stated_crc64: int | None) -> Evidence:
    """Of all bytes of a file that were read, and compared with what its store stated of them, if it did."""
    return evidence_of_reading(stated_crc64 is not None, source.capabilities.reads_checked)


def evidence_written(target: FileSystem, stored: Stored) -> Evidence:
    """Of a file that was written, and compared with what its store says it holds."""
    is_acknowledged = target.capabilities.writes_checked
    return evidence_of_writing(stored.crc64 is not None, is_acknowledged, stored.length is not None)


def notes_of(sum64: int, sum32: int) -> dict[str, str]:
    """The checksums kept with a file; the CRC-32C counts only while the file's CRC-64 is the one beside it."""
    return {CRC64_NOTE: str(sum64), CRC32C_NOTE: f"{sum32:08x}"}

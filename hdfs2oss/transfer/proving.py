"""What arrived, compared with what the stores say of both ends.

An object's CRC-64 comes with the answers that are needed anyway. A COMPOSITE-CRC of HDFS has to be asked for: with
`--proof end-to-end` that of the source is asked, in a thread of its own, while its bytes are read, and that of the
target once it is written and before it gets its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from ..filesystems.base import FileSystem, Stored
from ..model.errors import CorruptData, StoreError, VerifyError
from ..model.values import Proof
from ..rules.filesum import COMPOSITE_CRC, COMPOSITE_CRC32C, CRC32C_NOTE, CRC64_NOTE
from ..rules.proof import Evidence, evidence_of_reading, evidence_of_writing, level_of
from .ends import Ends, reading

# HDFS computes as many at once, from what its DataNodes keep beside the blocks.
_THREADS = 8


class Statement(NamedTuple):
    """The COMPOSITE-CRC32C that a store states of a whole file; None where it does not, and why."""

    crc32c: int | None = None
    why: str = ""


UNASKED = Statement()


class SourceSaid(NamedTuple):
    """What the source's store said of a whole file; what it said is that of the bytes read."""

    evidence: Evidence
    crc64: int | None = None
    crc32c: int | None = None
    why: str = ""


class Copied(NamedTuple):
    """What arrived, and what is known of the bytes as they were read and as they were written."""

    stored: Stored
    crc64: int
    crc32c: int
    source: SourceSaid
    written: Evidence
    warning: str = ""
    # The version that was read, where the source has versions.
    source_etag: str = ""
    # What the target's store stated, where it was asked; it is that of the bytes read.
    target: Statement = UNASKED
    part_count: int = 0

    @property
    def proof(self) -> Proof:
        """How far the copy is proven."""
        return level_of(self.source.evidence, self.written)

    @property
    def why_not_more(self) -> str:
        """Why a store that was asked for a checksum did not state one; "" where none was asked or all did."""
        return self.source.why or self.target.why


class SourceWord:
    """What the source's store says of a whole file: a CRC-64 that came along, or a COMPOSITE-CRC that was asked for."""

    def __init__(self, is_checked: bool, crc64: int | None, asked: Future[Statement] | None = None) -> None:
        self._is_checked = is_checked
        self._crc64 = crc64
        self._asked = asked

    def compare(self, ends: Ends, sum64: int, sum32: int) -> SourceSaid:
        """Compare it with all bytes, as they were read; waits for the answer. Raises ReadError."""
        said = self._asked.result() if self._asked is not None else UNASKED
        with reading(ends):
            if self._crc64 is not None and self._crc64 != sum64:
                raise CorruptData(
                    f"the CRC-64 of the bytes that came is {sum64}, that of the source, as its store says, "
                    f"{self._crc64}"
                )
            if said.crc32c is not None and said.crc32c != sum32:
                raise CorruptData(
                    f"the CRC-32C of the bytes that came is {sum32:08x}, that of the source, as its store says, "
                    f"{said.crc32c:08x}"
                )
        is_stated = self._crc64 is not None or said.crc32c is not None
        return SourceSaid(evidence_of_reading(is_stated, self._is_checked), self._crc64, said.crc32c, said.why)


@contextmanager
def witnesses(are_wanted: bool) -> Iterator[Executor | None]:
    """The threads that ask stores for checksums while others move bytes; None where nobody asks."""
    if not are_wanted:
        yield None
        return
    with ThreadPoolExecutor(_THREADS, "ask") as pool:
        yield pool


def ask(store: FileSystem, path: str, length: int) -> Statement:
    """What a store states of a whole file, which has this length. That it cannot is no failure."""
    if COMPOSITE_CRC not in store.capabilities.checksums:
        return Statement(why=f"{store.capabilities.counter_name} states no checksums of files")
    if length == 0:
        # HDFS has no block to ask about; what nothing sums up to is known.
        return Statement(0)
    try:
        stated = store.checksum(path, COMPOSITE_CRC)
    except StoreError as error:
        return Statement(why=str(error))
    if stated.algorithm != COMPOSITE_CRC32C:
        return Statement(
            why=f"the checksum of {path} is a {stated.algorithm}, and {COMPOSITE_CRC32C} is what is compared"
        )
    return Statement(int(stated.value, 16))


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


def verify_statement(ends: Ends, sum32: int, stated: Statement) -> Statement:
    """Compare what was read with what the target's store states, and give that. Raises VerifyError."""
    if stated.crc32c is not None and stated.crc32c != sum32:
        raise VerifyError(
            f"copying {ends.source} to {ends.target}: the CRC-32C of the bytes read is {sum32:08x}, "
            f"that of the file that was written {stated.crc32c:08x}"
        )
    return stated


def evidence_written(target: FileSystem, stored: Stored, stated: Statement) -> Evidence:
    """Of a file that was written, and compared with what its store says."""
    is_stated = stored.crc64 is not None or stated.crc32c is not None
    return evidence_of_writing(is_stated, target.capabilities.writes_checked, stored.length is not None)


def notes_of(sum64: int, sum32: int) -> dict[str, str]:
    """The checksums kept with a file; the CRC-32C counts only while the file's CRC-64 is the one beside it."""
    return {CRC64_NOTE: str(sum64), CRC32C_NOTE: f"{sum32:08x}"}

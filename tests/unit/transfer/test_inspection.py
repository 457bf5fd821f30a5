"""What is believed of two files of one length: by what their stores state, and by their bytes."""

from __future__ import annotations

import pytest

from hdfs2oss.model.errors import BeingWritten, SourceChanged
from hdfs2oss.model.uri import Uri
from hdfs2oss.rules.filesum import CRC64, MD5_OF_CRC, FileChecksum
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.transfer.comparison import Side
from hdfs2oss.transfer.inspection import Reading, by_checksums, by_reading_one
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem

DATA = bytes(range(256)) * 8
# What HDFS states of a file that was joined, or appended to in a new block: none that its bytes alone would give.
JOINED = FileChecksum("MD5-of-2MD5-of-512CRC32C", "00" * 16)
READING = Reading(Throttle(None), lambda: None)


def side(data: bytes, *families: str, stated: FileChecksum | None = None) -> Side:
    store = MemoryFileSystem(LIKE_HDFS._replace(checksums=families))
    store.place("/f", data)
    store.file("/f").checksum = stated
    return Side(FlakyFileSystem(store), Uri("hdfs", "nn", "/f"))


def reads(one: Side) -> int:
    return [operation for operation, _ in one.store.calls].count("read")


@pytest.mark.parametrize("other", [DATA, DATA[:-1] + b"!"])
def test_the_checksum_of_a_joined_file_is_no_reason_to_take_it_for_another_one(other: bytes) -> None:
    source, target = side(other), side(DATA, MD5_OF_CRC, stated=JOINED)
    found = by_reading_one(by_checksums(source, target), source, target, len(DATA), READING)
    assert found.learned.read_equal is (other == DATA)
    assert (reads(source), reads(target)) == (1, 1)


@pytest.mark.parametrize("other", [DATA, DATA[:-1] + b"!"])
def test_of_a_store_that_states_a_checksum_nothing_is_read(other: bytes) -> None:
    source, target = side(other), side(DATA, CRC64)
    found = by_reading_one(by_checksums(source, target), source, target, len(DATA), READING)
    assert found.learned.read_equal is (other == DATA)
    assert (reads(source), reads(target)) == (1, 0)


def test_a_file_that_somebody_writes_to_is_not_compared() -> None:
    one = side(DATA)
    one.store.faults.append(Fault("refuse_open", "/f", BeingWritten))
    with pytest.raises(BeingWritten):
        READING.sums(one, len(DATA), (CRC64,))


def test_a_file_that_has_another_length_by_now_is_not_compared() -> None:
    with pytest.raises(SourceChanged, match="had 2047 bytes when it was listed, and has 2048 now"):
        READING.sums(side(DATA), len(DATA) - 1, (CRC64,))

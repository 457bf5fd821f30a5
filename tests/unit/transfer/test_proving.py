"""How far a copy is proven: what the stores say is compared with the bytes, before the file has its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hdfs2oss.filesystems.base import NoChecksum
from hdfs2oss.model.errors import ReadError, SourceChanged, VerifyError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem, Proof
from hdfs2oss.rules.checksum import crc32c, crc64
from hdfs2oss.rules.filesum import COMPOSITE_CRC, FileChecksum
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.transfer.buffers import BufferBudget
from hdfs2oss.transfer.ends import Ends
from hdfs2oss.transfer.proving import Copied, witnesses
from hdfs2oss.transfer.stream import Transfer
from tests.stores.faults import Fault, FlakyFileSystem, flip_first_byte
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem
from tests.unit.filesystems.oss.scripted_store import Answer, ScriptedStore

PART = 1000
WORK = "/t/.hdfs2oss-work-1"
ENDS = Ends(Uri("hdfs", "nn", "/s/f"), Uri("oss", "b", "/t/f"), WORK)
HDFS = LIKE_HDFS._replace(checksums=(COMPOSITE_CRC,))
FILES = LIKE_HDFS._replace(counter_name="FILE", writes_checked=False)
STORES = {"hdfs": HDFS, "oss": LIKE_OSS, "file": FILES}
SIZES = {"empty": 0, "small": 700, "large": 5500}
WAYS = ["hdfs to oss", "oss to hdfs", "hdfs to hdfs", "oss to oss"]
OTHER = FileChecksum("COMPOSITE-CRC32C", "12345678")


class Bench:
    """A file on one store, another store that may lie, and the way between them."""

    def __init__(self, way: str, size: str, pool: ThreadPoolExecutor) -> None:
        source, _, target = way.split(" ")
        self.data = os.urandom(SIZES[size])
        self.source_store = MemoryFileSystem(STORES[source], lambda: 1000)
        self.source_store.place("/s/f", self.data)
        self.target_store = MemoryFileSystem(STORES[target], lambda: 2000)
        self.source, self.target = FlakyFileSystem(self.source_store), FlakyFileSystem(self.target_store)
        status = self.source_store.status("/s/f")
        self.item = CopyItem("f", 0, "COPY", "F", len(self.data), 1000, status.etag, part_size_bytes=PART)
        self._pool = pool

    def copy(self, end_to_end: bool = True) -> Copied:
        with witnesses(end_to_end) as asking:
            transfer = Transfer(
                self.source, self.target, Throttle(None), BufferBudget(3 * PART), self._pool, 2, witnesses=asking
            )
            return transfer.copy(ENDS, self.item)

    @property
    def asked(self) -> list[str]:
        return [operation for operation, _ in [*self.source.calls, *self.target.calls]]

    def assert_nothing_is_left(self) -> None:
        assert self.target_store.files() == {}
        assert self.target_store.open_uploads() == []


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", WAYS)
def test_end_to_end_takes_the_word_of_both_stores(way, size, pool) -> None:
    bench = Bench(way, size, pool)
    copied = bench.copy()
    assert bench.target_store.files() == {"/t/f": bench.data}
    assert (copied.proof, copied.why_not_more) == (Proof.END_TO_END, "")
    source, _, target = way.split(" ")
    sum64, sum32 = crc64(bench.data), crc32c(bench.data)
    assert (copied.source.crc64, copied.source.crc32c) == ((sum64, None) if source == "oss" else (None, sum32))
    assert (copied.stored.crc64, copied.target.crc32c) == ((sum64, None) if target == "oss" else (None, sum32))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("way", "level"),
    [
        ("hdfs to oss", Proof.TRANSFER),
        ("oss to hdfs", Proof.TRANSFER),
        ("hdfs to hdfs", Proof.TRANSFER),
        ("oss to oss", Proof.END_TO_END),
        ("file to oss", Proof.TRANSFER),
        ("hdfs to file", Proof.LENGTH),
    ],
)
def test_by_default_nobody_is_asked_for_a_checksum(way, level, size, pool) -> None:
    """What is proven then comes with the requests that copy the file, and no other."""
    bench = Bench(way, size, pool)
    bench.source_store.place("/s/f", bench.data, etag="")
    bench.item = bench.item._replace(etag="")
    assert (bench.copy(end_to_end=False).why_not_more, "checksum" in bench.asked) == ("", False)
    reads = [] if size == "empty" else ["read"]
    writes = {
        ("oss", "empty"): ["put"],
        ("oss", "small"): ["put"],
        ("oss", "large"): ["begin", *["part"] * 6, "complete", "note"],
    }
    reads = reads * (6 if (way[-3:], size) == ("oss", "large") else 1)
    expected = writes.get((way[-3:], size)) or (["put"] if size != "large" else ["write", "commit"])
    looks = ["open", *reads, "status"]
    assert sorted(operation for operation, _ in bench.source.calls if operation != "status") == sorted(looks[:-1])
    assert [operation for operation, _ in bench.source.calls].count("status") == 1
    assert sorted(operation for operation, _ in bench.target.calls) == sorted(expected)
    assert bench.copy(end_to_end=False).proof is level


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("way", ["hdfs to oss", "hdfs to hdfs"])
def test_a_source_of_another_checksum_never_gets_its_name(way, size, pool) -> None:
    bench = Bench(way, size, pool)
    bench.source_store.file("/s/f").checksum = OTHER
    with pytest.raises(
        ReadError, match=r"the CRC-32C of the bytes that came is .* as its store says, 12345678"
    ) as caught:
        bench.copy()
    assert caught.value.retryable
    bench.assert_nothing_is_left()


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("way", ["oss to hdfs", "oss to oss"])
@pytest.mark.parametrize("end_to_end", [True, False])
def test_an_object_whose_bytes_do_not_fit_its_crc64_never_gets_its_name(way, size, end_to_end, pool) -> None:
    """Read in ranges, too, none of which has a checksum of its own."""
    bench = Bench(way, size, pool)
    bench.source.faults = [Fault("read", damage=flip_first_byte, times=1)]
    with pytest.raises(ReadError, match="the CRC-64 of the bytes that came is") as caught:
        bench.copy(end_to_end)
    assert caught.value.retryable
    bench.assert_nothing_is_left()
    bench.copy(end_to_end)
    assert bench.target_store.files() == {"/t/f": bench.data}


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_body_that_came_damaged_never_gets_its_name_though_its_reader_leaves_that_to_the_copy(size, pool) -> None:
    bench = Bench("oss to hdfs", size, pool)
    told = {"x-oss-hash-crc64ecma": str(crc64(bench.data)), "ETag": '"E"'}
    with ScriptedStore(Answer(200, flip_first_byte(bench.data), told)) as store:
        bench.source, bench.item = store.open(), bench.item._replace(etag="E")
        with pytest.raises(ReadError, match="the CRC-64 of the bytes that came is") as caught:
            bench.copy(end_to_end=False)
    assert caught.value.retryable
    bench.assert_nothing_is_left()


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_written_file_of_another_checksum_never_gets_its_name(size, pool) -> None:
    bench = Bench("oss to hdfs", size, pool)
    bench.target.faults = [Fault("write", damage=flip_first_byte, times=1)]
    with pytest.raises(VerifyError, match="that of the file that was written") as caught:
        bench.copy()
    assert caught.value.retryable
    bench.assert_nothing_is_left()


def test_a_source_that_changed_is_told_from_one_that_is_damaged(pool) -> None:
    bench = Bench("hdfs to oss", "small", pool)

    def meanwhile() -> None:
        bench.source_store.place("/s/f", bench.data[::-1], mtime_ms=1001)

    bench.item = bench.item._replace(etag="")
    bench.source.faults = [Fault("read", silent=True, meanwhile=meanwhile)]
    with pytest.raises(SourceChanged):
        bench.copy()
    bench.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("way", "why", "level"),
    [
        ("hdfs to file", "FILE states no checksums of files", Proof.LENGTH),
        ("file to oss", "FILE states no checksums of files", Proof.TRANSFER),
    ],
)
@pytest.mark.parametrize("size", SIZES)
def test_where_a_store_states_nothing_the_level_is_what_can_be_had_and_why(way, why, level, size, pool) -> None:
    copied = Bench(way, size, pool).copy()
    assert (copied.proof, copied.why_not_more) == (level, why)


@pytest.mark.parametrize("way", ["hdfs to oss", "hdfs to hdfs", "oss to hdfs"])
def test_a_store_that_cannot_be_asked_costs_the_proof_and_not_the_file(way, pool) -> None:
    bench = Bench(way, "small", pool)
    for store in (bench.source, bench.target):
        store.faults = [Fault("checksum", error=NoChecksum)]
    copied = bench.copy()
    assert bench.target_store.files() == {"/t/f": bench.data}
    assert copied.proof is Proof.TRANSFER
    assert "as the test wants it" in copied.why_not_more


def test_a_checksum_of_another_polynomial_is_not_compared(pool) -> None:
    bench = Bench("hdfs to oss", "small", pool)
    bench.source_store.file("/s/f").checksum = FileChecksum("COMPOSITE-CRC32", "12345678")
    copied = bench.copy()
    assert (copied.proof, "is a COMPOSITE-CRC32," in copied.why_not_more) == (Proof.TRANSFER, True)

"""Moving one file between stores in memory that fail where they are told to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from hdfs2oss.filesystems.base import FileSystem, Stored
from hdfs2oss.model.errors import (
    CorruptData,
    Interrupted,
    LockLost,
    NotFound,
    PermissionDenied,
    ReadError,
    SourceOpen,
    TransferError,
    Unreachable,
    VerifyError,
    WriteError,
)
from hdfs2oss.model.values import Proof, StoredPart
from hdfs2oss.rules.checksum import crc32c, crc64
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.transfer.buffers import BufferBudget
from hdfs2oss.transfer.proving import verify
from hdfs2oss.transfer.stream import Transfer
from tests.stores.faults import Fault, FlakyFileSystem, cut_last_byte, flip_first_byte
from tests.unit.transfer.bench import ENDS, KINDS, PART, Bench


@pytest.mark.parametrize("kind", KINDS)
def test_what_arrives_is_what_was_read_with_both_checksums(kind, pool) -> None:
    bench = Bench(kind, pool)
    copied = bench.copy()
    assert bench.target_store.files() == {"/t/f": bench.data}
    assert (copied.crc64, copied.crc32c, copied.proof) == (crc64(bench.data), crc32c(bench.data), Proof.TRANSFER)
    assert copied.stored.length == len(bench.data)
    assert bench.target_store.open_uploads() == []


@pytest.mark.parametrize("kind", ["small", "parts"])
def test_the_checksums_are_kept_with_the_file(kind, pool) -> None:
    bench = Bench(kind, pool)
    bench.copy()
    notes = bench.target_store.read_notes("/t/f")
    assert notes == {"hdfs2oss-crc64": str(crc64(bench.data)), "hdfs2oss-crc32c": f"{crc32c(bench.data):08x}"}


@pytest.mark.parametrize("old", [None, {"/t/f": b"old"}], ids=["new", "replacing"])
@pytest.mark.parametrize(
    "fault",
    [Fault("open", error=PermissionDenied), Fault("read", error=Unreachable), Fault("read", after=500)],
    ids=["open", "read", "read in the middle"],
)
def test_a_failing_source_is_a_read_error_and_leaves_nothing(bench, fault, old) -> None:
    for path, data in (old or {}).items():
        bench.target_store.place(path, data)
    fault = Fault(fault.operation, error=fault.error, after=fault.after)
    with pytest.raises(ReadError, match=r"copying hdfs://nn/s/f to oss://b/t/f: reading failed") as caught:
        bench.copy(fault, on="source")
    assert caught.value.retryable is fault.error.retryable
    assert caught.value.skippable
    bench.assert_nothing_is_left(old)


def test_a_source_that_has_gone_is_a_read_error(bench) -> None:
    bench.source_store.remove("/s/f")
    with pytest.raises(ReadError, match="the source has gone"):
        bench.copy()
    bench.assert_nothing_is_left()


def test_bytes_that_go_missing_while_reading_are_never_published(bench) -> None:
    with pytest.raises(TransferError):
        bench.copy(Fault("read", damage=cut_last_byte), on="source")
    bench.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("kind", "operation"), [("small", "put"), ("stream", "write"), ("stream", "commit"), ("parts", "part")]
)
@pytest.mark.parametrize("error", [PermissionDenied, Unreachable])
def test_a_failing_target_is_a_write_error_and_leaves_the_old_file(kind, operation, error, pool) -> None:
    bench = Bench(kind, pool)
    bench.target_store.place("/t/f", b"old")
    with pytest.raises(WriteError, match=r"copying hdfs://nn/s/f to oss://b/t/f: writing failed") as caught:
        bench.copy(Fault(operation, error=error))
    assert (caught.value.retryable, caught.value.skippable) == (error.retryable, False)
    bench.assert_nothing_is_left({"/t/f": b"old"})


@pytest.mark.parametrize("operation", ["begin", "complete"])
def test_an_upload_that_cannot_be_opened_or_completed_is_dropped(operation, pool) -> None:
    bench = Bench("parts", pool)
    with pytest.raises(WriteError):
        bench.copy(Fault(operation, error=PermissionDenied))
    bench.assert_nothing_is_left()


def test_that_dropping_an_upload_fails_does_not_hide_why_it_was_dropped(pool) -> None:
    bench = Bench("parts", pool)
    with pytest.raises(WriteError, match="cannot part"):
        bench.copy(Fault("part", error=PermissionDenied), Fault("abort"))


def test_damage_on_the_way_to_a_stream_is_found_before_it_is_published(pool) -> None:
    bench = Bench("stream", pool)
    with pytest.raises(VerifyError, match="CRC-64"):
        bench.copy(Fault("write", damage=flip_first_byte))
    bench.assert_nothing_is_left()


def test_a_missing_byte_on_the_way_to_a_stream_is_found_before_it_is_published(pool) -> None:
    bench = Bench("stream", pool)
    with pytest.raises(VerifyError, match="5500 bytes were read, and the target holds 5499"):
        bench.copy(Fault("write", damage=cut_last_byte))
    bench.assert_nothing_is_left()


def test_a_small_file_that_its_store_has_otherwise_than_it_was_read_has_not_arrived(pool) -> None:
    class Damaging(FlakyFileSystem):
        def put(self, path, data, *others):  # type: ignore[no-untyped-def]
            return super().put(path, flip_first_byte(data), *others)

    bench = Bench("small", pool)
    with pytest.raises(VerifyError):
        transfer_between(bench, Damaging(bench.target_store), pool).copy(ENDS, bench.item)


def test_a_file_whose_length_the_store_does_not_know_yet_is_refused(bench) -> None:
    """Still being written on HDFS: the status says one length, an open file another."""
    bench.source_store.place("/s/f", bench.data + b"more", mtime_ms=1000, length=len(bench.data))
    with pytest.raises(SourceOpen, match="still being written") as caught:
        bench.copy()
    assert not caught.value.retryable
    bench.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (Stored(4), "5 bytes were read, and the target holds 4"),
        (Stored(5, crc64=1), "CRC-64"),
        (Stored(None, crc64=1), "CRC-64"),
    ],
)
def test_what_the_store_says_is_compared(stored, reason) -> None:
    with pytest.raises(VerifyError, match=reason) as caught:
        verify(ENDS, 5, 2, stored)
    assert caught.value.retryable


def test_a_store_that_says_nothing_is_believed() -> None:
    verify(ENDS, 5, 2, Stored(None))
    verify(ENDS, 5, 2, Stored(5, crc64=2))


@pytest.mark.parametrize(("offset", "size", "first"), [(0, 3000, 1), (3000, 2500, 4), (2000, 1, 3)])
def test_a_range_goes_up_as_numbered_parts(offset, size, first, pool) -> None:
    bench = Bench("parts", pool)
    store = bench.target_store
    upload = store.begin_upload("/t/f")
    transfer = Transfer(bench.source_store, store, Throttle(None), BufferBudget(2 * PART), pool, 2)
    item = bench.item._replace(offset=offset, size=size, first_part=first)
    with transfer.open_source(ENDS, item) as reader:
        sent = transfer.send_range(ENDS, item, reader, upload)
    count = -(-size // PART)
    assert [one.part.number for one in sent] == list(range(first, first + count))
    assert [one.part.length for one in sent] == [PART] * (count - 1) + [size - PART * (count - 1)]
    pieces = [bench.data[at : min(at + PART, offset + size)] for at in range(offset, offset + size, PART)]
    assert [(one.part.crc64, one.crc32c) for one in sent] == [(crc64(piece), crc32c(piece)) for piece in pieces]


def test_the_first_failing_part_ends_a_range(pool) -> None:
    bench = Bench("parts", pool)
    flaky = FlakyFileSystem(bench.target_store, Fault("part", error=PermissionDenied))
    upload = flaky.begin_upload("/t/f")
    transfer = Transfer(bench.source_store, flaky, Throttle(None), BufferBudget(9 * PART), pool, 2)
    item = bench.item._replace(offset=0, size=5500, first_part=1)
    with transfer.open_source(ENDS, item) as reader, pytest.raises(WriteError):
        transfer.send_range(ENDS, item, reader, upload)
    assert len([call for call in flaky.calls if call[0] == "part"]) == 2


def test_a_missing_target_directory_is_made(bench) -> None:
    bench.copy()
    assert bench.target_store.status("/t") is not None


@pytest.mark.parametrize(("error", "expected"), [(NotFound, ReadError), (CorruptData, ReadError)])
def test_each_error_of_the_source_gets_a_consequence(bench, error, expected) -> None:
    with pytest.raises(expected) as caught:
        bench.copy(Fault("read", error=error), on="source")
    assert caught.value.retryable is (error is CorruptData)


def test_a_store_that_keeps_no_notes_still_has_the_file(pool) -> None:
    bench = Bench("parts", pool)
    copied = bench.copy(Fault("note", "/t/f", PermissionDenied))
    assert bench.target_store.files() == {"/t/f": bench.data}
    assert "could not be kept as tags" in copied.warning


def transfer_between(bench: Bench, target: FileSystem, pool: ThreadPoolExecutor, **fields: object) -> Transfer:
    return replace(
        Transfer(bench.source_store, target, Throttle(None), BufferBudget(3 * PART), pool, 2),
        **fields,  # type: ignore[arg-type]
    )


def test_a_stop_is_seen_between_parts_and_leaves_nothing(pool) -> None:
    bench = Bench("parts", pool)
    flaky = FlakyFileSystem(bench.target_store)
    looks = iter([None, None, Interrupted("stop")])

    def checkpoint() -> None:
        error = next(looks)
        if error is not None:
            raise error

    with pytest.raises(Interrupted):
        transfer_between(bench, flaky, pool, checkpoint=checkpoint).copy(ENDS, bench.item)
    assert [operation for operation, _ in flaky.calls] == ["begin", "part", "part", "abort"]
    bench.assert_nothing_is_left()


class OtherBytes(FlakyFileSystem):
    """Says of a completed upload that it holds other bytes, or fewer."""

    def __init__(self, wrapped: FileSystem, lost: int, flipped: int) -> None:
        super().__init__(wrapped)
        self.lost, self.flipped = lost, flipped

    def complete_upload(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        stored = super().complete_upload(path, upload_id, parts)
        assert stored.length is not None
        assert stored.crc64 is not None
        return Stored(stored.length - self.lost, stored.etag, crc64=stored.crc64 ^ self.flipped)


@pytest.mark.parametrize(("lost", "flipped"), [(1, 0), (0, 1)], ids=["fewer bytes", "other bytes"])
def test_joined_parts_are_compared_with_what_was_read(pool, lost, flipped) -> None:
    bench = Bench("parts", pool)
    with pytest.raises(VerifyError, match=r"copying hdfs://nn/s/f to oss://b/t/f"):
        transfer_between(bench, OtherBytes(bench.target_store, lost, flipped), pool).copy(ENDS, bench.item)


@pytest.mark.parametrize("kind", ["small", "parts"])
def test_what_is_read_in_throttled_pieces_arrives_in_order(kind, pool) -> None:
    bench = Bench(kind, pool)
    bench.data = os.urandom(100_000)
    bench.source_store.place("/s/f", bench.data)
    item = bench.item._replace(length=100_000, part_size_bytes=100_000 if kind == "small" else 40_000)
    now = [0.0]
    slow = Throttle(1000.0, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    transfer_between(bench, bench.target_store, pool, throttle=slow).copy(ENDS, item)
    assert bench.target_store.files() == {"/t/f": bench.data}


def test_parts_in_memory_together_are_no_more_than_the_budget(pool) -> None:
    bench = Bench("parts", pool)
    held, most = [0], [0]

    class Counting(BufferBudget):
        @contextmanager
        def hold(self, size_bytes: int) -> Iterator[None]:
            with super().hold(size_bytes):
                held[0] += size_bytes
                most[0] = max(most[0], held[0])
                yield
                held[0] -= size_bytes

    transfer_between(bench, bench.target_store, pool, buffers=Counting(PART), parts_at_once=4).copy(ENDS, bench.item)
    assert most == [PART]


def test_small_files_are_paid_for_with_memory_until_the_last_of_them_is_sent(pool) -> None:
    bench, held = Bench("small", pool), [0]

    class Counting(BufferBudget):
        @contextmanager
        def hold(self, size_bytes: int) -> Iterator[None]:
            with super().hold(size_bytes):
                held[0] += size_bytes
                yield
                held[0] -= size_bytes

    transfer = transfer_between(bench, bench.target_store, pool, buffers=Counting(3 * PART))
    with transfer.fetching([(ENDS, bench.item)] * 3) as fetched:
        assert (len(fetched), held) == (3, [3 * 700])
    assert held == [0]
    paid = []
    alone = replace(transfer, checkpoint=lambda: paid.append(held[0]))
    alone.copy(ENDS, bench.item)
    assert set(paid) == {700}


def test_a_run_that_was_cancelled_while_the_last_bytes_were_read_publishes_nothing(bench) -> None:
    """Whatever the checkpoint lets pass before."""
    passed = []
    bench.copy(checkpoint=lambda: passed.append(None))
    bench.target_store.remove("/t/f")

    def last() -> None:
        passed.pop()
        if not passed:
            raise LockLost("taken over")

    with pytest.raises(LockLost):
        bench.copy(checkpoint=last)
    bench.assert_nothing_is_left()

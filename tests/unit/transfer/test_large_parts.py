"""Parts that are too large to be held: they are streamed, and read again where they are sent again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from hdfs2oss.filesystems.body import PIECE_BYTES, Body
from hdfs2oss.model.errors import Interrupted, ReadError, Unreachable
from hdfs2oss.model.units import MIB
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem, StoredPart
from hdfs2oss.rules.checksum import crc32c, crc64
from hdfs2oss.rules.memory import HELD_PART_BYTES
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.transfer.buffers import BufferBudget
from hdfs2oss.transfer.ends import Ends
from hdfs2oss.transfer.stream import Transfer, nothing
from tests.stores.faults import Fault, FlakyFileSystem, cut_last_byte
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem

PART = HELD_PART_BYTES + MIB
ENDS = Ends(Uri("hdfs", "nn", "/s/f"), Uri("oss", "b", "/t/f"), "")
DATA = os.urandom(MIB) * (2 * PART // MIB) + b"odd"


class SendsTwice(FlakyFileSystem):
    """Loses the first answer to each part, as a client does that sends it again."""

    def put_part(self, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
        for taken, _ in enumerate(body.pieces()):
            if taken == 5:
                break
        return super().put_part(path, upload_id, number, body)


class Bench:
    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.source = FlakyFileSystem(MemoryFileSystem(LIKE_HDFS, lambda: 1000))
        self.source.wrapped.place("/s/f", DATA)  # type: ignore[attr-defined]
        self.store = MemoryFileSystem()
        self.target: FlakyFileSystem = FlakyFileSystem(self.store)
        self.item = CopyItem("f", 0, "COPY", "F", len(DATA), 1000, part_size_bytes=PART)
        self.buffers = BufferBudget(64 * MIB)
        self.pool = pool

    def transfer(self, checkpoint: Callable[[], None] = nothing) -> Transfer:
        return Transfer(self.source, self.target, Throttle(None), self.buffers, self.pool, 2, checkpoint)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ThreadPoolExecutor(4) as pool:
        yield Bench(pool)


def test_a_part_that_is_sent_twice_is_read_twice_and_its_checksum_counts_once(bench) -> None:
    bench.target = SendsTwice(bench.store)
    copied = bench.transfer().copy(ENDS, bench.item)
    assert bench.store.files() == {"/t/f": DATA}
    assert (copied.crc64, copied.crc32c) == (crc64(DATA), crc32c(DATA))
    # The last part is small: it is held, and read once.
    assert len([call for call in bench.source.calls if call[0] == "read"]) == 5


def test_a_large_part_holds_a_few_pieces_and_no_more(bench) -> None:
    held: list[int] = []

    class Counting(BufferBudget):
        @contextmanager
        def hold(self, size_bytes: int) -> Iterator[None]:
            held.append(size_bytes)
            with super().hold(size_bytes):
                yield

    bench.buffers = Counting(64 * MIB)
    bench.transfer().copy(ENDS, bench.item)
    assert sorted(held) == [3, 2 * PIECE_BYTES, 2 * PIECE_BYTES]


def test_a_stop_is_seen_within_a_large_part_and_leaves_nothing(bench) -> None:
    looks = iter([None] * 4)

    def checkpoint() -> None:
        if next(looks, "stop") == "stop":
            raise Interrupted("stop")

    with pytest.raises(Interrupted):
        bench.transfer(checkpoint).copy(ENDS, bench.item)
    assert (bench.store.files(), bench.store.open_uploads()) == ({}, [])


@pytest.mark.parametrize(
    "fault", [Fault("read", error=Unreachable, after=5 * MIB), Fault("read", damage=cut_last_byte)]
)
def test_a_source_that_fails_within_a_large_part_is_a_read_error_and_leaves_nothing(bench, fault) -> None:
    bench.source.faults = [Fault("read", error=fault.error, after=fault.after, damage=fault.damage)]
    with pytest.raises(ReadError):
        bench.transfer().copy(ENDS, bench.item)
    assert (bench.store.files(), bench.store.open_uploads()) == ({}, [])

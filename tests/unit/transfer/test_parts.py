"""Parts of an upload on their way: so many at once, all of them accounted for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hdfs2oss.filesystems.body import Body
from hdfs2oss.model.errors import StoreError, WriteError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import StoredPart
from hdfs2oss.rules.checksum import crc32c, crc64
from hdfs2oss.transfer.buffers import BufferBudget
from hdfs2oss.transfer.ends import Ends
from hdfs2oss.transfer.parts import PartJob, PartSender, SentPart
from hdfs2oss.transfer.stream import nothing
from tests.stores.memory import MemoryFileSystem

DATA = bytes(range(100))
JOBS = [PartJob(number, 10 * number, 10) for number in range(1, 9)]
WAIT = 20


class SlowTarget(MemoryFileSystem):
    """A part arrives when it may; those in `fails` do not."""

    def __init__(self, fails: set[int]) -> None:
        super().__init__()
        self.fails = fails
        self.begun: list[int] = []
        self.may = {job.number: threading.Event() for job in JOBS}
        self.has_begun = {job.number: threading.Event() for job in JOBS}

    def put_part(self, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
        self.begun.append(number)
        self.has_begun[number].set()
        assert self.may[number].wait(WAIT)
        if number in self.fails:
            raise StoreError(f"part {number} failed")
        return StoredPart(number, "E", body.crc64 or 0, body.size)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def sender(target: SlowTarget, pool: ThreadPoolExecutor) -> PartSender:
    ends = Ends(Uri("hdfs", "a", "/s"), Uri("oss", "b", "/t"), "/w")

    def read(offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        yield DATA[offset : offset + 3]
        yield DATA[offset + 3 : offset + size]

    return PartSender(ends, target, "U", read, 4, pool, BufferBudget(1000), nothing)


def sending(target: SlowTarget, pool: ThreadPoolExecutor, sent: dict[int, SentPart]) -> threading.Thread:
    def send() -> None:
        try:
            sender(target, pool).send(JOBS, 3, sent)
        except WriteError as error:
            raised.append(error)

    raised: list[WriteError] = []
    thread = threading.Thread(target=send)
    thread.raised = raised  # type: ignore[attr-defined]
    thread.start()
    return thread


def test_so_many_parts_are_on_their_way_at_once_and_the_next_begins_when_one_has_arrived(pool) -> None:
    target, sent = SlowTarget(set()), dict[int, SentPart]()
    thread = sending(target, pool, sent)
    for number in (1, 2, 3):
        assert target.has_begun[number].wait(WAIT)
    assert not target.has_begun[4].wait(0.05)
    target.may[2].set()
    assert target.has_begun[4].wait(WAIT)
    for event in target.may.values():
        event.set()
    thread.join(WAIT)
    assert {number: (one.part.crc64, one.crc32c) for number, one in sent.items()} == {
        job.number: (crc64(DATA[job.offset :][:10]), crc32c(DATA[job.offset :][:10])) for job in JOBS
    }


def test_behind_an_error_no_further_part_is_begun(pool) -> None:
    target = SlowTarget({1})
    for event in target.may.values():
        event.set()
    with pytest.raises(WriteError, match="part 1 failed"):
        sender(target, pool).send(JOBS, 1, {})
    assert target.begun == [1]


def test_an_error_is_raised_once_nothing_is_sent_any_more_and_what_arrived_is_known(pool) -> None:
    target, sent = SlowTarget({1}), dict[int, SentPart]()
    thread = sending(target, pool, sent)
    for number in (1, 2, 3):
        assert target.has_begun[number].wait(WAIT)
    target.may[1].set()
    thread.join(0.05)
    assert thread.is_alive()
    target.may[2].set()
    target.may[3].set()
    thread.join(WAIT)
    assert sorted(sent) == [2, 3]
    assert [str(error)[-13:] for error in thread.raised] == ["part 1 failed"]  # type: ignore[attr-defined]

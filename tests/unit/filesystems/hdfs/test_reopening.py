"""A file whose next block the NameNode did not give at once is gone on with, or an error, and never a shorter one."""

from __future__ import annotations

import gc
import weakref

import pytest

from hdfs2oss.filesystems.hdfs.reopening import append, end_behind_last_block
from hdfs2oss.filesystems.hdfs.writer import HdfsWriter, Way
from hdfs2oss.model.errors import Hdfs2ossError, Throttled
from hdfs2oss.rules.retry import RetryClock
from tests.unit.filesystems.hdfs.test_writer import PATH, WORK, Client, NameNode

BLOCK = 10
LATE = 'RPCError("org.apache.hadoop.hdfs.server.namenode.NotReplicatedYetException", "Not replicated yet: /d/f")'
TAKEN = 'RPCError("org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException", "is being recovered")'
DATA = bytes(range(100))


class LateNameNode(NameNode):
    """Has blocks of ten bytes. Of one file no block is given from the third on, until it was closed and opened again.

    `recovers` says what recoverLease answers, one after another; a writer that is not let go of before it is opened
    again ends it, as the native client does.
    """

    def __init__(self, recovers: tuple[bool | str, ...] = (False, True), loses: int = 0, room: int = 2 * BLOCK) -> None:
        super().__init__({})
        self.recovers = list(recovers)
        self.loses = loses
        self.room = room
        self.open_bytes = 0
        self.asked: list[str] = []
        self.writers = 0

    def create(self, path: str, options: object) -> LateFile:  # type: ignore[override]
        self.files[path], self.mtimes[path] = bytearray(), 1
        return LateFile(self, path, 2 * BLOCK)

    def append(self, path: str) -> LateFile:  # type: ignore[override]
        assert not self.writers, "its former writer would end it"
        self.asked.append("append")
        return LateFile(self, path, self.room)

    def read(self, path: str) -> bytearray:
        self.asked.append("look")
        return self.files[path][: len(self.files[path]) - self.open_bytes]

    def recover_lease(self, path: str) -> bool:
        self.asked.append("recover")
        answer = self.recovers.pop(0) if len(self.recovers) > 1 else self.recovers[0]
        if isinstance(answer, str):
            raise RuntimeError(answer)
        if answer and self.loses:
            del self.files[path][-self.loses :]
        self.open_bytes = 0
        return answer


class LateFile:
    """Knows nothing any more once it was refused a block."""

    def __init__(self, node: LateNameNode, path: str, room: int) -> None:
        self.node, self.path, self.room = node, path, room
        node.writers += 1

    def write(self, data: bytes) -> int:
        self.node.files[self.path] += data[: self.room]
        self.room -= len(data)
        if self.room < 0:
            self.node.open_bytes = BLOCK
            raise RuntimeError(LATE)
        return len(data)

    def close(self) -> None:
        pass

    def __del__(self) -> None:
        self.node.writers -= 1


def writer_of(node: LateNameNode, why_not: str = "") -> HdfsWriter:
    return HdfsWriter(Client(node), PATH, WORK, way=Way(cannot_append=lambda directory: why_not))


@pytest.mark.parametrize("sizes", [[100], [10] * 10, [33, 33, 34], [20, 80], [1, 99]])
def test_all_bytes_arrive_once_wherever_the_blocks_end(sizes: list[int]) -> None:
    node = LateNameNode()
    gc.disable()  # what holds a writer in a cycle is found out, too
    try:
        with writer_of(node) as writer:
            start = 0
            for size in sizes:
                writer.write(DATA[start : start + size])
                start += size
            assert writer.commit(lambda stored: None).length == 100
    finally:
        gc.enable()
    assert node.files == {PATH: DATA}
    assert node.asked.count("append") == 4


@pytest.mark.parametrize("why", ["the directory /d has the erasure-coding policy RS-6-3-1024k", "nobody tells"])
def test_what_must_not_be_appended_to_is_an_error_that_names_the_client_that_can(why: str) -> None:
    node = LateNameNode()
    with pytest.raises(Throttled, match="Not replicated yet") as caught, writer_of(node, why) as writer:
        writer.write(DATA)
    assert "--hdfs-client jvm" in caught.value.hint
    assert "recover" not in node.asked
    assert node.files == {}


def write_all(node: LateNameNode, *pieces: bytes) -> None:
    with writer_of(node) as writer:
        for piece in pieces:
            writer.write(piece)


def test_a_file_that_became_shorter_than_what_was_written_is_an_error() -> None:
    node = LateNameNode(loses=5)
    with pytest.raises(Throttled, match="Not replicated yet"):
        write_all(node, DATA[:18], DATA[18:])
    assert "append" not in node.asked


def test_a_file_that_gets_no_further_is_given_up() -> None:
    node = LateNameNode(room=0)
    with pytest.raises(Throttled, match="Not replicated yet"):
        write_all(node, DATA[:20], DATA[20:])
    assert node.asked.count("append") == 1
    assert node.files == {}


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def clock(self) -> RetryClock:
        return RetryClock(self.now, self.sleep)


def test_a_file_that_is_being_recovered_is_waited_for_and_asked_about_ever_more_seldom() -> None:
    node, time = LateNameNode((TAKEN, False, False, TAKEN, True)), Clock()
    node.files[PATH] = bytearray(DATA[:20])
    assert end_behind_last_block(Client(node), PATH, time.clock()) == 20
    assert node.asked.count("recover") == 5
    assert 15 < time.seconds < 20


def test_one_that_is_never_closed_is_an_error_that_may_pass() -> None:
    node, time = LateNameNode((False,)), Clock()
    node.files[PATH] = bytearray(DATA[:20])
    with pytest.raises(Throttled, match="did not close it in 90 s"):
        end_behind_last_block(Client(node), PATH, time.clock())
    assert node.asked.count("recover") < 10
    assert 90 < time.seconds < 92


def test_a_file_is_opened_again_only_once_nobody_holds_its_former_writer() -> None:
    node, time = LateNameNode(), Clock()
    holders = [LateFile(node, PATH, 0)]
    held = weakref.ref(holders[0])

    def let_go(seconds: float) -> None:
        time.sleep(seconds)
        if time.seconds > 0.1:
            holders.clear()

    append(Client(node), PATH, held, RetryClock(time.now, let_go))
    assert time.seconds > 0.1
    still = LateFile(node, PATH, 0)
    with pytest.raises(Throttled, match="still held"):
        append(Client(node), PATH, weakref.ref(still), time.clock())


def test_another_refusal_ends_it() -> None:
    node = LateNameNode(('RPCError("org.apache.hadoop.security.AccessControlException", "no")',))
    node.files[PATH] = bytearray(DATA[:20])
    with pytest.raises(Hdfs2ossError, match="AccessControlException"):
        end_behind_last_block(Client(node), PATH, Clock().clock())


def test_a_file_whose_last_block_counts_by_now_is_asked_about_at_once() -> None:
    node, time = LateNameNode(), Clock()
    node.files[PATH] = bytearray(DATA[:20])
    node.open_bytes = BLOCK
    assert end_behind_last_block(Client(node), PATH, time.clock()) == 20
    assert time.seconds < 0.1


def test_a_file_that_has_blocks_nobody_tells_of_is_about_to_be_closed() -> None:
    node, time = LateNameNode((LATE, True)), Clock()
    node.files[PATH] = bytearray(DATA[:20])
    assert end_behind_last_block(Client(node), PATH, time.clock()) == 20


def test_a_former_writer_that_only_a_cycle_holds_is_let_go_of_without_waiting() -> None:
    node, time = LateNameNode(), Clock()
    gc.disable()
    try:
        cycle: list[object] = [LateFile(node, PATH, 0)]
        cycle.append(cycle)
        held = weakref.ref(cycle[0])
        del cycle
        append(Client(node), PATH, held, time.clock())
    finally:
        gc.enable()
    assert time.seconds < 0.1


class Busy(LateNameNode):
    """Refuses to append at first, as it has not heard of all replicas."""

    def append(self, path: str) -> LateFile:  # type: ignore[override]
        if "append" not in self.asked:
            self.asked.append("append")
            raise RuntimeError(LATE)
        return super().append(path)


def test_an_append_that_comes_too_early_is_tried_and_counted_again() -> None:
    node, time = Busy(), Clock()
    client = Client(node)
    append(client, PATH, lambda: None, time.clock())  # type: ignore[arg-type]
    assert (node.asked.count("append"), client.traffic.repeated_requests) == (2, 1)


class Elsewhere(LateNameNode):
    """Another one writes to the file when its lease is free."""

    def recover_lease(self, path: str) -> bool:
        answer = super().recover_lease(path)
        self.files[path] += b"x" * 90
        return answer


def test_a_file_that_holds_more_than_was_written_is_an_error() -> None:
    node = Elsewhere((True,))
    with pytest.raises(Throttled, match="Not replicated yet"):
        write_all(node, DATA[:20], DATA[20:])
    assert "append" not in node.asked


def made_by_java(node: LateNameNode) -> HdfsWriter:
    way = Way(lambda path, given: node.create(path, given), lambda directory: "")
    return HdfsWriter(Client(node), PATH, WORK, way=way)


def test_a_file_of_hadoops_own_client_is_not_opened_again() -> None:
    node = LateNameNode()
    with pytest.raises(Throttled, match="Not replicated yet"), made_by_java(node) as writer:
        writer.write(DATA)
    assert node.asked == []


def test_each_byte_is_counted_once_however_often_its_file_was_opened() -> None:
    client = Client(LateNameNode())
    with HdfsWriter(client, PATH, WORK, way=Way(cannot_append=lambda directory: "")) as writer:
        writer.write(DATA)
        writer.commit(lambda stored: None)
    assert client.traffic.bytes_written == 100

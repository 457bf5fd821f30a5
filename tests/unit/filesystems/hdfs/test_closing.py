"""A small file is closed as soon as a DataNode has reported its block, and never before."""

import threading
from collections.abc import Iterator

import pytest

from hdfs2oss.filesystems.hdfs.client import HdfsClient
from hdfs2oss.filesystems.hdfs.closing import close_soon
from hdfs2oss.model.errors import StoreError

PATH, LENGTH = "/d/f", 100
MIB = 1024 * 1024
GONE = 'RPCError("java.io.FileNotFoundException", "gone")'


class ScriptedNameNode:
    """Stands for the native client: how much of the file is complete at each look, and what recoverLease says."""

    def __init__(self, complete: list[int | str], recovers: bool = True) -> None:
        self.complete = complete
        self.recovers = recovers
        self.asked: list[str] = []

    def read(self, path: str) -> bytes:
        self.asked.append("look")
        found = self.complete.pop(0) if len(self.complete) > 1 else self.complete[0]
        if isinstance(found, str):
            raise RuntimeError(found)
        return b"x" * found

    def recover_lease(self, path: str) -> bool:
        self.asked.append("recover")
        return self.recovers


class ScriptedClient(HdfsClient):
    def __init__(self, node: ScriptedNameNode) -> None:
        super().__init__("127.0.0.1:1", {})
        self.node = node

    def native(self) -> ScriptedNameNode:  # type: ignore[override]
        return self.node


@pytest.fixture
def waiting() -> Iterator[threading.Event]:
    """A close of the client waits for this; nobody sets it before the test has ended."""
    event = threading.Event()
    yield event
    event.set()


def test_a_file_whose_block_was_reported_is_closed_while_its_client_still_waits(waiting) -> None:
    node = ScriptedNameNode([0, 0, LENGTH])
    close_soon(ScriptedClient(node), PATH, lambda: waiting.wait(60) and None, LENGTH)
    assert node.asked == ["look", "look", "look", "recover"]


def test_a_file_that_takes_a_tenth_of_a_second_to_be_reported_is_still_closed_from_here() -> None:
    node, never = ScriptedNameNode([*[0] * 5, LENGTH]), threading.Event()
    assert close_soon(ScriptedClient(node), PATH, lambda: never.wait(10) and None, LENGTH)
    never.set()
    assert node.asked == [*["look"] * 6, "recover"]


def test_a_file_that_is_not_complete_is_left_to_its_client() -> None:
    over = threading.Event()
    node = ScriptedNameNode([0, 0, 0, LENGTH - 1])
    threading.Timer(0.2, over.set).start()
    close_soon(ScriptedClient(node), PATH, lambda: over.wait(60) and None, LENGTH)
    assert over.is_set()
    assert node.asked.count("look") > 1
    assert "recover" not in node.asked


@pytest.mark.parametrize("node", [ScriptedNameNode([LENGTH], recovers=False), ScriptedNameNode([GONE])])
def test_its_client_says_how_a_close_ends_that_cannot_be_hastened(node) -> None:
    over = threading.Event()

    def close() -> None:
        over.wait(60)
        raise StoreError("the DataNode has gone")

    threading.Timer(0.1, over.set).start()
    with pytest.raises(StoreError, match="the DataNode has gone"):
        close_soon(ScriptedClient(node), PATH, close, LENGTH)


def test_a_file_without_a_block_is_closed_by_its_client() -> None:
    node = ScriptedNameNode([0])
    closed = []
    close_soon(ScriptedClient(node), PATH, lambda: closed.append(threading.get_ident()), 0)
    assert closed == [threading.get_ident()]
    assert node.asked == []


@pytest.mark.parametrize("length", [512, MIB - 512, MIB, MIB + 1, 8 * MIB])
def test_a_file_is_closed_from_here_whether_or_not_its_last_block_is_full(waiting, length) -> None:
    node = ScriptedNameNode([length])
    close_soon(ScriptedClient(node), PATH, lambda: waiting.wait(60) and None, length)
    assert node.asked == ["look", "recover"]


def test_where_many_files_are_closed_at_once_none_is_looked_at(waiting) -> None:
    many, begun = 40, threading.Semaphore(0)
    idle = ScriptedNameNode([0])

    def close() -> None:
        begun.release()
        waiting.wait(60)

    threads = [
        threading.Thread(target=close_soon, args=(ScriptedClient(idle), PATH, close, LENGTH)) for _ in range(many)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        begun.acquire()
    node = ScriptedNameNode([LENGTH])
    close_soon(ScriptedClient(node), PATH, lambda: threading.Event().wait(0.5) and None, LENGTH)
    assert node.asked == []
    waiting.set()
    for thread in threads:
        thread.join()
    # Once they are over, the next one is hastened again.
    over = threading.Event()
    close_soon(ScriptedClient(node), PATH, lambda: over.wait(60) and None, LENGTH)
    assert node.asked == ["look", "recover"]
    over.set()

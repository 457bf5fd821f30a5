"""What a file on HDFS that is written leaves, however it ends. The NameNode and its DataNodes are a dict."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from hdfs_native import WriteOptions

from hdfs2oss.filesystems.hdfs.client import HdfsClient
from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.hdfs.writer import UNFINISHED_MTIME_MS, HdfsAppender
from hdfs2oss.filesystems.watchdog import OutOfTime
from hdfs2oss.model.errors import CorruptData, NotFound, PermissionDenied, StoreError
from tests.unit.filesystems.hdfs.test_client import DENIED, Row
from tests.unit.filesystems.hdfs.test_webhdfs import ROOT, XOR, ok
from tests.unit.filesystems.oss.scripted_store import ScriptedStore

PATH, WORK = "/d/f", "/d/.hdfs2oss-work-f"
MTIME_MS = 1_700_000_000_000


class NameNode:
    """Stands for the native client: files by their paths. `keeps` says what of the bytes that come is kept."""

    def __init__(self, files: dict[str, bytes], keeps: Callable[[bytes], bytes] = lambda data: data) -> None:
        self.files = {path: bytearray(data) for path, data in files.items()}
        self.mtimes = dict.fromkeys(files, MTIME_MS)
        self.keeps = keeps
        self.problem = ""
        self.open: set[str] = set()
        self.on_close: Callable[[], object] = lambda: None
        # Of each file that was created: whether its parents were to be made.
        self.brought_parents: list[bool] = []

    def create(self, path: str, options: WriteOptions) -> OpenFile:
        self.brought_parents.append(options.create_parent)
        self.files[path], self.mtimes[path] = bytearray(), MTIME_MS
        return OpenFile(self, path)

    def append(self, path: str) -> OpenFile:
        return OpenFile(self, path)

    def get_file_info(self, path: str) -> SimpleNamespace:
        if self.problem:
            raise RuntimeError(self.problem)
        if path not in self.files:
            raise FileNotFoundError(path)
        return SimpleNamespace(path=path, length=len(self.files[path]), modification_time=self.mtimes[path])

    def read(self, path: str) -> bytearray:
        return self.files[path]

    def recover_lease(self, path: str) -> bool:
        return True

    def rename(self, path: str, new_path: str, overwrite: bool) -> None:
        if new_path in self.files and not overwrite:
            raise FileExistsError(new_path)
        self.files[new_path], self.mtimes[new_path] = self.files.pop(path), self.mtimes.pop(path)

    def delete(self, path: str, recursive: bool) -> bool:
        return self.files.pop(path, None) is not None

    def set_times(self, path: str, mtime_ms: int, atime_ms: int) -> None:
        self.mtimes[path] = mtime_ms

    def list_status(self, path: str) -> Iterator[Row]:
        """As a NameNode does it: of a file, the file itself."""
        return iter([Row(path)])


class OpenFile:
    def __init__(self, node: NameNode, path: str) -> None:
        self.node, self.path = node, path
        self.on_close = node.on_close
        node.open.add(path)

    def write(self, data: bytes) -> int:
        kept = self.node.keeps(data)
        if self.path in self.node.files:
            self.node.files[self.path] += kept
        return len(data)

    def close(self) -> None:
        self.on_close()
        self.node.open.discard(self.path)


class Client(HdfsClient):
    def __init__(self, node: NameNode, **settings: float) -> None:
        super().__init__("127.0.0.1:1", {}, **settings)
        self.node = node

    def native(self) -> NameNode:  # type: ignore[override]
        return self.node


def hdfs_of(node: NameNode, conf: dict[str, str] | None = None, **settings: float) -> HdfsFileSystem:
    hdfs = HdfsFileSystem("nn:1", conf or {})
    hdfs.client = Client(node, **settings)
    return hdfs


def test_a_file_gets_its_name_once_it_is_whole() -> None:
    node = NameNode({PATH: b"old"})
    assert hdfs_of(node).put(PATH, b"new bytes", WORK, {}).length == 9
    assert node.files == {PATH: b"new bytes"}


def test_a_file_of_which_less_is_there_than_was_written_never_gets_its_name() -> None:
    node = NameNode({PATH: b"old"}, keeps=lambda data: data[:-1])
    with pytest.raises(CorruptData, match="holds 8 bytes after 9 were written"):
        hdfs_of(node).put(PATH, b"new bytes", WORK, {})
    assert node.files == {PATH: b"old"}


def test_who_creates_a_file_exclusively_leaves_that_of_another_and_nothing_beside_it() -> None:
    node = NameNode({PATH: b"theirs"})
    assert not hdfs_of(node).create_exclusive(PATH, b"mine")
    assert node.files == {PATH: b"theirs"}
    assert hdfs_of(node).create_exclusive("/d/g", b"mine")
    assert node.files == {PATH: b"theirs", "/d/g": b"mine"}


def test_a_record_of_which_less_is_there_than_was_written_never_gets_its_name() -> None:
    node = NameNode({}, keeps=lambda data: data[:-1])
    with pytest.raises(CorruptData, match="holds 3 bytes after 4 were written"):
        hdfs_of(node).create_exclusive(PATH, b"mine")
    assert node.files == {}


def test_of_a_directory_that_is_taken_as_one_it_is_asked_once_and_those_in_it_come_with_their_files() -> None:
    node = NameNode({})
    with ScriptedStore(ok(ROOT)) as web:
        conf = {"fs.defaultFS": "hdfs://nn:1", "dfs.namenode.http-address": f"127.0.0.1:{web.port}"}
        hdfs = hdfs_of(node, conf)
        hdfs.take_as_one("/d/ours")
        for path in ("/d/ours/a/1", "/d/ours/b/2", "/d/ours/3", "/d/oursnot/4"):
            assert hdfs.create_exclusive(path, b"x")
    asked = [one.path.partition("?")[0].removeprefix("/webhdfs/v1") for one in web.requests]
    assert (asked, node.brought_parents) == (["/", "/d/ours", "/d/oursnot"], [True, True, True, False])


# The watchdog looks again only after the time-out of the NameNode, which answers at once.
@pytest.mark.slow
def test_a_small_file_whose_datanodes_do_not_answer_leaves_nothing_beside_its_place() -> None:
    late = threading.Event()
    node = NameNode({PATH: b"old"}, keeps=lambda data: data if late.wait(60) else b"")
    hdfs = hdfs_of(node, timeout_seconds=3.0, data_timeout_seconds=0.05)
    with pytest.raises(OutOfTime, match="cannot write"):
        hdfs.put(PATH, b"new bytes", WORK, {})
    assert node.files == {PATH: b"old"}
    late.set()


def test_a_file_of_another_length_is_not_appended_to_and_stays_as_it_is() -> None:
    node = NameNode({PATH: b"12345"})
    with pytest.raises(StoreError, match="it has no longer 3 bytes"):
        HdfsAppender(Client(node), PATH, 3)
    assert (node.files, node.mtimes) == ({PATH: b"12345"}, {PATH: MTIME_MS})


def test_a_file_that_cannot_be_looked_at_when_it_is_to_be_appended_to_is_closed_again() -> None:
    node = NameNode({PATH: b"12345"})
    node.problem = DENIED
    with pytest.raises(PermissionDenied):
        HdfsAppender(Client(node), PATH, 5)
    assert (node.files, node.mtimes, node.open) == ({PATH: b"12345"}, {PATH: MTIME_MS}, set())


@pytest.mark.parametrize("is_refused", [True, False])
def test_what_was_appended_and_is_not_good_is_told_from_any_source_by_its_time(is_refused: bool) -> None:
    node = NameNode({PATH: b"12345"})

    def refuse(stored: object) -> None:
        raise CorruptData("other bytes")

    def append() -> None:
        with HdfsAppender(Client(node), PATH, 5) as writer:
            writer.write(b"67")
            if is_refused:
                writer.commit(refuse)
            raise CorruptData("the source broke off")

    with pytest.raises(CorruptData):
        append()
    assert (node.files, node.mtimes) == ({PATH: b"1234567"}, {PATH: UNFINISHED_MTIME_MS})


def test_what_was_appended_and_found_good_keeps_its_time() -> None:
    node = NameNode({PATH: b"12345"})
    with HdfsAppender(Client(node), PATH, 5) as writer:
        writer.write(b"67")
        assert writer.commit(lambda stored: None).length == 7
    assert (node.files, node.mtimes) == ({PATH: b"1234567"}, {PATH: MTIME_MS})


def test_a_file_that_was_just_closed_is_appended_to_once_its_client_no_longer_asks_whether_it_is_complete() -> None:
    """It would say that the file ends where it ended when it was closed, and the NameNode takes its word."""
    asked_again, order = threading.Event(), []
    node = NameNode({})
    node.on_close = lambda: asked_again.wait(60) and order.append("asked again")
    hdfs = hdfs_of(node)
    hdfs.put(PATH, b"12345", WORK, {})
    node.on_close = lambda: None
    threading.Timer(0.1, asked_again.set).start()
    with HdfsAppender(hdfs.client, PATH, 5) as writer:
        order.append("opened")
        writer.commit(lambda stored: None)
    assert order == ["asked again", "opened"]


def test_a_file_of_an_erasure_coding_policy_is_not_appended_to() -> None:
    node = NameNode({PATH: b"12345"})
    with ScriptedStore(ok(ROOT), ok(XOR)) as store:
        conf = {"fs.defaultFS": "hdfs://nn:1", "dfs.namenode.http-address": f"127.0.0.1:{store.port}"}
        with pytest.raises(StoreError, match="XOR-2-1-1024k, and is not appended to"):
            hdfs_of(node, conf).open_appender(PATH, 5)


def test_what_may_not_be_looked_at_is_not_taken_for_what_is_not_there() -> None:
    node = NameNode({})
    assert Client(node).status(PATH) is None
    node.problem = DENIED
    with pytest.raises(PermissionDenied):
        Client(node).status(PATH)


def test_a_file_is_no_directory_that_holds_itself() -> None:
    with pytest.raises(NotFound, match="not a directory"):
        list(Client(NameNode({PATH: b""})).pages(PATH))

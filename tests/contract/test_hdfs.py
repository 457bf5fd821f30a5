"""The contract on a real HDFS, and what only HDFS can be."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.hdfs.writer import HdfsAppender
from hdfs2oss.model.attributes import NOTHING
from hdfs2oss.model.errors import AlreadyExists, NotFound, PermissionDenied, StoreError
from hdfs2oss.model.uri import parse_uri
from hdfs2oss.model.values import DIRECTORY, UNLISTED
from tests.sandbox.sandbox import Sandbox
from tests.stores.contract import FileSystemContract, StreamContract
from tests.stores.contract_reading import TREE

pytestmark = pytest.mark.hdfs

# HDFS lists these in quite another order: signed bytes.
NAMES = ["A", "a", "a b", "a-b", "a0", "aa", "aé", "z", "~", "é", "ÿ", "数据", "\ue000", "\uffee", "\U0001f600"]


@pytest.fixture(scope="module")
def authority(sandbox: Sandbox) -> str:
    return sandbox.env()["SANDBOX_HDFS"].removeprefix("hdfs://")


@pytest.fixture(scope="module")
def hdfs(authority: str) -> HdfsFileSystem:
    return HdfsFileSystem(authority, {})


@pytest.fixture(scope="module")
def hdfs_with_web(authority: str, sandbox: Sandbox) -> HdfsFileSystem:
    """One that reaches WebHDFS, too: extended attributes go by it."""
    web = sandbox.env()["SANDBOX_WEBHDFS"].removeprefix("http://")
    return HdfsFileSystem(authority, {"fs.defaultFS": f"hdfs://{authority}", "dfs.namenode.http-address": web})


@pytest.fixture
def root(hdfs: HdfsFileSystem) -> Iterator[str]:
    path = f"/tmp/contract-{uuid.uuid4().hex}"
    hdfs.make_directory(path)
    yield path
    hdfs.remove(path, recursive=True)


def put_all(hdfs: HdfsFileSystem, paths: list[str]) -> None:
    """Closing takes half a second whatever the size, so many at once."""
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda path: hdfs.put(path, path.encode(), f"{path}._work", {}), paths))


class TestHdfs(FileSystemContract, StreamContract):
    @pytest.fixture
    def store(self, hdfs_with_web: HdfsFileSystem) -> HdfsFileSystem:
        return hdfs_with_web

    @pytest.fixture
    def root(self, root: str) -> str:
        return root

    def tree(self, store: HdfsFileSystem, root: str) -> None:  # type: ignore[override]
        with ThreadPoolExecutor(len(TREE)) as pool:
            list(pool.map(lambda p: store.put(f"{root}/{p}", p.encode(), f"{root}._{uuid.uuid4().hex}", {}), TREE))

    @pytest.fixture
    def many(self, store: HdfsFileSystem, root: str) -> tuple[str, int]:
        # Empty files need no block and close at once.
        def make(number: int) -> None:
            store.client.native().create(f"{root}/many/f{number:05d}").close()

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(make, range(2500)))
        return f"{root}/many", 2500

    def test_rename_moves_and_replaces(self, store: HdfsFileSystem, root: str) -> None:
        self.put(store, f"{root}/old", b"1")
        self.put(store, f"{root}/new", b"2")
        store.client.rename(f"{root}/old", f"{root}/new")
        assert store.read_bytes(f"{root}/new") == b"1"
        assert self.keys(store, root) == ["new"]

    def test_rename_makes_parents(self, store: HdfsFileSystem, root: str) -> None:
        self.put(store, f"{root}/old", b"1")
        store.client.rename(f"{root}/old", f"{root}/d/e/new")
        assert self.keys(store, root) == ["d/", "d/e/", "d/e/new"]

    def test_rename_without_overwrite_leaves_a_taken_path(self, store: HdfsFileSystem, root: str) -> None:
        self.put(store, f"{root}/old", b"1")
        self.put(store, f"{root}/new", b"2")
        with pytest.raises(AlreadyExists):
            store.client.rename(f"{root}/old", f"{root}/new", overwrite=False)
        assert store.read_bytes(f"{root}/new") == b"2"
        assert store.read_bytes(f"{root}/old") == b"1"

    def test_rename_of_a_missing_file_raises(self, store: HdfsFileSystem, root: str) -> None:
        with pytest.raises(NotFound):
            store.client.rename(f"{root}/missing", f"{root}/new")

    def test_rename_onto_a_directory_is_refused(self, store: HdfsFileSystem, root: str) -> None:
        self.put(store, f"{root}/file", b"1")
        store.make_directory(f"{root}/d")
        self.put(store, f"{root}/e/inner")
        for path in (f"{root}/d", f"{root}/e"):
            with pytest.raises(AlreadyExists):
                store.client.rename(f"{root}/file", path)


def test_names_are_given_in_the_order_of_their_utf8_bytes(hdfs: HdfsFileSystem, root: str) -> None:
    put_all(hdfs, [f"{root}/{name}" for name in NAMES])
    for name in ("a.d", "é.d", "数"):
        hdfs.make_directory(f"{root}/{name}")
    listed = [status.path.rsplit("/", 1)[1] for status in hdfs.client.native().list_status(root)]
    assert listed != sorted(listed), "HDFS compares signed bytes"
    keys = [row.key for row in hdfs.walk(root)]
    assert keys == sorted([*NAMES, "a.d/", "é.d/", "数/"])


def test_attributes_are_set_and_told(hdfs: HdfsFileSystem, root: str) -> None:
    hdfs.put(f"{root}/file", b"1", f"{root}/.work", {})
    hdfs.attributes.set_owner(f"{root}/file", "hive", "lake")
    hdfs.attributes.set_permission(f"{root}/file", 0o1640)
    hdfs.attributes.set_replication(f"{root}/file", 2)
    hdfs.attributes.set_times(f"{root}/file", 1_500_000_000_123, None)
    status = hdfs.status(f"{root}/file")
    assert status is not None
    assert (status.owner, status.group, status.permission) == ("hive", "lake", 0o1640)
    assert (status.replication, status.mtime_ms) == (2, 1_500_000_000_123)
    assert status.atime_ms > status.mtime_ms
    assert status.block_size_bytes > 0


def test_a_file_of_several_blocks_is_read_across_their_borders(
    hdfs: HdfsFileSystem, hdfs_with_web: HdfsFileSystem, root: str
) -> None:
    data = bytes(range(251)) * 20_000
    # The client alone would give up where a NameNode has no next block yet.
    wanted = NOTHING._replace(block_size_bytes=1 << 20)
    with hdfs_with_web.open_writer(f"{root}/blocks", f"{root}/.work", wanted) as writer:
        writer.write(data)
        writer.commit(lambda stored: None)
    with hdfs.open_reader(f"{root}/blocks", len(data)) as reader:
        assert b"".join(reader.stream(0, len(data), 300_000)) == data
        assert b"".join(reader.stream(1_000_000, 2_500_000, 65_536)) == data[1_000_000:3_500_000]


def test_the_reader_of_a_file_still_open_is_shorter_than_its_status(hdfs: HdfsFileSystem, root: str) -> None:
    file = hdfs.client.native().create(f"{root}/open")
    file.write(b"x" * 5000)
    file.hsync()
    status = hdfs.status(f"{root}/open")
    with hdfs.open_reader(f"{root}/open", 5000) as reader:
        assert status is not None
        assert reader.length < max(status.length, 5000)
    file.close()


@pytest.mark.parametrize("length", [1 << 20, 2 << 20, (1 << 20) + 1])
def test_a_file_that_ends_with_a_full_block_is_whole_once_it_was_closed_in_haste(authority, root, length) -> None:
    """Its client begins no block before there is a byte for it: without its last block, a file is shorter."""
    store = HdfsFileSystem(authority, {"dfs.blocksize": "1m"})
    data = bytes(range(251)) * (length // 251 + 1)
    with store.open_writer(f"{root}/full", f"{root}/.work") as writer:
        writer.write(data[:length])
        assert store.client.length_of_blocks(f"{root}/.work") < length
        stored = writer.commit(lambda stored: None)
    assert stored.length == length
    with store.open_reader(f"{root}/full", length) as reader:
        assert b"".join(reader.stream(0, length, 1 << 20)) == data[:length]
    with HdfsAppender(store.client, f"{root}/full", length) as appender:
        appender.write(b"more")
        assert appender.commit(lambda stored: None).length == length + 4


def test_a_refusal_names_user_and_path_on_one_line(
    authority: str, hdfs: HdfsFileSystem, root: str, monkeypatch
) -> None:
    hdfs.make_directory(f"{root}/private")
    hdfs.attributes.set_permission(f"{root}/private", 0o700)
    monkeypatch.setenv("HADOOP_USER_NAME", "restored-afterwards")
    other = HdfsFileSystem(authority, {}, user="nobody")
    with pytest.raises(PermissionDenied) as caught:
        list(other.walk(f"{root}/private"))
    message = str(caught.value)
    assert "user=nobody" in message
    assert f"{root}/private" in message
    assert "\n" not in message
    assert "java" not in message
    assert "org.apache" not in message


def test_a_sub_directory_that_may_not_be_read_is_a_row_and_the_walk_goes_on(
    authority: str, hdfs: HdfsFileSystem, root: str, monkeypatch
) -> None:
    hdfs.make_directory(f"{root}/a/private/deeper")
    hdfs.make_directory(f"{root}/z")
    hdfs.attributes.set_permission(f"{root}/a/private", 0o700)
    monkeypatch.setenv("HADOOP_USER_NAME", "restored-afterwards")
    rows = list(HdfsFileSystem(authority, {}, user="nobody").walk(root))
    assert [(row.key, row.kind) for row in rows] == [
        ("a/", DIRECTORY), ("a/private/", DIRECTORY), ("a/private/", UNLISTED), ("z/", DIRECTORY),
    ]  # fmt: skip
    assert "Permission denied: user=nobody" in rows[2].problem


@pytest.mark.parametrize("service", ["ns", "HDFS80423"])
def test_a_name_service_is_reached_through_its_namenodes(authority: str, root: str, service: str) -> None:
    configuration = {
        "dfs.nameservices": service,
        f"dfs.ha.namenodes.{service}": "nn1,nn2",
        f"dfs.namenode.rpc-address.{service}.nn1": "127.0.0.1:1",
        f"dfs.namenode.rpc-address.{service}.nn2": authority,
    }
    named = parse_uri(f"hdfs://{service}{root}").uri
    status = HdfsFileSystem(named.authority, configuration).status(named.path)
    assert status is not None


def test_directories_that_come_with_a_file_do_not_take_after_the_one_above_them(hdfs, root: str) -> None:
    hdfs.make_directory(f"{root}/open")
    hdfs.attributes.set_permission(f"{root}/open", 0o1777)
    hdfs.put(f"{root}/open/d/e/file", b"1", f"{root}/open/d/e/.work", {})
    assert [row.permission for row in hdfs.walk(f"{root}/open")] == [0o755, 0o755, 0o644]


def test_what_is_made_gets_umask_replication_and_block_size_of_the_configuration(authority: str, root: str) -> None:
    given = {"fs.permissions.umask-mode": "027", "dfs.replication": "2", "dfs.blocksize": "2m"}
    store = HdfsFileSystem(authority, given)
    store.make_directory(f"{root}/made")
    store.put(f"{root}/made/file", b"x", f"{root}/made/.work", {})
    directory, file = store.status(f"{root}/made"), store.status(f"{root}/made/file")
    assert directory is not None
    assert file is not None
    assert directory.permission == 0o750
    assert (file.permission, file.replication, file.block_size_bytes) == (0o640, 2, 2 << 20)


def test_errors_of_the_client_come_out_as_ours(hdfs: HdfsFileSystem, root: str) -> None:
    hdfs.make_directory(f"{root}/d/e")
    for attempt in (
        lambda: hdfs.put(f"{root}/a:b", b"", f"{root}/.work", {}),
        lambda: hdfs.client.rename(f"{root}/d", f"{root}/d/e/f"),
        lambda: hdfs.attributes.set_permission(f"{root}/missing", 0o644),
        lambda: hdfs.attributes.set_times(f"{root}/d", -1, None),
    ):
        with pytest.raises(StoreError):
            attempt()

"""The contract through Hadoop's Java client, on a real HDFS by each of its schemes, and on an object store."""

from __future__ import annotations

import functools
import os
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hdfs_native import Client

from hdfs2oss.filesystems.base import Stored
from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm
from hdfs2oss.filesystems.java.filesystem import JavaFileSystem
from hdfs2oss.model.errors import AlreadyExists, BeingWritten, CorruptData, StoreError
from tests.sandbox.sandbox import Sandbox
from tests.stores.contract import FileSystemContract, StreamContract
from tests.stores.contract_reading import ODD_NAMES, TREE

pytestmark = pytest.mark.hdfs


@pytest.fixture(scope="module")
def jvm(sandbox: Sandbox) -> HadoopJvm:
    """With Hadoop's own jars: Spark's have no WebHDFS that works, and no object stores."""
    jars = Path(sandbox.env()["HADOOP_CLASSPATH_FILE"]).read_text().strip()
    return HadoopJvm("root", {**os.environ, "CLASSPATH": jars}, carries_files=True)


@pytest.fixture(scope="module")
def conf(sandbox: Sandbox) -> dict[str, str]:
    facts = sandbox.env()
    hdfs = facts["SANDBOX_HDFS"]
    return {
        "fs.defaultFS": hdfs,
        "fs.viewfs.mounttable.lake.link./tmp": f"{hdfs}/tmp",
        # An object store that is at hand, under names of others: files appear there when they are closed, renames are
        # copies.
        "fs.s3a.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
        "fs.abfs.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
        "fs.oss.credentials.provider": "",
        "fs.oss.endpoint": facts["OSS_ENDPOINT"],
        "fs.oss.accessKeyId": facts["OSS_ACCESS_KEY_ID"],
        "fs.oss.accessKeySecret": facts["OSS_ACCESS_KEY_SECRET"],
    }


@pytest.fixture(scope="module")
def open_store(sandbox: Sandbox, conf: dict[str, str], jvm: HadoopJvm) -> Callable[[str], JavaFileSystem]:
    facts = sandbox.env()
    authorities = {
        "hdfs": facts["SANDBOX_HDFS"].removeprefix("hdfs://"),
        "webhdfs": facts["SANDBOX_WEBHDFS"].removeprefix("http://"),
        "viewfs": "lake",
        "s3a": facts["SANDBOX_BUCKET"],
        "abfs": facts["SANDBOX_BUCKET"],
    }
    return functools.cache(lambda scheme: JavaFileSystem(scheme, authorities[scheme], conf, "root", jvm=jvm))


class JavaContract(FileSystemContract, StreamContract):
    SCHEME = ""

    @pytest.fixture
    def store(self, open_store: Callable[[str], JavaFileSystem]) -> JavaFileSystem:
        return open_store(self.SCHEME)

    @pytest.fixture
    def root(self, store: JavaFileSystem) -> Iterator[str]:
        path = f"/tmp/java-{uuid.uuid4().hex}"
        store.make_directory(path)
        yield path
        store.remove(path, recursive=True)

    def tree(self, store: JavaFileSystem, root: str) -> None:  # type: ignore[override]
        with ThreadPoolExecutor(len(TREE)) as pool:
            list(pool.map(lambda p: store.put(f"{root}/{p}", p.encode(), f"{root}._{uuid.uuid4().hex}", {}), TREE))

    @pytest.fixture
    def many(self, sandbox: Sandbox, root: str) -> tuple[str, int]:
        # Empty files need no block and close at once.
        native = Client(sandbox.env()["SANDBOX_HDFS"])
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda number: native.create(f"{root}/many/f{number:05d}").close(), range(2500)))
        return f"{root}/many", 2500


class TestHdfsByJava(JavaContract):
    SCHEME = "hdfs"


@pytest.mark.full
@pytest.mark.timeout(900)
class TestWebHdfs(JavaContract):
    SCHEME = "webhdfs"

    def test_odd_names_come_back_as_they_were(self, store: JavaFileSystem, root: str) -> None:
        for name in ODD_NAMES:
            if unicodedata.is_normalized("NFC", name):
                self.put(store, f"{root}/odd/{name}", name.encode())
                assert store.read_bytes(f"{root}/odd/{name}") == name.encode()
                assert self.keys(store, f"{root}/odd") == [name]
                assert store.remove(f"{root}/odd/{name}")

    def test_a_name_that_would_become_another_is_refused(self, store: JavaFileSystem, root: str) -> None:
        name = f"{root}/e\u0301"
        for act in (lambda: self.put(store, name), lambda: store.make_directory(name), lambda: store.read_bytes(name)):
            with pytest.raises(StoreError, match="composes"):
                act()
        assert self.keys(store, root) == []


@pytest.mark.full
@pytest.mark.timeout(900)
class TestViewFs(JavaContract):
    SCHEME = "viewfs"


class ObjectStoreContract(JavaContract):
    @pytest.fixture
    def many(self, store: JavaFileSystem, root: str) -> tuple[str, int]:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda at: store.put(f"{root}/many/f{at:05d}", b"", f"{root}/.work{at}", {}), range(2500)))
        return f"{root}/many", 2500

    def test_the_first_to_create_a_file_wins(self, store: JavaFileSystem, root: str) -> None:
        with pytest.raises(StoreError, match="nobody is sure to be the first"):
            store.create_exclusive(f"{root}/one", b"first")
        assert self.keys(store, root) == []

    def test_making_a_directory_or_an_exclusive_file_below_a_file_is_refused(
        self, store: JavaFileSystem, root: str
    ) -> None:
        self.put(store, f"{root}/file")
        with pytest.raises(AlreadyExists):
            store.make_directory(f"{root}/file/below")


@pytest.mark.full
@pytest.mark.timeout(900)
class TestFilesThatAppearWhenTheyAreClosed(ObjectStoreContract):
    SCHEME = "s3a"


@pytest.mark.full
@pytest.mark.timeout(900)
class TestFilesThatAreRenamedOnceTheirPlaceIsFree(ObjectStoreContract):
    SCHEME = "abfs"


def test_a_file_appears_whole_when_it_is_closed_and_one_that_is_given_up_never_does(open_store) -> None:
    store, path = open_store("s3a"), f"/java-{uuid.uuid4().hex}/f"
    store.put(path, b"old", "", {})
    with store.open_writer(path, "") as writer:
        writer.write(b"x" * 300_000)
        assert store.read_bytes(path) == b"old"

        def refuse(stored: Stored) -> None:
            assert stored.length == 300_000
            raise CorruptData("not what was sent")

        with pytest.raises(CorruptData):
            writer.commit(refuse)
    assert store.read_bytes(path) == b"old"
    store.put(path, b"new", "", {})
    assert store.read_bytes(path) == b"new"
    assert [row.path for row in store.walk(path.rpartition("/")[0])] == ["f"]


def test_a_file_that_somebody_writes_to_is_told_from_others(open_store, sandbox) -> None:
    native = Client(sandbox.env()["SANDBOX_HDFS"])
    path = f"/tmp/java-{uuid.uuid4().hex}"
    file = native.create(path)
    file.write(bytes(512))
    file.hsync()
    for scheme in ("hdfs", "viewfs"):
        with pytest.raises(BeingWritten):
            open_store(scheme).refuse_open(path, 512)
    file.close()
    open_store("hdfs").refuse_open(path, 512)
    open_store("viewfs").refuse_open(path, 512)

"""The contract through Hadoop's Java client, on a real HDFS by each of its schemes, and on an object store."""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm
from hdfs2oss.filesystems.java.filesystem import JavaFileSystem
from hdfs2oss.model.errors import AlreadyExists, BeingWritten, CorruptData, StoreError
from tests.sandbox.sandbox import Sandbox
from tests.stores.contract import FileSystemContract, StreamContract
from tests.stores.contract_reading import TREE

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
        "fs.viewfs.mounttable.lake.link./other": f"{hdfs}/tmp/other",
        "fs.oss.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
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
        "oss": facts["SANDBOX_BUCKET"],
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
    def many(self, store: JavaFileSystem, root: str) -> tuple[str, int]:
        def make(filesystem, classes) -> None:
            for number in range(2500):
                filesystem.create(classes.path(f"{root}/many/f{number:05d}")).close()

        store._store.once("make many", make, 300.0)
        return f"{root}/many", 2500


class TestHdfsByJava(JavaContract):
    SCHEME = "hdfs"


class TestWebHdfs(JavaContract):
    SCHEME = "webhdfs"


class TestViewFs(JavaContract):
    SCHEME = "viewfs"

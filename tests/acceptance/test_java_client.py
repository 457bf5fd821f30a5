"""Copies through Hadoop's Java client on a real HDFS, as an operator asks for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.hadoop_jvm import forget_jvms
from hdfs2oss.filesystems.registry import close_filesystems
from tests.trees import Place

pytestmark = pytest.mark.hdfs

TREE = {
    "a b/é 数据": b"name",
    "d/empty": b"",
    "d/large": os.urandom(3_000_000),
    "d/small": b"12345",
    "e/": None,
    "z": b"last",
}
JVM = ("--hdfs-client", "jvm")
SAID = "goes through Hadoop's Java client"


@pytest.fixture
def ends(command, hdfs_place, sandbox, monkeypatch) -> Iterator[tuple[Place, Place]]:
    """A directory on HDFS, and one in the bucket; with Hadoop's own jars, as a node of a cluster has them."""
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLASSPATH", Path(sandbox.env()["HADOOP_CLASSPATH_FILE"]).read_text().strip())
    yield hdfs_place("hdfs", "lake"), hdfs_place("oss", "lake")
    close_filesystems()


def test_a_tree_goes_there_and_back_proven_and_an_update_finds_nothing_to_do(command, ends, hdfs_place) -> None:
    lake, bucket = ends
    lake.make(TREE)
    lake.settle()
    done = command(*JVM, lake, bucket)
    assert (done.code, done["COPY"], done["PROVEN_BY_TRANSFER"]) == (0, 5, 5)
    assert done.text.count(SAID) == 1
    assert bucket.read() == TREE
    back = hdfs_place("hdfs", "back")
    done = command(*JVM, bucket, back)
    assert (done.code, done["COPY"], done["PROVEN_BY_TRANSFER"]) == (0, 5, 5)
    assert back.read() == TREE
    # Seen by the native client, from the records that the other one has written.
    again = command("-update", bucket, back)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, 5)
    assert SAID not in again.text
    again = command(*JVM, "-update", lake, bucket)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, 5)
    assert command("verify", *JVM, "-update", lake, bucket).code == 0


def test_what_is_missing_at_the_source_goes_to_the_trash_of_hdfs(command, ends, hdfs_place) -> None:
    source, target = ends[0], hdfs_place("hdfs", "target")
    source.make({"d/kept": b"1"})
    target.make({"d/kept": b"1", "d/gone": b"22", "e/gone": b"3"})
    done = command(*JVM, "-update", "-delete", "--max-delete", "9", source, target)
    assert (done.code, done["FILES_DELETED"], done["DIRECTORIES_DELETED"]) == (0, 2, 1)
    assert done["FILES_IN_TRASH"] == 2
    assert target.read() == {"d/kept": b"1"}


def test_by_webhdfs_and_by_a_view_the_same_files_arrive(command, ends, sandbox, hdfs_place) -> None:
    lake, bucket = ends
    lake.make(TREE)
    lake.settle()
    web = sandbox.env()["SANDBOX_WEBHDFS"].replace("http:", "webhdfs:")
    done = command("-update", f"{web}{lake.uri.path}", bucket)
    assert (done.code, done["COPY"]) == (0, 5)
    assert SAID in done.text
    assert "cannot be recognised: webhdfs:// does not tell" in done.text
    assert bucket.read() == TREE
    back = hdfs_place("hdfs", "back")
    link = ("-D", f"fs.viewfs.mounttable.lake.link./user={sandbox.env()['SANDBOX_HDFS']}/user")
    done = command(*link, bucket, f"viewfs://lake{back.uri.path}")
    assert (done.code, done["COPY"]) == (0, 5)
    assert back.read() == TREE
    again = command(*link, "-update", bucket, f"viewfs://lake{back.uri.path}")
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, 5)


def test_without_a_java_nothing_is_copied_and_the_next_step_is_said(command, ends, monkeypatch) -> None:
    lake, bucket = ends
    lake.make({"f": b"1"})
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    forget_jvms()
    try:
        done = command(*JVM, lake, bucket)
    finally:
        forget_jvms()
    assert done.code == 3
    assert "no Java was found (JAVA_HOME, PATH)" in done.text
    assert "java -version" in done.text
    assert f"--hdfs-client jvm {lake}" in done.text

"""Erasure-coded files of a real HDFS of five DataNodes, by the native client and by Hadoop's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import close_filesystems, open_filesystem
from tests.sandbox import Sandbox
from tests.sandbox_stores import SandboxStores
from tests.trees import make_tree, read_tree

pytestmark = [pytest.mark.hdfs, pytest.mark.full, pytest.mark.timeout(900)]

RS, XOR = "RS-3-2-1024k", "XOR-2-1-1024k"
POLICIES = (RS, XOR)
# Within a cell, over several, and over more than one stripe of all five.
FILES = {"empty": b"", "small": b"12345", "cells": os.urandom(2_500_000), "stripes": os.urandom(7_000_001)}
CLIENTS = pytest.mark.parametrize("client", [(), ("--hdfs-client", "jvm")], ids=["native", "jvm"])


class Coded(SandboxStores):
    """Directories with a policy, in which Hadoop's own tools read and write."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox, with_web=True)

    def make(self, path: str, policy: str) -> None:
        web = open_filesystem(self.hdfs("/").uri, self.config).web  # type: ignore[attr-defined]
        web.change("PUT", "/", "ENABLEECPOLICY", {"ecpolicy": policy})
        self.hdfs(path).make({})
        web.change("PUT", path, "SETECPOLICY", {"ecpolicy": policy})


@pytest.fixture(scope="module")
def coded(sandbox_name: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coded]:
    """Trees that Hadoop's own client has written below each policy."""
    started = Sandbox(sandbox_name(), datanodes=5)
    started.up()
    made = Coded(started)
    folder = make_tree(tmp_path_factory.mktemp("files"), FILES)
    for policy in POLICIES:
        made.make(f"/source/{policy}", policy)
        made.shell("-put", *map(str, folder.iterdir()), f"/source/{policy}/")
    yield made
    close_filesystems()
    started.down()


@pytest.fixture(autouse=True)
def environment(command, coded: Coded, home, monkeypatch) -> Iterator[None]:
    for name, value in coded.sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLASSPATH", Path(coded.sandbox.env()["HADOOP_CLASSPATH_FILE"]).read_text().strip())
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    yield
    close_filesystems()


@CLIENTS
@pytest.mark.parametrize("policy", POLICIES)
def test_files_come_out_as_they_are_and_go_in_with_the_right_parity(command, coded, client, policy, tmp_path) -> None:
    name = f"{policy}-{'jvm' if client else 'native'}"
    bucket = coded.oss(f"/{name}")
    done = command(*client, coded.hdfs(f"/source/{policy}"), bucket)
    assert (done.code, done["COPY"], done["PROVEN_BY_TRANSFER"]) == (0, len(FILES), len(FILES)), done.text
    assert bucket.read() == FILES
    back = f"/target/{name}"
    coded.make(back, policy)
    done = command(*client, "-update", bucket, coded.hdfs(back))
    assert (done.code, done["COPY"]) == (0, len(FILES)), done.text
    (tmp_path / "got").mkdir()
    coded.shell("-get", f"{back}/*", str(tmp_path / "got"))
    assert read_tree(tmp_path / "got") == FILES
    told = coded.run("org.apache.hadoop.hdfs.tools.DebugAdmin", "verifyEC", "-file", f"{back}/stripes")
    assert "status: OK" in told
    again = command(*client, "-update", bucket, coded.hdfs(back))
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, len(FILES))


def test_where_a_datanode_is_lost_what_the_native_client_cannot_make_up_for_is_named_and_java_reads_it(
    command, coded
) -> None:
    """The last of this file: it ends a DataNode."""
    coded.sandbox.kill_datanode(1)
    codes = {}
    for policy in POLICIES:
        bucket = coded.oss(f"/lost-{policy}")
        done = command(coded.hdfs(f"/source/{policy}"), bucket)
        codes[policy] = done.code
        if done.code:
            assert "--hdfs-client jvm" in done.text, done.text
            done = command("--hdfs-client", "jvm", "-update", coded.hdfs(f"/source/{policy}"), bucket)
            assert done.code == 0, done.text
        assert bucket.read() == FILES
    assert codes[RS] == 0

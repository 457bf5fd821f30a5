"""An HDFS whose NameNode learns late which blocks are written, and so gives a file its next one late."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hdfs_native import Client

from tests.faults.test_damaged_blocks import copy
from tests.sandbox import Sandbox
from tests.sandbox.state import StateFolder

pytestmark = [pytest.mark.full, pytest.mark.hdfs, pytest.mark.faults, pytest.mark.timeout(600)]

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def late(sandbox_name) -> Sandbox:
    """Its DataNode tells of blocks every three seconds, in place of at once."""
    sandbox = Sandbox(sandbox_name(), oss=False)
    sandbox.up()
    sandbox.kill_datanode()
    site = StateFolder(sandbox.name).path / "conf-datanode-1" / "hdfs-site.xml"
    name = "dfs.blockreport.incremental.intervalMsec"
    row = f"<property><name>{name}</name><value>3000</value></property></configuration>"
    site.write_text(site.read_text().replace("</configuration>", row))
    sandbox.start_datanode()
    return sandbox


@pytest.mark.parametrize(
    "words", [(), ("--chunk-size", str(6 * MIB), "--part-size", str(MIB))], ids=["one stream", "chunks"]
)
def test_a_file_of_many_blocks_arrives_all_the_same(late: Sandbox, tmp_path: Path, words: tuple[str, ...]) -> None:
    data = random.Random(8).randbytes(13 * MIB + 5)
    source = tmp_path / "source"
    source.mkdir()
    (source / "big").write_bytes(data)
    log = StateFolder(late.name).path / "logs" / "namenode.log"
    before = log.read_text().count("NotReplicatedYetException")
    target = f"/tmp/{'chunks' if words else 'stream'}"
    code, output = copy(late, tmp_path, "-Ddfs.blocksize=1m", *words, f"file://{source}", target)
    assert code == 0, output
    assert "PROVEN_BY_TRANSFER=1" in output
    assert log.read_text().count("NotReplicatedYetException") > before, "the NameNode refused no block"
    client = Client(late.env()["SANDBOX_HDFS"])
    assert client.read(f"{target}/big").read(len(data) + 1) == data
    assert [row.path.rpartition("/")[2] for row in client.list_status(target)] == ["big"]

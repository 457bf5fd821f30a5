"""DistCp's case 77 on a NameNode with ACLs and extended attributes switched off."""

import re
from dataclasses import replace

import pytest

from hdfs2oss.model.uri import Uri
from tests.sandbox.sandbox import Sandbox
from tests.trees import Place

pytestmark = [pytest.mark.hdfs, pytest.mark.full]


@pytest.fixture
def plain_hdfs(sandbox_name) -> Sandbox:
    """A NameNode of its own, with another configuration."""
    started = Sandbox(sandbox_name(), oss=False)
    started.up()
    path = f"{started.env()['HADOOP_CONF_DIR']}/hdfs-site.xml"
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(re.sub(r"(dfs\.namenode\.(?:acls|xattrs)\.enabled</name><value>)true", r"\1false", text))
    started.kill_namenode()
    started.start_namenode()
    return started


@pytest.mark.parametrize("side", ["a source", "a target"])
def test_77_where_acls_or_xattrs_are_off_nothing_is_copied_and_the_key_is_named(
    command, plain_hdfs, oss_server, make_place, monkeypatch, home, side
) -> None:
    for name, value in plain_hdfs.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    hdfs = Uri("hdfs", plain_hdfs.env()["SANDBOX_HDFS"].removeprefix("hdfs://"), f"/tmp/{side.replace(' ', '-')}")
    conf = {"fs.defaultFS": plain_hdfs.env()["SANDBOX_HDFS"]}
    oss = make_place("oss", "there")
    stores = replace(oss.stores, hadoop_conf=conf)
    ends = [Place(hdfs, stores), replace(oss, stores=stores)]
    source, target = ends if side == "a source" else ends[::-1]
    source.make({"f": b""})
    for letter, key in (("a", "acls"), ("x", "xattrs")):
        done = command(f"-pp{letter}", source, target)
        assert (done.code, target.exists()) == (2, False)
        assert f"Set dfs.namenode.{key}.enabled to true there and restart the NameNode, or leave {letter}" in done.text
        assert "nothing was copied" in done.text
    assert command("-p", source, target).code == 0

"""A node of YARN is lost, with all that runs on it: the copy ends whole on the other, wherever its driver was."""

import os
import re
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from tests.sandbox import Sandbox
from tests.sandbox.hadoop_conf import NODE_MIB, SMALL_NODE_MIB
from tests.sandbox.state import STATE_ROOT
from tests.spark.test_yarn_ends import ENOUGH, Shell, wait_for
from tests.spark.yarn_queue import full_queue

pytestmark = [
    *(pytest.mark.spark, pytest.mark.yarn, pytest.mark.hdfs, pytest.mark.faults, pytest.mark.full),
    pytest.mark.timeout(1500),
]

LOST = 2
FILES = {f"{number:02d}": os.urandom(1 << 20) for number in range(24)}
# In parts, so that the node that goes may take an upload that is half there with it.
FILES["large"] = os.urandom(12 << 20)
SLOW = ("-bandwidth", "1", "--part-size", "1m")


@pytest.fixture
def cluster(sandbox_name):
    started = Sandbox(sandbox_name(), yarn=True, nodemanagers=2)
    started.up()
    yield started
    started.down()


def test_the_copy_goes_on_when_the_node_of_an_executor_is_lost(cluster, tmp_path):
    copy = Shell(cluster, tmp_path, "lost-node", "client")
    copy.make(FILES)
    # The master is too large for the small node, which the executor fills.
    memory = {"yarn_am_memory": "2g", "yarn_am_memoryOverhead": "1024m"}
    memory["executor_memoryOverhead"] = f"{SMALL_NODE_MIB - 512}m"
    with ExitStack() as first_node:
        first_node.enter_context(full_queue(cluster, NODE_MIB - 3 * 1024))
        with copy.running("-m", "1", *settings(**memory), *SLOW) as process:
            wait_for(lambda: copy.target.read(), process)
            assert is_copying(cluster, LOST)
            first_node.close()
            cluster.lose_nodemanager(LOST)
            assert_all_comes(copy, process)
    assert f"FILES_COPIED={len(FILES)}" in copy.said()
    assert "Failed map tasks=1" in copy.said()


def test_the_second_master_goes_on_when_the_node_of_the_first_is_lost(cluster, tmp_path):
    copy = Shell(cluster, tmp_path, "lost-master", "cluster")
    copy.make(FILES)
    # The small node has room for a master and an executor.
    memory = {"executor_memoryOverhead": "512m", "driver_memoryOverhead": "512m"}
    with ExitStack() as first_node:
        first_node.enter_context(full_queue(cluster, NODE_MIB))
        with copy.running("-m", "1", *settings(yarn_maxAppAttempts=2, **memory), *SLOW) as process:
            wait_for(lambda: copy.target.read(), process)
            assert is_copying(cluster, LOST)
            first_node.close()
            cluster.lose_nodemanager(LOST)
            assert_all_comes(copy, process)
    logs = (STATE_ROOT / cluster.name / "yarn" / "logs").rglob("std*")
    said = "\n".join(path.read_text(errors="replace") for path in logs)
    assert re.search(r"Continuing run \S+, begun .*; its survey is \d", said)
    assert f"FILES_COPIED={len(FILES)}" in said


def settings(**values):
    return [word for name, value in values.items() for word in ("--conf", f"spark.{name.replace('_', '.')}={value}")]


def is_copying(sandbox, node):
    """Whether Python is at work there."""
    found = []
    for pid in sandbox.containers(node):
        with suppress(OSError):
            found.append(Path(f"/proc/{pid}/cmdline").read_bytes())
    return any(b"pyspark.daemon" in words for words in found)


def assert_all_comes(copy, process):
    assert len(copy.target.read()) < len(FILES)
    assert process.wait(ENOUGH) == 0, copy.said()
    assert copy.target.read() == FILES
    assert open_filesystem(copy.target.uri, copy.target.stores).find_uploads(copy.target.uri.path) == []

"""Which files are asked about, whether somebody writes to them, and by how many questions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.model.errors import BeingWritten
from tests.unit.filesystems.hdfs.test_client import ScriptedClient, ScriptedNameNode
from tests.unit.filesystems.hdfs.test_webhdfs import OPEN, ROOT, ok
from tests.unit.filesystems.oss.scripted_store import ScriptedStore

BLOCK = 128 * 1024


class AskedNameNode(ScriptedNameNode):
    """Counts how often it is asked for the status of a file, whose blocks have this size."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked = 0

    def get_file_info(self, path: str) -> SimpleNamespace:
        self.asked += 1
        return SimpleNamespace(path=path, blocksize=BLOCK)


@pytest.mark.parametrize(
    ("length", "block_size", "by_rpc", "over_http"),
    [
        # Of most files the length of the reader tells.
        (4095, BLOCK, 0, False),
        (4096, BLOCK, 0, False),
        (BLOCK + 512, BLOCK, 0, False),
        # Between two blocks, or before the first one, nothing does.
        (2 * BLOCK, BLOCK, 0, True),
        (0, BLOCK, 0, True),
        # Who has no status at hand.
        (4095, 0, 0, False),
        (4096, 0, 1, False),
        (2 * BLOCK, 0, 1, True),
    ],
)
def test_only_a_file_that_ends_with_a_full_block_is_asked_about(length, block_size, by_rpc, over_http) -> None:
    node = AskedNameNode()
    with ScriptedStore(ok(ROOT), ok(OPEN)) as store:
        conf = {"fs.defaultFS": "hdfs://nn:1", "dfs.namenode.http-address": f"127.0.0.1:{store.port}"}
        hdfs = HdfsFileSystem("nn:1", conf)
        hdfs.client = ScriptedClient(node)
        if over_http:
            with pytest.raises(BeingWritten, match="/f"):
                hdfs.refuse_open("/f", length, block_size)
        else:
            hdfs.refuse_open("/f", length, block_size)
        paths = [one.path for one in store.requests if "GET_BLOCK_LOCATIONS" in one.path]
    assert (node.asked, len(paths)) == (by_rpc, int(over_http))

"""--proof over a real HDFS: what its DataNodes say of each file is what was read, and what is stored."""

import json
import os

import pyarrow.parquet as pq
import pytest

from hdfs2oss.rules.checksum import crc32c, crc64
from tests.trees import Place

pytestmark = pytest.mark.hdfs
# A part is 100 KiB, a chunk three of them: files of one request, of parts, and of chunks.
SIZES = ("--part-size", "102400", "--chunk-size", "307200")
TREE = {"empty": b"", "d/small": os.urandom(1000), "parts": os.urandom(250_000), "chunks": os.urandom(1_000_001)}


@pytest.fixture(params=["hdfs to oss", "oss to hdfs", "hdfs to hdfs"])
def pair(request, command, hdfs_place, sandbox, home, monkeypatch) -> tuple[Place, Place]:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    source, _, target = request.param.split(" ")
    return hdfs_place(source, "source").make(TREE), hdfs_place(target, "target")


def test_each_file_is_proven_end_to_end_in_each_direction(command, pair, home) -> None:
    source, target = pair
    done = command("--proof", "end-to-end", *SIZES, source, target)
    assert (done.code, target.read()) == (0, TREE)
    assert done["PROVEN_END_TO_END"] == done["FILES_COPIED"] == len(TREE)
    assert "Files proven to have arrived as they were: 4 end-to-end." in done.text
    (report,) = (home / "jobs").rglob("report.json")
    assert json.loads(report.read_text())["proven"] == {"end-to-end": len(TREE)}
    rows = pq.read_table(report.parent / "ledger").to_pylist()
    files = {row["path"]: row for row in rows if row["proof"]}
    assert {path: row["proof"] for path, row in files.items()} == dict.fromkeys(TREE, "end-to-end")
    for path, data in TREE.items():
        row, sum32, is_object = files[path], crc32c(data), "oss" in (source.uri.scheme, target.uri.scheme)
        assert (row["crc32c"], row["crc64"]) == (sum32, crc64(data))
        assert row["source_crc32c"] == (sum32 if source.uri.scheme == "hdfs" else None)
        assert row["target_crc32c"] == (sum32 if target.uri.scheme == "hdfs" else None)
        assert row["stored_crc64"] == (crc64(data) if is_object else None)

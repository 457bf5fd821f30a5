"""An object of 10 TiB needs no more memory than any other, from the planner to the mapper."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hdfs2oss.local_oss.server import LocalOssServer
from hdfs2oss.local_oss.store.synthetic import parse_synthetic

TIB = 1 << 40
MIB = 1 << 20
# What Spark is asked for by task (runners/spark_settings.py).
TASK_MIB = 512


@pytest.mark.full
def test_an_object_of_ten_tebibytes_goes_through_a_task_in_its_memory(tmp_path: Path) -> None:
    server = LocalOssServer(
        tmp_path / "oss",
        access_key_id="test-id",
        access_key_secret="test-secret",
        buckets=["lake", "sink"],
        is_forgetful=True,
        synthetic=[parse_synthetic("lake/big/part-:1:10T")],
    )
    with server:
        done = subprocess.run(
            [sys.executable, "-m", "tests.functional.immense_copy", server.endpoint, str(tmp_path / "jobs")],
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    # 9,000 parts of whole MiB do, and a chunk is a part then.
    part = 1166 * MIB
    chunks = -(-10 * TIB // part)
    assert (told["chunks"], told["outcomes"]) == (chunks, ["CHUNK", "CHUNK"])
    assert told["sent"] == [[0, part, [1]], [(chunks - 1) * part, 10 * TIB - (chunks - 1) * part, [chunks]]]
    assert told["peak_mib"] < TASK_MIB

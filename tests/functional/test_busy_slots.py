"""The chunks of one large file keep all slots at work: who has which is not dealt out beforehand."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hdfs2oss.local_oss.server import LocalOssServer
from hdfs2oss.local_oss.store.synthetic import parse_synthetic
from tests.faults.commands import run

SLOTS = 4
# A slot sends sixteen chunks; when the first one has no more to do, the others have less than one of theirs left.
LEAST = 0.9


def busy_until(jobs: Path) -> list[float]:
    """How far into the copy each slot published its last task, as a share of all the time that it took."""
    ended: dict[str, list[float]] = defaultdict(list)
    began: list[float] = []
    for path in jobs.glob("*/runs/*/ledger/copy-*.parquet"):
        report = json.loads(pq.read_metadata(path).metadata[b"hdfs2oss.task_report"])
        ended[report["host"]].append(path.stat().st_mtime)
        began.append(path.stat().st_mtime - report["seconds"])
    start, end = min(began), max(max(times) for times in ended.values())
    return [(max(times) - start) / (end - start) for times in ended.values()]


@pytest.mark.full
@pytest.mark.timeout(600)
def test_four_slots_that_send_one_file_are_busy_almost_to_its_end(tmp_path: Path) -> None:
    server = LocalOssServer(
        tmp_path / "oss",
        access_key_id="id",
        access_key_secret="secret",
        buckets=["lake", "sink"],
        etag="fast",
        is_forgetful=True,
        synthetic=[parse_synthetic("lake/big/part-:1:4G")],
    )
    with server:
        keys = {"OSS_ENDPOINT": server.endpoint, "OSS_ACCESS_KEY_ID": "id", "OSS_ACCESS_KEY_SECRET": "secret"}
        words = ["--processes", str(SLOTS), "--chunk-size", "64M", "-bandwidth", "20"]
        ended = run(tmp_path / "jobs", *words, "oss://lake/big", "oss://sink/t", environment=keys)
    assert ended.code == 0, ended.output
    assert ended.own["BYTES_COPIED"] == 4 << 30
    shares = busy_until(tmp_path / "jobs")
    print(f"slots were busy until {', '.join(f'{share:.3f}' for share in shares)} of the time")
    assert len(shares) == SLOTS
    assert min(shares) > LEAST, shares

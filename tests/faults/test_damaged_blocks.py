"""A byte that flips on a DataNode's disk never reaches the target: whoever reads compares HDFS's own checksums.

A block that is damaged everywhere looks like DataNodes that are away, so a task may wait for them, for minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hdfs_native import Client, WriteOptions

from hdfs2oss.filesystems.registry import open_filesystem
from tests.sandbox import Sandbox
from tests.sandbox.state import StateFolder
from tests.trees import Place

pytestmark = [pytest.mark.hdfs, pytest.mark.faults, pytest.mark.timeout(600)]

# A part is 100 KiB, a chunk three of them: a file of one request, one of parts, one of chunks.
SIZES = ("--part-size", "102400", "--chunk-size", "307200")
DAMAGED = {"small": 5_000, "parts": 250_000, "chunks": 700_000}


def flip_a_byte(sandbox: Sandbox, data: bytes, replicas: int = 1) -> None:
    """In the middle of each block file that holds just these bytes, but for the last one where there are several."""
    blocks = sorted((StateFolder(sandbox.name).path / "hdfs").glob("data-*/**/finalized/**/blk_*"))
    found = [path for path in blocks if path.stat().st_size == len(data) and path.read_bytes() == data]
    assert len(found) == replicas
    middle = len(data) // 2
    for block in found[: max(1, replicas - 1)]:
        block.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


def copy(sandbox: Sandbox, home: Path, *words: object) -> tuple[int, str]:
    """`hdfs2oss ...` as an operator runs it: its exit code, and all it said."""
    done = subprocess.run(
        [sys.executable, "-m", "hdfs2oss", "--job-dir", f"file://{home}/jobs", *map(str, words)],
        env={**os.environ, **sandbox.env()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    return done.returncode, done.stdout


def left_of(target: Place) -> list[str]:
    """Uploads that are open, and all that lies there beside what should."""
    store = open_filesystem(target.uri, target.stores)
    uploads = store.find_uploads(target.uri.path) if store.capabilities.multipart else []
    return [upload.path for upload in uploads] + [row.path for row in store.walk(target.uri.path) if row.path != "well"]


@pytest.mark.parametrize(
    ("scheme", "proof", "names"),
    [
        ("oss", "transfer", ["small", "parts"]),
        # A task that ends with bytes that nobody served tries for minutes.
        pytest.param("hdfs", "end-to-end", ["small", "parts"], marks=pytest.mark.full),
        pytest.param("oss", "end-to-end", list(DAMAGED), marks=pytest.mark.full),
    ],
)
def test_a_byte_that_flips_on_the_disk_of_a_datanode_never_reaches_the_target(
    sandbox, hdfs_place, home, scheme, proof, names
) -> None:
    tree = {name: os.urandom(DAMAGED[name]) for name in names} | {"well": os.urandom(6_000)}
    source, target = hdfs_place("hdfs", "source").make(tree), hdfs_place(scheme, "target")
    for name in names:
        flip_a_byte(sandbox, tree[name])
    # One file after the other: that the last one arrives tells the task that nobody is away.
    code, output = copy(sandbox, home, "--threads", "1", "--proof", proof, *SIZES, source, target)
    assert (code, target.read()) == (4, {"well": tree["well"]}), output
    assert f"FILES_FAILED={len(names)}" in output
    assert "FILES_COPIED=1" in output
    assert left_of(target) == []


@pytest.mark.full
def test_another_replica_serves_what_one_has_lost(sandbox_name: Callable[[], str], home) -> None:
    sandbox = Sandbox(sandbox_name(), datanodes=2)
    sandbox.up()
    facts = sandbox.env()
    data = {f"f{number}": os.urandom(5_000 + number) for number in range(4)}
    client = Client(facts["SANDBOX_HDFS"])
    for name, content in data.items():
        with client.create(f"/lake/{name}", WriteOptions(replication=2, create_parent=True)) as out:
            out.write(content)
        flip_a_byte(sandbox, content, replicas=2)
    target = home / "target"
    code, output = copy(sandbox, home, "--proof", "end-to-end", f"{facts['SANDBOX_HDFS']}/lake", f"file://{target}")
    assert (code, {name: (target / name).read_bytes() for name in data}) == (0, data), output

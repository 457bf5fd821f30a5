"""Flat directories on a real NameNode: each of their pages is listed once, in memory that does not grow with them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from hdfs_native import AsyncClient, WriteOptions

from hdfs2oss.model.counters import OWN
from tests.functional.conftest import IN_THIS_PROCESS, Copy
from tests.sandbox import jmx
from tests.sandbox.sandbox import Sandbox

PAGE = 1_000
# Surveys a directory against an empty target and tells its peak memory in KiB.
SURVEY = """
import resource, sys
from hdfs2oss.cli import main
code = main(["--processes", "0", "--dry-run", "-update", *sys.argv[1:]])
print("PEAK", code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


class NameNode:
    """What it was asked for since the last look."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._port = int(sandbox.env()["SANDBOX_WEBHDFS"].rpartition(":")[2])
        self._seen: dict[str, int] = {}
        self.calls()

    def calls(self) -> dict[str, int]:
        """Calls by their names; the beats of its DataNodes are left out."""
        found = jmx.bean(self._port, "Hadoop:service=NameNode,name=RpcDetailedActivityForPort*") or {}
        totals = {
            name.removesuffix("NumOps"): count
            for name, count in found.items()
            if name.endswith("NumOps") and not name.startswith("Overall")
        }
        since = {name: count - self._seen.get(name, 0) for name, count in totals.items()}
        self._seen = totals
        return {name: since.get(name, 0) for name in ("GetListing", "GetFileInfo", "GetBlockLocations", "Create")}


@pytest.fixture
def namenode(sandbox: Sandbox) -> NameNode:
    return NameNode(sandbox)


def make_files(sandbox: Sandbox, directory: str, files: int, directories: int = 0) -> None:
    """Empty files, many of them at once."""

    async def make() -> None:
        client = AsyncClient(sandbox.env()["SANDBOX_HDFS"])
        await client.mkdirs(directory, 0o755, True)
        numbers = iter(range(files))

        async def some() -> None:
            for number in numbers:
                await (await client.create(f"{directory}/part-{number:08d}", WriteOptions(overwrite=True))).close()

        await asyncio.gather(*(some() for _ in range(48)))
        for number in range(directories):
            await client.mkdirs(f"{directory}/sub-{number:05d}", 0o755, True)

    asyncio.run(make())


@pytest.mark.hdfs
@IN_THIS_PROCESS
def test_an_update_where_nothing_changed_asks_the_namenode_for_pages_only(
    copy: Copy, sandbox: Sandbox, hdfs_place, namenode: NameNode
) -> None:
    source, target = hdfs_place("hdfs", "flat"), hdfs_place("oss", "flat")
    make_files(sandbox, source.uri.path, 1_100)
    assert copy(source, target, update=True).exit_code == 0
    namenode.calls()
    own = copy(source, target, update=True).counters.as_dict()[OWN]
    assert own["FILES_SKIPPED"] == 1_100
    asked = namenode.calls()
    assert asked["GetListing"] <= 2 + 1
    assert asked["GetFileInfo"] <= 6
    assert asked["GetBlockLocations"] == asked["Create"] == 0


def surveyed(source: object, target: Path) -> int:
    """The peak memory of a process that surveys a directory, in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", SURVEY, str(source), f"file://{target}"],
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    word, code, peak = done.stdout.splitlines()[-1].split()
    assert (word, code) == ("PEAK", "0"), done.stdout + done.stderr
    return int(peak)


@pytest.mark.hdfs
@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_million_names_in_one_directory_are_listed_once_in_the_memory_of_20_000(
    sandbox: Sandbox, hdfs_place, namenode: NameNode, tmp_path: Path
) -> None:
    peaks = []
    (tmp_path / "target").mkdir()
    for files in (20_000, 1_000_000):
        source = hdfs_place("hdfs", f"flat-{files}")
        make_files(sandbox, source.uri.path, files)
        namenode.calls()
        peaks.append(surveyed(source, tmp_path / "target"))
        assert namenode.calls()["GetListing"] <= 2 * files // PAGE + 10
    assert peaks[1] < 1.3 * peaks[0]

"""Flat directories on a real NameNode: each of their pages is listed once, in memory that does not grow with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.store.synthetic import parse_synthetic
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.rules.frontier import SurveyUnit
from hdfs2oss.rules.layout import SourceFact, lay_out
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext
from tests.functional.conftest import IN_THIS_PROCESS, Copy
from tests.hdfs_names import make_names
from tests.sandbox import jmx
from tests.sandbox.sandbox import Sandbox

PAGE = 1_000
# Surveys a directory against an empty target and tells its peak memory in KiB.
SURVEY = """
import os, resource, sys
from hdfs2oss.cli import main
code = main(["--processes", "0", "--dry-run", "-update", *sys.argv[1:]])
print("PEAK", code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
# As the command does: a thread of the HDFS client that comes back while the interpreter is taken down would abort it.
os._exit(0)
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

    def listings(self) -> int:
        """Pages listed since it began, by WebHDFS too."""
        return int((jmx.bean(self._port, "Hadoop:service=NameNode,name=NameNodeActivity") or {})["GetListingOps"])


@pytest.fixture
def namenode(sandbox: Sandbox) -> NameNode:
    return NameNode(sandbox)


def make_files(sandbox: Sandbox, directory: str, files: int, directories: int = 0) -> None:
    """Sub-directories, and empty files."""
    names = (f"part-{number:08d}" for number in range(files))
    make_names(sandbox, directory, (f"sub-{number:05d}" for number in range(directories)), names)


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


@pytest.mark.hdfs
@IN_THIS_PROCESS
def test_a_short_run_asks_the_namenode_about_its_own_records_only_so_often_however_many_went_before(
    copy: Copy, sandbox: Sandbox, hdfs_place, namenode: NameNode
) -> None:
    source, target = hdfs_place("hdfs", "one"), hdfs_place("oss", "one")
    jobs = hdfs_place("hdfs", "jobs").uri
    make_files(sandbox, source.uri.path, 1)
    namenode.calls()
    assert copy(source, target, update=True, job_dir=jobs).exit_code == 0
    first = namenode.calls()
    for _ in range(3):
        assert copy(source, target, update=True, job_dir=jobs).exit_code == 0
    later = namenode.calls()
    # 11 records and 15 listings, then 6 and 14 each; a heartbeat that comes in between adds one of both, and some
    # calls show in the NameNode's own figures a little late.
    assert (first["Create"] <= 14, first["GetListing"] <= 20) == (True, True), first
    assert (later["Create"] <= 3 * 6 + 6, later["GetListing"] <= 3 * 14 + 12) == (True, True), later


@pytest.fixture
def reach(sandbox: Sandbox, tmp_path: Path) -> Iterator[StoreConfig]:
    """HDFS with WebHDFS, and a bucket in which /t has 3,000 keys."""
    conf = {
        "fs.defaultFS": sandbox.env()["SANDBOX_HDFS"],
        "dfs.namenode.http-address": sandbox.env()["SANDBOX_WEBHDFS"].removeprefix("http://"),
    }
    synthetic = [parse_synthetic("lake/t/part-:3000:10")]
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"], synthetic=synthetic) as server:
        yield StoreConfig(hadoop_conf=conf, oss={"lake": OssAccess(server.endpoint, "id", "secret")})
        close_filesystems()


class Noting(LocalRunner):
    """Keeps the units of its waves."""

    units: ClassVar[list[SurveyUnit]] = []

    def run_wave(self, name, function, tasks, on_report):  # type: ignore[no-untyped-def]
        self.units = [*self.units, *(unit for task in tasks for unit in task.units)]
        super().run_wave(name, function, tasks, on_report)


FLAT = {"files onto a flat prefix": ("/t", 3_000, 0), "sub-directories": ("/none", 0, 1_100)}


@pytest.mark.hdfs
@pytest.mark.parametrize("case", [*FLAT])
def test_a_flat_directory_is_shared_by_many_tasks_and_each_page_listed_about_once(
    sandbox: Sandbox, hdfs_place, namenode: NameNode, reach: StoreConfig, tmp_path: Path, case: str
) -> None:
    below, files, directories = FLAT[case]
    source, target = hdfs_place("hdfs", "flat").uri, Uri("oss", "lake", below)
    make_files(sandbox, source.path, files, directories)
    layout = lay_out([SourceFact(source, DIRECTORY)], target, DIRECTORY, True)
    options = CopyOptions(sources=(source,), target=target, update=True, delete=True)
    context = RunContext(options, layout, reach, Uri("file", "", str(tmp_path / "jobs")), "run-1")
    runner, before = Noting(0, pause_seconds=0.0), namenode.listings()
    own = survey(context, runner, Share(500, 3600.0), Share(100_000, 3600.0)).counters[OWN]
    listed = namenode.listings() - before
    assert [own.get(name, 0) for name in ("FILES_LISTED", "FILES_PLANNED", "FILES_AT_TARGET")] == [files] * 3
    assert own["DIRECTORIES_LISTED"] == directories + 1
    ranges = len(runner.units)
    assert ranges >= 2
    # Pages, those in which a range begins, and the looks at where to cut; each sub-directory has a page of its own.
    assert listed <= 3 + 3 * ranges + directories + 8, (listed, ranges)


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

"""What a real HDFS does to a copy: quotas, DataNodes that come and go, replicas that are damaged on their disks."""

from __future__ import annotations

import getpass
import itertools
import os
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hdfs_native import Client, WriteOptions

from hdfs2oss.filesystems.registry import close_filesystems, open_filesystem
from hdfs2oss.rules.filters import WORK_PREFIX
from tests.faults.commands import command, run
from tests.sandbox import Sandbox
from tests.sandbox_stores import SandboxStores
from tests.trees import Place, make_tree

pytestmark = [pytest.mark.hdfs, pytest.mark.faults]

MIB = 1024 * 1024
NO_QUOTA = -1
_numbers = itertools.count(1)


class Hdfs(SandboxStores):
    """A sandbox as the tests here use it: raw writes, quotas, and a bucket beside it."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.client = Client(self.facts["SANDBOX_HDFS"])
        self.root = f"/faults-{next(_numbers)}"

    def place(self, name: str) -> Place:
        return self.hdfs(f"{self.root}/{name}")

    def bucket(self, name: str) -> Place:
        return self.oss(f"{self.root}/{name}")

    def write(self, path: str, data: bytes, replication: int) -> None:
        with self.client.create(path, WriteOptions(overwrite=True, replication=replication)) as out:
            out.write(data)

    def set_quota(self, place: Place, names: int = NO_QUOTA, space: int = NO_QUOTA) -> None:
        """Through WebHDFS, as `hdfs dfsadmin -setQuota` and `-setSpaceQuota` do."""
        where = urllib.parse.urlsplit(self.facts["SANDBOX_WEBHDFS"]).netloc
        asked = {"op": "SETQUOTA", "namespacequota": names, "storagespacequota": space, "user.name": getpass.getuser()}
        url = f"http://{where}/webhdfs/v1{place.uri.path}?{urllib.parse.urlencode(asked)}"
        with urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=60):
            pass

    def work_files(self, place: Place) -> list[str]:
        rows = open_filesystem(place.uri, self.config).walk(place.uri.path)
        return [row.path for row in rows if WORK_PREFIX in row.path]


@pytest.fixture
def hdfs(sandbox: Sandbox) -> Iterator[Hdfs]:
    yield Hdfs(sandbox)
    close_filesystems()


@pytest.mark.parametrize(
    ("quota", "room"),
    [
        pytest.param({"names": 4}, 3, id="names"),
        pytest.param({"space": MIB}, 0, id="space", marks=pytest.mark.full),
    ],
)
def test_a_directory_whose_quota_is_exceeded_costs_its_own_files_only(
    hdfs: Hdfs, tmp_path: Path, quota: dict[str, int], room: int
) -> None:
    tree = {f"{folder}/f{number:02d}": b"x" * 100 for folder in ("open", "full", "other") for number in range(12)}
    make_tree(tmp_path / "source", tree)
    target = hdfs.place("target")
    hdfs.client.mkdirs(f"{target.uri.path}/full", 0o755, True)
    hdfs.set_quota(target / "full", **quota)
    words = ["-update", f"file://{tmp_path}/source", str(target)]
    ended = run(tmp_path / "jobs", *words, environment=hdfs.facts)
    assert ended.code == 4, ended.output
    there = target.read()
    assert {name for name in tree if not name.startswith("full/")} <= there.keys()
    assert sum(name.startswith("full/f") for name in there) <= room
    assert "quota" in ended.line_with("FAILED: ").lower()
    assert ended.own["FILES_COPIED"] + ended.own["FILES_FAILED"] == len(tree)
    hdfs.set_quota(target / "full")
    again = run(tmp_path / "jobs", *words, environment=hdfs.facts)
    assert again.code == 0, again.output
    assert target.read() == tree
    assert hdfs.work_files(target) == []


@pytest.mark.full
def test_a_job_directory_whose_quota_is_exceeded_is_named(hdfs: Hdfs, tmp_path: Path) -> None:
    make_tree(tmp_path / "source", {f"f{number:02d}": b"x" for number in range(20)})
    jobs, target = hdfs.place("jobs"), hdfs.bucket("target")
    hdfs.client.mkdirs(jobs.uri.path, 0o755, True)
    hdfs.set_quota(jobs, names=8)
    words = [f"file://{tmp_path}/source", str(target)]
    ended = run(str(jobs), *words, environment=hdfs.facts)
    assert ended.code in (3, 5), ended.output
    assert "quota" in ended.line_with("hdfs2oss: ").lower()
    hdfs.set_quota(jobs)
    again = run(str(jobs), *words, environment=hdfs.facts)
    assert again.code == 0, again.output
    assert len(target.read()) == 20


@pytest.fixture(scope="module")
def pair(sandbox_name: Callable[[], str]) -> Iterator[Hdfs]:
    """A sandbox with two DataNodes, of this module's own, because their disks are damaged."""
    started = Sandbox(sandbox_name(), datanodes=2)
    started.up()
    yield Hdfs(started)
    close_filesystems()
    started.down()


def damage(hdfs: Hdfs, datanode: int, size_bytes: int) -> int:
    """Flip a byte in the middle of each replica of this size on the disk of a DataNode; how many there were."""
    disk = Path(hdfs.facts["HADOOP_CONF_DIR"]).parent / "hdfs" / f"data-{datanode}"
    found = [path for path in disk.rglob("blk_*") if path.suffix != ".meta" and path.stat().st_size == size_bytes]
    for path in found:
        with path.open("r+b") as block:
            block.seek(size_bytes // 2)
            byte = block.read(1)
            block.seek(size_bytes // 2)
            block.write(bytes([byte[0] ^ 1]))
    return len(found)


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_damaged_replica_is_passed_over_and_without_another_never_reaches_oss(pair: Hdfs, tmp_path: Path) -> None:
    source, target = pair.place("damaged"), pair.bucket("damaged")
    both, none = MIB + 1, MIB + 2
    tree = {"one-is-good": os.urandom(both), "also": os.urandom(both), "none-is-good": os.urandom(none), "s": b"small"}
    for name, data in tree.items():
        pair.write(f"{source.uri.path}/{name}", data, 2)
    assert damage(pair, 1, both) == 2
    assert damage(pair, 1, none) == damage(pair, 2, none) == 1
    ended = run(tmp_path / "jobs", str(source), str(target), environment=pair.facts)
    assert ended.code == 4, ended.output
    assert "none-is-good" in ended.line_with("FAILED: ")
    assert target.read() == {name: data for name, data in tree.items() if name != "none-is-good"}
    assert (ended.own["FILES_COPIED"], ended.own["FILES_FAILED"]) == (3, 1)
    assert not open_filesystem(target.uri, pair.config).find_uploads(target.uri.path)


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_datanode_that_is_started_anew_costs_no_file_that_another_one_has(pair: Hdfs, tmp_path: Path) -> None:
    source, target = pair.place("restarted"), pair.bucket("restarted")
    tree = {f"f{number:02d}": os.urandom(MIB) for number in range(24)}
    lone = {"f05", "f11", "f17", "f23"}
    for name, data in tree.items():
        pair.write(f"{source.uri.path}/{name}", data, 1 if name in lone else 2)
    store = open_filesystem(target.uri, pair.config)

    def begun() -> bool:
        return any(True for _ in store.walk(target.uri.path)) if store.status(target.uri.path) else False

    mended: list[threading.Timer] = []
    with command(tmp_path / "jobs", "-bandwidth", "1", str(source), str(target), environment=pair.facts) as one:
        deadline = time.monotonic() + 120
        while not begun():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        pair.sandbox.kill_datanode(1)
        mended.append(threading.Timer(15.0, pair.sandbox.start_datanode, [1]))
        mended[0].start()
        try:
            ended = one.ended()
        finally:
            mended[0].join()
    assert tree.keys() - target.read().keys() <= lone
    assert ended.code == (0 if target.read() == tree else 4), ended.output
    again = run(tmp_path / "jobs", "-update", str(source), str(target), environment=pair.facts)
    assert again.code == 0, again.output
    assert target.read() == tree
    assert not store.find_uploads(target.uri.path)


def test_a_copy_killed_while_hundreds_of_files_are_open_leaves_nothing_once_it_has_run_again(
    hdfs: Hdfs, tmp_path: Path
) -> None:
    tree = {f"d{number % 4}/f{number:03d}": b"%d" % number for number in range(400)}
    make_tree(tmp_path / "source", tree)
    target = hdfs.place("many")
    hdfs.client.mkdirs(target.uri.path, 0o755, True)
    words = ["-update", f"file://{tmp_path}/source", str(target)]
    with command(tmp_path / "jobs", *words, environment=hdfs.facts) as killed:
        while len(hdfs.work_files(target)) < 100:
            assert killed.process.poll() is None, killed.process.communicate()[0]
            time.sleep(0.01)
        killed.process.kill()
        killed.process.communicate(timeout=60)
    assert hdfs.work_files(target)
    again = run(tmp_path / "jobs", *words, environment=hdfs.facts)
    assert again.code == 0, again.output
    assert target.read() == tree
    assert hdfs.work_files(target) == []

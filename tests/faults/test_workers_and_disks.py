"""Workers that are killed, a disk that is full, a bucket that cannot be written, sources that change on the way.

Spark adds nothing to these but the first, which has a case of its own on executors.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.uri import Uri
from tests.faults.commands import Command, command, run
from tests.faults.storm import work_files
from tests.trees import Place

pytestmark = pytest.mark.faults

TREE: dict[str, bytes | None] = {
    **{f"d{number % 4}/f{number:03d}": os.urandom(200) for number in range(400)},
    **{f"parts/{number}": os.urandom(350_000 + number) for number in range(4)},
}
SIZES = ("--part-size", "100K", "--chunk-size", "200K", "--processes", "2")


class Lake:
    """A server of the test's own, a source on this machine, a target in its bucket."""

    def __init__(self, folder: Path, server: LocalOssServer) -> None:
        self.server = server
        self.stores = StoreConfig(oss={"lake": OssAccess(server.endpoint, "id", "secret")}, threads=8)
        self.source = Place(Uri("file", "", f"{folder}/source"), self.stores)
        self.target = Place(Uri("oss", "lake", "/target"), self.stores)
        self.jobs = folder / "jobs"
        self.environment = {
            "OSS_ENDPOINT": server.endpoint,
            "OSS_ACCESS_KEY_ID": "id",
            "OSS_ACCESS_KEY_SECRET": "secret",
        }

    @property
    def ends(self) -> tuple[str, str]:
        return str(self.source), str(self.target)

    def be_slow(self) -> None:
        self.server.plan.replace([Rule("latency", method="PUT", seconds=0.1)])

    def hits(self) -> int:
        return sum(hits for _, hits in self.server.plan.state())

    def is_clean(self) -> bool:
        """Neither open uploads nor work files."""
        store = open_filesystem(self.target.uri, self.stores)
        return not store.find_uploads(self.target.uri.path) and not work_files(self.target)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"]) as server:
        yield Lake(tmp_path, server)
        close_filesystems()


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kill_workers(one: Command, lake: Lake, times: int) -> int:
    """Kill -9 a worker process each time some more requests have come; how many were killed."""
    killed: set[int] = set()
    for number in range(times):
        wait_for(lambda: lake.hits() > 15 * (number + 1) or one.process.poll() is not None)  # noqa: B023
        left = [pid for pid in one.workers() if pid not in killed] if one.process.poll() is None else []
        if left:
            os.kill(left[-1], signal.SIGKILL)
            killed.add(left[-1])
    return len(killed)


def test_worker_processes_that_are_killed_cost_no_file(lake: Lake) -> None:
    lake.source.make(TREE)
    lake.be_slow()
    with command(lake.jobs, *SIZES, *lake.ends, environment=lake.environment) as one:
        assert kill_workers(one, lake, times=2)
        ended = one.ended()
    assert ended.code == 0, ended.output
    assert lake.target.read() == TREE
    assert ended.own["FILES_COPIED"] == len(TREE)
    assert lake.is_clean()


@pytest.mark.parametrize(
    "most_bytes",
    [pytest.param(3000, marks=pytest.mark.full, id="the plan"), pytest.param(12_000, id="the ledger")],
)
def test_a_job_directory_on_a_full_disk_is_named_and_no_success(lake: Lake, most_bytes: int) -> None:
    """No file may grow beyond a limit: for whoever writes, that is a disk without room."""
    tree = {f"f{number:03d}": b"%d" % number for number in range(400)}
    lake.source.make(tree)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    ended = run(lake.jobs, *lake.ends, environment=lake.environment, limit=limit)
    assert ended.code == 5, ended.output
    assert "File too large" in ended.line_with("cannot go on without its job directory")
    ended.line_with("name another with --job-dir")
    there = lake.target.read()
    assert {name: tree.get(name) for name in there} == there
    again = run(lake.jobs, *lake.ends, environment=lake.environment)
    assert again.code == 0, again.output
    assert lake.target.read() == tree
    assert lake.is_clean()


@pytest.mark.full
def test_a_bucket_that_may_only_be_read_is_refused_at_once_and_clearly(lake: Lake) -> None:
    lake.source.make({f"d{number % 7}/f{number:04d}": b"x" for number in range(1500)})
    denied = {"status": 403, "code": "AccessDenied", "message": "You have no right to access this object."}
    lake.server.plan.replace([Rule("error", method=one, **denied) for one in ("PUT", "POST", "DELETE")])  # type: ignore[arg-type]
    ended = run(lake.jobs, *lake.ends, environment=lake.environment)
    assert ended.code == 4
    ended.line_with("STOPPED: the copy was ended, as every other file would fail likewise: ")
    ended.line_with("The keys need oss:PutObject on acs:oss:*:*:lake/*")
    assert lake.hits() < 1000
    assert lake.target.read() == {}


def change_all(source: Place, number: int) -> str:
    """Append to, replace, or delete a file; what was done."""
    name = f"f{number:03d}"
    path = source.local / name
    if number % 3 == 0:
        with path.open("ab") as file:
            file.write(b"-appended")
    elif number % 3 == 1:
        beside = source.local.parent / f"new-{name}"
        beside.write_bytes(b"replaced" * 50)
        os.replace(beside, path)
    else:
        path.unlink()
    return name


@pytest.mark.full
def test_sources_that_change_on_the_way_are_never_mixed_and_the_next_run_has_them(lake: Lake) -> None:
    old = {f"f{number:03d}": b"%03d" % number * 100 for number in range(120)}
    lake.source.make(old).settle()
    lake.be_slow()
    changed: list[str] = []

    def change() -> None:
        wait_for(lambda: lake.hits() > 10)
        changed.extend(change_all(lake.source, number) for number in range(0, 120, 2))

    thread = threading.Thread(target=change)
    thread.start()
    ended = run(lake.jobs, *SIZES, *lake.ends, environment=lake.environment)
    thread.join()
    assert len(changed) == 60
    new = lake.source.read()
    for name, data in lake.target.read().items():
        assert data in (old[name], new.get(name)), name
    untouched = old.keys() - set(changed)
    assert untouched <= lake.target.read().keys()
    assert ended.code in (0, 4), ended.output
    lake.server.plan.replace([])
    lake.source.settle()
    again = run(lake.jobs, "-update", "-delete", *lake.ends, environment=lake.environment)
    assert again.code == 0, again.output
    assert lake.target.read() == new
    assert lake.is_clean()

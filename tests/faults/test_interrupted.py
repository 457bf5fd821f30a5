"""Runs that are stopped, killed or frozen: what they leave on record, and what they must not do any more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import oss2
import pytest

from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from tests.spark.conftest import PROJECT

pytestmark = pytest.mark.faults

FILES, FILE_BYTES = 60, 256 * 1024


class Copy:
    """`hdfs2oss` between folders of this machine, slow enough to be met on its way, in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = folder / "target"
        self.processes: list[subprocess.Popen[str]] = []
        (folder / "source").mkdir()
        for number in range(FILES):
            (folder / f"source/f{number:02d}").write_bytes(os.urandom(FILE_BYTES))

    def start(self, *options: str, jobs: str = "", **environment: str) -> subprocess.Popen[str]:
        words = ["-update", *options, "--job-dir", jobs or f"file://{self.folder}/jobs"]
        process = subprocess.Popen(
            [sys.executable, "-m", "hdfs2oss", *words, f"file://{self.folder}/source", f"file://{self.target}"],
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def run_of(self, position: int) -> Path:
        return sorted(self.folder.glob("jobs/*/runs/*"))[position]

    def ledgers(self) -> list[Path]:
        return [path for path in self.folder.glob("jobs/*/runs/*/ledger/*.parquet") if path.name[0] != "."]

    def published(self) -> dict[str, tuple[int, int]]:
        """The files at the target; a file that is published again is another one."""
        there = [(path, path.stat()) for path in self.target.rglob("*") if not path.name.startswith(".")]
        return {path.name: (found.st_ino, found.st_mtime_ns) for path, found in there}


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    made = Copy(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=150)


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)], ids=str
)
def test_an_interrupted_run_leaves_its_account_on_record_and_on_the_screen(copy, number, code) -> None:
    """The signal reaches the whole group, as from a terminal that is closed."""
    process = copy.start("-bandwidth", "1")
    wait_for(copy.ledgers)
    os.killpg(process.pid, number)
    said, _ = process.communicate(timeout=150)
    assert process.returncode == code, said
    assert "Traceback" not in said
    report = json.loads((copy.run_of(0) / "report.json").read_text())
    counters = (copy.run_of(0) / "counters.txt").read_text()
    assert (report["exit_code"], report["success"]) == (code, False)
    own = report["counters"]["hdfs2oss"]
    assert own["FILES_EXPECTED"] == FILES
    assert 0 < own["FILES_COPIED"] < FILES
    assert counters in said
    assert f"FILES_COPIED={own['FILES_COPIED']}\n" in counters


def test_a_signal_that_comes_when_a_run_has_come_to_a_good_end_takes_nothing_from_it(copy, tmp_path) -> None:
    """The records are whole, and only the lock is still to be given back."""
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["jobs"]) as server:
        server.plan.replace([Rule("latency", key="*.released/", seconds=10.0)])
        keys = {"OSS_ENDPOINT": server.endpoint, "OSS_ACCESS_KEY_ID": "id", "OSS_ACCESS_KEY_SECRET": "secret"}
        process = copy.start(jobs="oss://jobs/", **keys)
        session = oss2.Session()
        session.session.trust_env = False
        bucket = oss2.Bucket(oss2.Auth("id", "secret"), server.endpoint, "jobs", session=session)
        wait_for(lambda: any(one.key.endswith("/report.json") for one in oss2.ObjectIterator(bucket)))
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=150)
    assert process.returncode == 0, said
    assert "the copy was interrupted" in said, "the signal came too late to prove anything"
    assert f"FILES_COPIED={FILES}\n" in said
    assert said.splitlines()[-1].endswith("does succeed !!!")


def test_after_a_kill_the_same_command_goes_on_and_says_so(copy) -> None:
    process = copy.start("-bandwidth", "1")
    wait_for(copy.ledgers)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=150)
    before = copy.published()
    said, _ = copy.start().communicate(timeout=150)
    assert f"Continuing run {copy.run_of(0).name}, begun 20" in said
    assert "its survey is " in said
    assert f"FILES_COPIED={FILES}\n" in said
    assert said.splitlines()[-1].endswith("does succeed !!!")
    after = copy.published()
    assert len(after) == FILES
    assert any(after[name] == found for name, found in before.items()), "all was copied again"
    again, _ = copy.start().communicate(timeout=150)
    assert "Continuing" not in again


def test_after_a_kill_a_run_that_is_given_up_has_its_report_completed(copy) -> None:
    process = copy.start("-bandwidth", "1")
    wait_for(copy.ledgers)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=150)
    dead = copy.run_of(0)
    assert not (dead / "report.json").exists()
    said, _ = copy.start("--fresh").communicate(timeout=150)
    line = next(line for line in said.splitlines() if dead.name in line)
    report = json.loads((dead / "report.json").read_text())
    assert f"{report['counters']['hdfs2oss']['FILES_COPIED']} files copied" in line
    assert report["counters"]["hdfs2oss"]["FILES_COPIED"] > 0
    assert report["success"] is False
    assert said.splitlines()[-1].endswith("does succeed !!!")
    again, _ = copy.start().communicate(timeout=150)
    assert dead.name not in again


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_run_that_was_frozen_past_the_take_over_publishes_nothing_more_and_ends_with_5(copy) -> None:
    """Both live on one machine, so nothing but the heartbeat tells that the first one is silent."""
    first = copy.start("-bandwidth", "1")
    wait_for(copy.ledgers)
    os.killpg(first.pid, signal.SIGSTOP)
    refused = copy.start()
    said, _ = refused.communicate(timeout=150)
    assert refused.returncode == 6, said
    time.sleep(61)
    second = copy.start()
    said, _ = second.communicate(timeout=200)
    assert second.returncode == 0, said
    assert len(copy.published()) == FILES
    before = copy.published(), sorted(copy.folder.glob("jobs/*/runs/*/*/*"))
    os.killpg(first.pid, signal.SIGCONT)
    continued = time.monotonic()
    said, _ = first.communicate(timeout=150)
    assert time.monotonic() - continued < 60
    assert first.returncode == 5, said
    assert "taken over by another run" in said
    assert (copy.published(), sorted(copy.folder.glob("jobs/*/runs/*/*/*"))) == before

"""A run that is killed outright leaves nothing behind for longer than until the next one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.rules.filters import WORK_PREFIX
from tests.trees import Place

PROJECT = Path(__file__).resolve().parents[2]
PART, CHUNK = 100 * 1024, 300 * 1024
TREE = {
    **{f"small/{number:02d}": os.urandom(1000) for number in range(20)},
    **{f"parts/{number}": os.urandom(2 * PART + number) for number in range(8)},
    **{f"chunks/{number}": os.urandom(2 * CHUNK + number) for number in range(4)},
}
ARGUMENTS = ("--part-size", "100K", "--chunk-size", "300K", "--processes", "2", "-update")
pytestmark = pytest.mark.faults


def start(source: Place, target: Place, *arguments: str) -> subprocess.Popen[str]:
    (access,) = target.stores.oss.values()
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "OSS_ENDPOINT": access.endpoint,
        "OSS_ACCESS_KEY_ID": access.access_key_id,
        "OSS_ACCESS_KEY_SECRET": access.access_key_secret,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "hdfs2oss", *ARGUMENTS, *arguments, str(source), str(target)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def litter(target: Place, home: Path) -> list[str]:
    """Work files at the target and in the job directory, and open uploads."""
    store = open_filesystem(target.uri, target.stores)
    found = [str(path) for path in home.rglob(f"{WORK_PREFIX}*")]
    if store.capabilities.multipart:
        return found + [str(one) for one in store.find_uploads(target.uri.path)]
    if store.status(target.uri.path) is None:
        return found
    return found + [row.path for row in store.walk(target.uri.path) if WORK_PREFIX in row.path]


def wait_until_at_work(home: Path) -> None:
    """Until a task has put on record what it may leave."""
    deadline = time.monotonic() + 60
    while not list(home.glob("jobs/*/runs/*/intents/*.json")) and time.monotonic() < deadline:
        time.sleep(0.01)


def kill_and_go_on(source: Place, target: Place, home: Path, moment: float) -> int:
    """Kill a run so long after it went to work, and run the same command again; how much the first one had left."""
    source.make(TREE).settle()
    killed = start(source, target, "-bandwidth", "1", "--job-dir", f"file://{home}/jobs")
    try:
        wait_until_at_work(home)
        time.sleep(moment)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=30)
    left = litter(target, home)
    again = start(source, target, "--job-dir", f"file://{home}/jobs")
    try:
        output, _ = again.communicate(timeout=150)
    finally:
        again.kill()
    assert again.returncode == 0, output
    assert litter(target, home) == [], output
    assert {path: data for path, data in target.read().items() if data is not None} == TREE
    return len(left)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["oss", "file"])
@pytest.mark.parametrize("moment", [0.0, 0.5])
def test_a_killed_run_leaves_nothing_once_the_same_command_has_run_again(make_place, home, scheme, moment) -> None:
    left = kill_and_go_on(make_place("file", "source"), make_place(scheme, "target"), home, moment)
    print(f"left at {moment} s: {left}")


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scheme", ["oss", "file"])
def test_runs_killed_at_twenty_moments_leave_nothing(make_place, home, scheme) -> None:
    moments = random.Random(20)
    left = 0
    for number in range(20):
        source, target = make_place("file", f"source-{number}"), make_place(scheme, f"target-{number}")
        left += kill_and_go_on(source, target, home / f"{number}", moments.uniform(0.0, 2.0))
    assert left, "no moment was one at which there was anything to leave"


@pytest.mark.hdfs
@pytest.mark.timeout(300)
def test_a_run_killed_while_it_writes_to_hdfs_leaves_nothing(make_place, hdfs_place, home) -> None:
    kill_and_go_on(make_place("file", "source"), hdfs_place("hdfs", "target"), home, 0.3)


@pytest.mark.hdfs
@pytest.mark.full
@pytest.mark.timeout(1800)
def test_runs_killed_at_twenty_moments_leave_nothing_on_hdfs(make_place, hdfs_place, home) -> None:
    moments = random.Random(21)
    left = 0
    for number in range(20):
        source, target = make_place("file", f"source-{number}"), hdfs_place("hdfs", f"target-{number}")
        left += kill_and_go_on(source, target, home / f"{number}", moments.uniform(0.0, 2.0))
    assert left, "no moment was one at which there was anything to leave"

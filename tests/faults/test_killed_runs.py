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
from hdfs2oss.model.errors import StoreError
from hdfs2oss.rules.filters import WORK_PREFIX
from tests.trees import Place

PROJECT = Path(__file__).resolve().parents[2]
PART, CHUNK = 100 * 1024, 300 * 1024
TREE = {
    **{f"small/{number:03d}": os.urandom(1000) for number in range(200)},
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


def paths(place: Place) -> list[str]:
    """All that is there, work files too."""
    store = open_filesystem(place.uri, place.stores)
    return [row.path for row in store.walk(place.uri.path)] if store.status(place.uri.path) is not None else []


def litter(target: Place, jobs: Place) -> list[str]:
    """Work files at the target and in the job directory, and open uploads."""
    found = [path for path in paths(target) + paths(jobs) if WORK_PREFIX in path]
    for place in (target, jobs):
        store = open_filesystem(place.uri, place.stores)
        if store.capabilities.multipart:
            found += [str(one) for one in store.find_uploads(place.uri.path)]
    return found


def is_at_work(jobs: Place) -> bool:
    """Whether a task has put on record what it may leave."""
    try:
        return any("/intents/" in path and path.endswith(".json") for path in paths(jobs))
    except StoreError:
        return False  # it changes while it is listed


def wait_until_at_work(jobs: Place) -> None:
    deadline = time.monotonic() + 60
    while not is_at_work(jobs) and time.monotonic() < deadline:
        time.sleep(0.01)


def kill_and_go_on(source: Place, target: Place, jobs: Place, moment: float) -> int:
    """Kill a run so long after it went to work, and run the same command again; how much the first one had left."""
    source.make(TREE).settle()
    killed = start(source, target, "-bandwidth", "1", "--job-dir", str(jobs))
    try:
        wait_until_at_work(jobs)
        time.sleep(moment)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=150)
    left = litter(target, jobs)
    again = start(source, target, "--job-dir", str(jobs))
    try:
        output, _ = again.communicate(timeout=150)
    finally:
        again.kill()
    assert again.returncode == 0, output
    assert litter(target, jobs) == [], output
    assert {path: data for path, data in target.read().items() if data is not None} == TREE
    return len(left)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["oss", "file"])
@pytest.mark.parametrize("moment", [0.0, 0.5])
def test_a_killed_run_leaves_nothing_once_the_same_command_has_run_again(make_place, home, scheme, moment) -> None:
    source, target = make_place("file", "source"), make_place(scheme, "target")
    left = kill_and_go_on(source, target, make_place("file", "jobs"), moment)
    print(f"left at {moment} s: {left}")


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scheme", ["oss", "file"])
def test_runs_killed_at_twenty_moments_leave_nothing(make_place, home, scheme) -> None:
    moments = random.Random(20)
    left = 0
    for number in range(20):
        source, target = make_place("file", f"source-{number}"), make_place(scheme, f"target-{number}")
        jobs = make_place(scheme if number % 2 else "file", f"jobs-{number}")
        left += kill_and_go_on(source, target, jobs, moments.uniform(0.0, 2.0))
    assert left, "no moment was one at which there was anything to leave"


@pytest.mark.hdfs
@pytest.mark.timeout(300)
def test_a_run_killed_while_it_writes_to_hdfs_leaves_nothing(make_place, hdfs_place, home) -> None:
    kill_and_go_on(make_place("file", "source"), hdfs_place("hdfs", "target"), make_place("file", "jobs"), 0.3)


@pytest.mark.hdfs
@pytest.mark.full
@pytest.mark.timeout(1800)
def test_runs_killed_at_twenty_moments_leave_nothing_on_hdfs(make_place, hdfs_place, home) -> None:
    moments = random.Random(21)
    left = 0
    for number in range(20):
        source, target = make_place("file", f"source-{number}"), hdfs_place("hdfs", f"target-{number}")
        jobs = hdfs_place("hdfs", f"jobs-{number}") if number % 2 else make_place("file", f"jobs-{number}")
        left += kill_and_go_on(source, target, jobs, moments.uniform(0.0, 2.0))
    assert left, "no moment was one at which there was anything to leave"

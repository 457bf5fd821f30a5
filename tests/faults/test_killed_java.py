"""A copy through Hadoop's Java client that is killed outright: no JVM stays, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.values import FILE
from tests.spark.conftest import PROJECT
from tests.trees import Place

pytestmark = [pytest.mark.hdfs, pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(900)]

TREE = {f"d{number % 4}/f{number:03d}": os.urandom(200_000 + number) for number in range(60)}


def descendants(process: int) -> dict[int, str]:
    """The processes below one, with what tells a number that is used again from the first: when it began."""
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1]), fields[19]
    found: dict[int, str] = {}
    level = [process]
    while level:
        level = [one for one, (parent, _) in parents.items() if parent in level]
        found.update({one: parents[one][1] for one in level})
    return found


def is_java(process: int) -> bool:
    try:
        return "java" in Path(os.readlink(f"/proc/{process}/exe")).name
    except OSError:
        return False


def lives(process: int, began: str) -> bool:
    """Nobody may wait for an orphan: one that has ended may keep its number."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == began and fields[0] not in "ZX"


def wait_until(holds, what: str) -> None:
    deadline = time.monotonic() + 240
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_a_copy_by_java_that_is_killed_leaves_no_jvm_and_goes_on(sandbox, hdfs_place, tmp_path: Path) -> None:
    lake, bucket = hdfs_place("hdfs", "lake"), hdfs_place("oss", "lake")
    lake.make(TREE)
    words = [sys.executable, "-m", "hdfs2oss", "--processes", "2", "--hdfs-client", "jvm", "-bandwidth", "1"]
    words += ["--job-dir", f"file://{tmp_path}/jobs", str(lake), str(bucket)]
    environment = {**os.environ, **sandbox.env(), "PYTHONPATH": str(PROJECT)}
    with open(tmp_path / "log", "wb") as log:
        driver = subprocess.Popen(words, env=environment, stdout=log, stderr=log)

        def has_begun() -> bool:
            return driver.poll() is not None or bool(files_of(bucket))

        wait_until(has_begun, (tmp_path / "log").read_text())
        family = descendants(driver.pid)
        machines = {one: began for one, began in family.items() if is_java(one)}
        driver.send_signal(signal.SIGKILL)
        driver.wait(60)
    assert len(machines) >= 2, "one of the driver, and one of a task"
    wait_until(lambda: not any(lives(*one) for one in machines.items()), "a JVM lives on")
    words[words.index("-bandwidth") + 1] = "100"
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert bucket.read() == TREE


def files_of(place: Place) -> int:
    """How many have arrived."""
    store = open_filesystem(place.uri, place.stores)
    if store.status(place.uri.path) is None:
        return 0
    return sum(1 for row in store.walk(place.uri.path) if row.kind == FILE)

"""Large files that change while many tasks send them, and a driver killed in the middle of their second try."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import StoreError
from tests.faults.test_killed_drivers import Driver, World, wait_until_gone
from tests.faults.test_killed_runs import litter, paths, wait_until_at_work
from tests.trees import Place

pytestmark = [pytest.mark.faults, pytest.mark.hdfs, pytest.mark.timeout(600)]

TREE = {"large": os.urandom(3_000_001), "other": os.urandom(700_000), "small": b"small"}
# Chunks are of 300 KiB: three parts, or three blocks.
BLOCKS = "-Ddfs.blocksize=102400"
PROCESSES, SPARK = Driver("processes", 2), Driver("spark", 2)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_on_record(jobs: Place, name: str) -> bool:
    try:
        return any(path.endswith(f"/{name}") for path in paths(jobs))
    except StoreError:
        return False  # it changes while it is listed


@pytest.mark.parametrize("new_length", [3_500_001, pytest.param(200_000, marks=pytest.mark.full)])
@pytest.mark.parametrize(
    ("from_scheme", "killed", "last"),
    [
        ("oss", PROCESSES, PROCESSES),
        pytest.param("hdfs", SPARK, PROCESSES, marks=[pytest.mark.full, pytest.mark.spark]),
        pytest.param("hdfs", PROCESSES, SPARK, marks=[pytest.mark.full, pytest.mark.spark]),
        pytest.param("oss", SPARK, PROCESSES, marks=[pytest.mark.full, pytest.mark.spark]),
        pytest.param("oss", PROCESSES, SPARK, marks=[pytest.mark.full, pytest.mark.spark]),
    ],
)
def test_a_driver_killed_in_the_second_try_of_a_file_is_followed_by_one_that_ends_it_and_makes_no_third(
    hdfs_place, tmp_path: Path, sandbox, monkeypatch, from_scheme: str, killed: Driver, last: Driver, new_length: int
) -> None:
    source, jobs = hdfs_place(from_scheme, "source"), hdfs_place("hdfs", "jobs")
    target = hdfs_place("oss" if from_scheme == "hdfs" else "hdfs", "target")
    source.make(TREE).settle()
    # Where chunks are joined, WebHDFS is asked.
    monkeypatch.setenv("HADOOP_CONF_DIR", sandbox.env()["HADOOP_CONF_DIR"])
    world = World(sandbox, source, target, jobs, tmp_path)
    process = world.start(killed, BLOCKS)
    try:
        wait_until_at_work(jobs)
        new = os.urandom(new_length)
        (source / "large").put(new)
        # Cut once more, or packed to be copied whole; then there are seconds to go.
        wait_until(lambda: is_on_record(jobs, "tasks/copy-anew.json") or process.poll() is not None)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=120)
    wait_until_gone(jobs)
    said = ""
    # One that was done before its moment came was the last one.
    if process.returncode:
        assert process.returncode == -signal.SIGKILL, output
        again = world.start(last, BLOCKS)
        said, _ = again.communicate(timeout=300)
        assert again.returncode == 0, output + said
    assert target.read() == {**TREE, "large": new}, output + said
    assert litter(target, jobs) == [], output + said
    (report,) = [path for path in paths(jobs) if path.endswith("/report.json")]
    found = json.loads(Place(jobs.uri.join(report), jobs.stores).content())
    own = found["counters"][OWN]
    assert (own["FILES_COPIED"], own["FILES_COPIED_AS_CHANGED"], found["discrepancy"]) == (3, 1, ""), said
    assert own["BYTES_LISTED"] == own["BYTES_COPIED"] == sum(map(len, {**TREE, "large": new}.values()))
    # It was planned anew by the first of the two only.
    planned = [path for path in paths(jobs) if "/plan/renewal-" in path]
    assert len(planned) == 1, planned

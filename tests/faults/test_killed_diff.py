"""A -diff that is killed outright, at any moment, is gone on with by the same command."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from hdfs2oss.local_oss.faults.rule import Rule
from tests.faults.test_killed_runs import start
from tests.hdfs_snapshots import allow, rename, snapshot, store_of, with_web
from tests.trees import Place

pytestmark = [pytest.mark.faults, pytest.mark.hdfs]
FILES = {f"{folder}/{number:02d}": f"{folder}{number}".encode() for folder in "abcdef" for number in range(6)}


def rework(source: Place) -> dict[str, bytes]:
    """A circle of three directories, a deletion, a rename, and new files; then `s2`."""
    for path, new_path in (("a", "t"), ("b", "a"), ("c", "b"), ("t", "c"), ("d", "g")):
        rename(source, path, new_path)
    store_of(source).remove((source / "e").uri.path, recursive=True)
    source.make({"new/1": b"1", "e": b"a file now"})
    snapshot(source, "s2")
    turned = {"a": "c", "b": "a", "c": "b", "d": "g", "f": "f"}
    kept = {path: data for path, data in FILES.items() if not path.startswith("e/")}
    return {turned[path[0]] + path[1:]: data for path, data in kept.items()} | {"new/1": b"1", "e": b"a file now"}


def drivers_of(home: Path) -> int:
    """How many have begun a run, or gone on with one."""
    return sum(len(list(home.glob(f"jobs/*/runs/*/{name}.json"))) for name in ("run", "continued-*"))


@pytest.mark.timeout(300)
def test_runs_killed_on_their_way_from_one_snapshot_to_the_next_lose_nothing(
    hdfs_place, make_place, home, oss_server, sandbox, monkeypatch
) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    source, target = with_web(hdfs_place("hdfs", "source")).make(FILES), make_place("oss", "target")
    jobs = ("--job-dir", f"file://{home}/jobs")
    allow(source)
    snapshot(source, "s1")
    first = start(source, target, *jobs, "--from-snapshot", "s1")
    output, _ = first.communicate(timeout=100)
    assert first.returncode == 0, output
    expected = rework(source)
    oss_server.plan.replace(
        [Rule("latency", operation=name, seconds=0.05) for name in ("copy_object", "delete_objects")]
    )
    dice, ends = random.Random(7), []
    try:
        for _ in range(3):
            begun = drivers_of(home)
            run = start(source, target, *jobs, "-diff", "s1", "s2")
            deadline = time.monotonic() + 60
            while drivers_of(home) == begun and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(dice.uniform(0.1, 1.5))
            run.send_signal(signal.SIGKILL)
            run.communicate(timeout=150)
            ends.append(run.returncode)
    finally:
        oss_server.plan.replace([])
    assert -signal.SIGKILL in ends
    last = start(source, target, *jobs, "-diff", "s1", "s2")
    output, _ = last.communicate(timeout=150)
    assert last.returncode == 0 or (0 in ends and "there is nothing to do" in output), output
    assert target.read() == expected

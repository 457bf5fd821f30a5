"""A run that is killed while it deletes: the next one deletes the rest, and nothing else."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.local_oss.faults.rule import Rule
from tests.faults.test_killed_runs import start
from tests.trees import Place

FILES = {f"kept/{number}": b"kept" for number in range(20)}
OLD = {f"old/{number % 7}/{number:04d}": b"old" for number in range(2500)}
pytestmark = pytest.mark.faults


def files_of(place: Place) -> int:
    return sum(1 for row in open_filesystem(place.uri, place.stores).walk(place.uri.path) if row.kind == "F")


def options(home: Path) -> tuple[str, ...]:
    return ("-delete", "--max-delete", "100%", "--job-dir", f"file://{home}/jobs")


@pytest.mark.timeout(400)
def test_the_run_after_a_killed_deletion_deletes_the_rest(make_place, home, oss_server) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make(FILES).settle()
    target.make({**FILES, **OLD})
    # The first thousand go, and the others wait for longer than this takes.
    oss_server.plan.replace([Rule("latency", operation="delete_objects", seconds=1000.0, after=1)])
    killed = start(source, target, *options(home))
    try:
        deadline = time.monotonic() + 100
        while files_of(target) == len(FILES) + len(OLD) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=150)
        oss_server.plan.replace([])
    assert len(FILES) < files_of(target) < len(FILES) + len(OLD), "it was not killed while it deleted"
    again = start(source, target, *options(home))
    try:
        output, _ = again.communicate(timeout=150)
    finally:
        again.kill()
    assert again.returncode == 0, output
    assert target.read() == FILES

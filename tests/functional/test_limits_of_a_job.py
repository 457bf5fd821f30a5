"""Limits of a whole job, held by tasks in several processes, and changed while it runs."""

import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.pace import BYTES, REQUESTS
from hdfs2oss.model.counters import COPY_MAPPER, OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.units import MIB
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.verbs.copy.job import CopyJob
from tests.trees import Place

TREE = {f"f{number}": bytes([number]) * (3 * MIB) for number in range(4)}
RATE_MB = 4


@pytest.fixture
def own_processes() -> Iterator[LocalRunner]:
    """Two processes of the test's own: whoever came next to shared ones would be held back."""
    runner = LocalRunner(2, pause_seconds=0.0)
    yield runner
    runner.close()


def run(ends: tuple[Place, Place], home: Path, runner: LocalRunner, **options: object) -> tuple[Report, str]:
    source, target = ends
    source.make(TREE)
    said = io.StringIO()
    progress = Progress(said, pause_seconds=0.5)
    asked = CopyOptions.model_validate({"sources": (source.uri,), "target": target.uri, **options})
    try:
        report = CopyJob(asked, target.stores, runner, progress, [Uri("file", "", str(home))]).run()
    finally:
        progress.end()
    assert report.exit_code == 0
    assert target.read() == TREE
    return report, said.getvalue()


@pytest.mark.slow
def test_four_tasks_of_two_processes_keep_a_limit_that_is_set_while_they_run(
    local_ends: tuple[Place, Place], home: Path, own_processes: LocalRunner
) -> None:
    """As asked it would take an hour; set by hand, it is no faster than that."""
    changed: list[float] = []
    said: list[str] = []

    def change() -> None:
        source, target = local_ends
        while not list(home.glob(".hdfs2oss/*/runs/*/tasks/copy.json")):
            time.sleep(0.05)
        changed.append(time.monotonic())
        words = [
            sys.executable,
            "-m",
            "hdfs2oss",
            "limits",
            "--total-bandwidth",
            str(RATE_MB),
            str(source.uri),
            str(target.uri),
        ]
        said.append(subprocess.run(words, capture_output=True, text=True, check=False).stdout)

    operator = threading.Thread(target=change)
    operator.start()
    report, told = run(
        local_ends, home, own_processes, total_bandwidth_mb=0.01, part_size_bytes=MIB, chunk_size_bytes=3 * MIB
    )
    operator.join()
    seconds = time.monotonic() - changed[0]
    # A burst of half a second, and the first piece of each thread.
    assert seconds >= (len(TREE) * 3 - 1) / RATE_MB - 0.5
    assert report.counters.get(OWN, "BANDWIDTH_HELD_MILLISECONDS") > 0
    assert "Limits: 0.01 MiB/s for the whole job" in told
    assert "Limits from now on: 4 MiB/s for the whole job, as set by hand" in told
    assert said == [f"Set for run {report.run_id}, until it ends: total_bandwidth 4.0.\n"]
    assert (BYTES.rate, REQUESTS.rate) == (None, None)


def test_the_limit_of_a_task_is_counted_as_distcp_does(local_ends: tuple[Place, Place], home: Path) -> None:
    report, _ = run(local_ends, home, LocalRunner(0), bandwidth_mb=24)
    assert report.counters.get(COPY_MAPPER, "SLEEP_TIME_MS") > 0


def test_requests_are_held_to_their_limit_with_those_for_listings(make_place, home: Path, oss_server) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    started = time.monotonic()
    report, _ = run((source, target), home, LocalRunner(0), requests_per_second=15)
    asked = sum(
        report.counters.get("File System Counters", f"OSS: Number of {kind} operations") for kind in ("read", "write")
    )
    assert asked >= len(TREE)
    assert time.monotonic() - started >= (asked - 1) / 15 - 0.5

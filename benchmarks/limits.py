"""Do four tasks together keep a limit of the whole job within 5 %, under every runner? One table.

    python -m benchmarks.limits [--rate 8] [--seconds 120] [--runners threads processes local-cluster]

Sparse files are copied to a local OSS server, in parts small enough that a part is no burst. What is counted are the
bytes of the parts as the server got them, by its request log, each spread over the time it took; what counts is the
fullest window of 60 s, and the emptiest one between the first part and the last. The threads of one task (`threads`)
share a process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hdfs2oss.local_oss import LocalOssServer

PROJECT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
TASKS, WINDOW_SECONDS, PART_MIB = 4, 60.0, 1
RUNNERS = {
    "threads": ("--processes", "1"),
    "processes": ("--processes", str(TASKS)),
    "local": ("local[4]",),
    "local-cluster": (f"local-cluster[{TASKS},1,1024]",),
}


class Window(NamedTuple):
    """MiB/s in the fullest and in the emptiest minute."""

    most: float
    least: float


def measure(rate_mb: float, seconds: float, runner: str, work: Path) -> Window:
    """Copy for about so many seconds under the limit."""
    source, log = work / "source", work / "log"
    source.mkdir(parents=True)
    for number in range(TASKS):
        with open(source / f"f{number}", "wb") as file:
            file.truncate(int(rate_mb * seconds / TASKS) * MIB)
    with LocalOssServer(work / "oss", "id", "secret", buckets=["lake"], request_log=log) as server:
        words = [
            *(
                "--total-bandwidth",
                str(rate_mb),
                "--part-size",
                f"{PART_MIB}m",
                "--chunk-size",
                "32m",
                "--threads",
                "4",
            ),
            *(f"--job-dir=file://{work}/jobs", f"file://{source}", "oss://lake/target"),
        ]
        keys = {"OSS_ACCESS_KEY_ID": "id", "OSS_ACCESS_KEY_SECRET": "secret", "OSS_ENDPOINT": server.endpoint}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, **keys, "PATH": path, "PYTHONPATH": str(PROJECT)}
        subprocess.run([*_begin(runner), *words], env=env, check=True, stdout=subprocess.DEVNULL)
    return _window([json.loads(line) for line in log.read_text().splitlines()])


def _begin(runner: str) -> Sequence[str]:
    words = RUNNERS[runner]
    if words[0].startswith("--"):
        return [sys.executable, "-m", "hdfs2oss", *words]
    return ["spark-submit", "--master", words[0], str(PROJECT / "jobs" / "hdfs2oss.py")]


def _window(rows: list[dict[str, Any]]) -> Window:
    """A part counts over the time it took: many go side by side, so that their ends come in bursts."""
    parts = [
        (float(row["time"]) - float(row["ms"]) / 1000, float(row["time"]))
        for row in rows
        if row["operation"] == "upload_part" and row["status"] == 200
    ]
    first, last = min(began for began, _ in parts), max(ended for _, ended in parts)
    found = []
    for start in sorted(began for began, _ in parts):
        end = start + WINDOW_SECONDS
        if first <= start and end <= last:
            inside = sum(
                max(0.0, min(ended, end) - max(began, start)) / max(0.001, ended - began) for began, ended in parts
            )
            found.append(inside * PART_MIB / WINDOW_SECONDS)
    return Window(max(found), min(found))


def main() -> None:
    """Measure each runner, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=8.0, help="MiB/s for the whole job")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--runners", nargs="+", choices=list(RUNNERS), default=list(RUNNERS))
    asked = parser.parse_args()
    print(
        "| runner | limit MiB/s | fullest 60 s | emptiest 60 s | above the limit |\n|---|---|---|---|---|", flush=True
    )
    for runner in asked.runners:
        with tempfile.TemporaryDirectory(prefix="hdfs2oss-limits-") as work:
            found = measure(asked.rate, asked.seconds, runner, Path(work))
        above = (found.most / asked.rate - 1) * 100
        print(f"| {runner} | {asked.rate:g} | {found.most:.2f} | {found.least:.2f} | {above:+.1f} % |", flush=True)


if __name__ == "__main__":
    main()

"""Does throughput grow with the slots? `python -m benchmarks scaling`

The OSS server answers every request 200 ms late, so that waiting is all there is; the copy goes from files of this
machine, in 1, 2 and 4 processes of 4 threads. Each is given trees of two sizes, in proportion to its slots: the rate is
that of the files which the larger has more, so starts and endings do not count. The floor is that of a thread that
does nothing but wait: five files a second.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .command import BenchmarkFailed, Command
from .server import BUCKET, KEYS, serving

LATENCY_MS = 200
_THREADS = 4
_FILE_BYTES = 4096
_LIMIT_SECONDS = 300


class Rate(NamedTuple):
    """Files a second beyond the start, and the CPU of a file."""

    slots: int
    files_per_second: float
    cpu_ms_per_file: float


def main(argv: Sequence[str]) -> int:
    """Print the table; 0 if every doubling brought 1.9 x."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks scaling")
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 2, 4], help="default: 1 2 4")
    parser.add_argument("--latency-ms", type=int, default=LATENCY_MS, help="of every answer (default %(default)s)")
    parser.add_argument("--files", type=int, default=600, help="for each slot, the larger tree (default %(default)s)")
    arguments = parser.parse_args(argv)
    rates = measure(arguments.slots, arguments.latency_ms, arguments.files)
    print("\n".join(table(rates, arguments.latency_ms)))
    return 0 if all(growth >= 1.9 for growth in growths(rates)) else 1


def measure(slots: Sequence[int] = (1, 2, 4), latency_ms: int = LATENCY_MS, files: int = 600) -> list[Rate]:
    """The rates of so many slots, `files` the larger tree for each of them."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        rules = folder / "rules.json"
        rules.write_text(json.dumps([{"fault": "latency", "seconds": latency_ms / 1000}]))
        with serving(folder, "--faults", str(rules)) as endpoint:
            return [_rate(folder, endpoint, count, files) for count in slots]


def growths(rates: Sequence[Rate]) -> list[float]:
    """By how much throughput grew for each doubling of slots, from one row to the next."""
    return [
        (after.files_per_second / before.files_per_second) ** (1 / math.log2(after.slots / before.slots))
        for before, after in itertools.pairwise(rates)
    ]


def table(rates: Sequence[Rate], latency_ms: int) -> list[str]:
    """The lines of the table in Markdown."""
    ideal = _THREADS * 1000 / latency_ms
    grown = ["", *(f"{growth:.2f}" for growth in growths(rates))]
    return [
        f"| slots of {_THREADS} threads | files/s | of threads that only wait | a doubling brings | CPU ms/file |",
        "|---:|---:|---:|---:|---:|",
        *(
            f"| {rate.slots} | {rate.files_per_second:.1f} | {rate.files_per_second / rate.slots / ideal:.0%} "
            f"| {growth} | {rate.cpu_ms_per_file:.2f} |"
            for rate, growth in zip(rates, grown, strict=True)
        ),
    ]


def _rate(folder: Path, endpoint: str, slots: int, files: int) -> Rate:
    few, many = files // 5 * slots, files * slots
    taken = {count: _copy(folder, endpoint, slots, count) for count in (few, many)}
    wall, cpu = (taken[many][part] - taken[few][part] for part in range(2))
    if wall <= 0:
        raise BenchmarkFailed(f"{many} files took no longer than {few}: ask for more --files")
    print(f"  {slots} slots: {many - few} files more in {wall:.1f} s", flush=True)
    return Rate(slots, (many - few) / wall, cpu * 1000 / (many - few))


def _copy(folder: Path, endpoint: str, slots: int, count: int) -> tuple[float, float]:
    """Wall and CPU seconds of a copy of so many files."""
    source = folder / f"source-{count}"
    source.mkdir(exist_ok=True)
    for number in range(count):
        (source / f"f{number:06d}").write_bytes(os.urandom(_FILE_BYTES))
    words = (sys.executable, "-m", "hdfs2oss", "-overwrite", "--processes", str(slots), "--threads", str(_THREADS))
    places = ("--job-dir", f"file://{folder}/jobs", f"file://{source}", f"oss://{BUCKET}/{slots}/{count}")
    environment = {**KEYS, "OSS_ENDPOINT": endpoint, "HOME": str(folder)}
    taken = Command((*words, "--proof-dir", "none", *places), environment).run(_LIMIT_SECONDS).taken
    return taken.wall_seconds, taken.cpu_seconds

"""What docs/scaling.md counts with: `python -m benchmarks coefficients`

Copies of two sizes from files of this machine to a server that forgets bytes; the difference is what a file more
leaves in the job directory, with names such as Spark gives. A copy on Spark says what a task leaves in the event log.
What the driver keeps of a task is measured on as many of them as a huge copy has. NameNode calls are counted on the
sandbox: of trees of two sizes, and of one tree in more tasks.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import tracemalloc
import uuid
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

from hdfs2oss.model.values import PlanSlice
from hdfs2oss.records.course import publish_bins
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.rules.packing import pack

from . import lake
from .command import PROJECT, Command
from .places import Place
from .server import BUCKET, KEYS, serving
from .stage import Stage, staged
from .tools import SLOTS
from .workload import Tree

_FILE_BYTES = 512
_FILES_OF_DIRECTORY = 100
_LIMIT_SECONDS = 600
_MANY = 100_000
_FEW_FILES, _MANY_FILES = 200, 1_200
_MORE_SLOTS = 12


def main(argv: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks coefficients")
    parser.add_argument("--files", type=int, default=40_000, help="of the larger copy (default %(default)s)")
    arguments = parser.parse_args(argv)
    few, many = arguments.files // 4, arguments.files
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        for count in (few, many):
            _make(folder / f"source-{count}", count)
        with serving(folder, "--null") as endpoint:
            left = {count: _copy(folder, endpoint, count) for count in (few, many)}
            events = _events(folder, endpoint, few)
    rows = [
        row for kind in sorted(left[many]) for row in left_by(kind, (few, left[few][kind]), (many, left[many][kind]))
    ]
    rows += [(f"bytes of the event log for {event}", text) for event, text in sizes_of(events)]
    kept, most, record = _driver_bytes()
    rows += [("bytes of the driver's memory a task", f"{kept:.0f}, {most:.0f} when they are put on record")]
    rows += [("bytes of that record a task", f"{record:.0f}")]
    with staged(with_yarn=False) as stage:
        rows += _calls(stage)
    print("\n".join(["| what | measured |", "|---|---:|", *(f"| {what} | {value} |" for what, value in rows)]))
    return 0


class Left(NamedTuple):
    """Files of one kind in a job directory."""

    files: int
    total_bytes: int


def left_by(kind: str, small: tuple[int, Left], large: tuple[int, Left]) -> list[tuple[str, str]]:
    """What a file that was copied takes, and what a file of records takes besides, whatever it holds."""
    (few, lesser), (many, more) = small, large
    # Bytes = each x files copied + fixed x files of records, twice.
    each = (more.total_bytes * lesser.files - lesser.total_bytes * more.files) / (
        many * lesser.files - few * more.files
    )
    fixed = (lesser.total_bytes - each * few) / lesser.files
    return [(f"bytes of {kind} a file", f"{each:.0f}"), (f"... and {kind}, a file of records", f"{fixed:.0f}")]


def _copy(folder: Path, endpoint: str, count: int) -> dict[str, Left]:
    """Copies so many files in one task; what lies in the job directory, by its part."""
    jobs = folder / f"jobs-{count}"
    words = (sys.executable, "-m", "hdfs2oss", "-overwrite", "--processes", "1", "-m", "1", *_places(jobs, count))
    Command(words, {**KEYS, "OSS_ENDPOINT": endpoint, "HOME": str(folder)}).run(_LIMIT_SECONDS)
    found: dict[str, Left] = {}
    for path in jobs.rglob("*.parquet"):
        kind = f"the run's {path.parent.name}" if "runs" in path.parts else "the pair's ledger"
        known = found.get(kind, Left(0, 0))
        found[kind] = Left(known.files + 1, known.total_bytes + path.stat().st_size)
    return found


def _events(folder: Path, endpoint: str, count: int) -> list[bytes]:
    """The lines of the event log of a copy on Spark."""
    log = folder / "events"
    log.mkdir()
    switches = ("enabled=true", f"dir=file://{log}", "compress=false", "rolling.enabled=false")
    confs = [word for switch in switches for word in ("--conf", f"spark.eventLog.{switch}")]
    shim = str(PROJECT / "jobs" / "hdfs2oss.py")
    words = ("spark-submit", "--master", f"local[{SLOTS}]", *confs, shim, "-overwrite", *_places(folder / "s", count))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**KEYS, "OSS_ENDPOINT": endpoint, "PATH": path, "PYSPARK_PYTHON": sys.executable}
    Command(words, environment).run(_LIMIT_SECONDS)
    return [line for path in log.rglob("*") if path.is_file() for line in path.read_bytes().splitlines()]


def _make(root: Path, count: int) -> None:
    """Files of other bytes each, a hundred to a directory."""
    for number in range(count):
        directory = root / f"dt=2026-01-01/part={number // _FILES_OF_DIRECTORY:05d}"
        if number % _FILES_OF_DIRECTORY == 0:
            directory.mkdir(parents=True)
            job = uuid.uuid4()
        name = f"part-{number % _FILES_OF_DIRECTORY:05d}-{job}.c000.snappy.parquet"
        (directory / name).write_bytes(os.urandom(_FILE_BYTES))


def _places(jobs: Path, count: int) -> tuple[str, ...]:
    records = ("--proof-dir", "none", "--job-dir", f"file://{jobs}")
    return (*records, f"file://{jobs.parent}/source-{count}", f"oss://{BUCKET}/{jobs.name}-copy")


def sizes_of(events: Sequence[bytes]) -> list[tuple[str, str]]:
    """Bytes of a task, of a job with its stage, and of the rest, as written and compressed."""
    kinds = {"SparkListenerTask": "each task", "SparkListenerJob": "each job", "SparkListenerStage": "each job"}
    sizes: Counter[str] = Counter()
    texts: dict[str, bytearray] = {}
    tasks = jobs = 0
    for line in events:
        event = json.loads(line)["Event"]
        kind = next((kind for start, kind in kinds.items() if event.startswith(start)), "the application")
        sizes[kind] += len(line) + 1
        texts.setdefault(kind, bytearray()).extend(line)
        tasks, jobs = tasks + (event == "SparkListenerTaskEnd"), jobs + (event == "SparkListenerJobEnd")
    counts = {"each task": max(1, tasks), "each job": max(1, jobs), "the application": 1}
    return [
        (kind, f"{sizes[kind] / count:.0f} ({len(zlib.compress(bytes(texts.get(kind, b'')))) / count:.0f} compressed)")
        for kind, count in counts.items()
    ]


def _calls(stage: Stage) -> list[tuple[str, str]]:
    """NameNode calls of a file, each way, and of a task."""
    few, many = (_tree_of(stage, count) for count in (_FEW_FILES, _MANY_FILES))
    out = [_counted(stage, few, "oss", SLOTS), _counted(stage, many, "oss", SLOTS)]
    tasks = [out[1], _counted(stage, many, "oss", _MORE_SLOTS)]
    stored = [Place("oss", f"calls/{place.path.rpartition('/')[2]}-{SLOTS}") for place in (few, many)]
    back = [_counted(stage, place, "hdfs", SLOTS) for place in stored]
    more = _MANY_FILES - _FEW_FILES
    each = (out[1][0] - out[0][0]) / more
    return [
        ("NameNode calls a file, HDFS to OSS", f"{each:.2f}"),
        ("NameNode calls a file, OSS to HDFS", f"{(back[1][0] - back[0][0]) / more:.2f}"),
        ("NameNode calls a task", f"{(tasks[1][0] - tasks[0][0]) / max(1, tasks[1][1] - tasks[0][1]):.1f}"),
        ("NameNode calls of a run without files", f"{out[0][0] - each * _FEW_FILES:.0f}"),
    ]


def _tree_of(stage: Stage, count: int) -> Place:
    place = Place("hdfs", f"/calls/{count}")
    lake.make(stage.client, place.path, Tree(count, _FILE_BYTES))
    return place


def _counted(stage: Stage, source: Place, store: str, slots: int) -> tuple[int, int]:
    """Calls and tasks of a copy."""
    name = f"{source.path.rpartition('/')[2]}-{slots}"
    target = Place("oss", f"calls/{name}") if store == "oss" else Place("hdfs", f"/calls/{name}")
    before = stage.gauges.read()
    how = ("-m", str(slots), "--processes", str(slots))
    words = (sys.executable, "-m", "hdfs2oss", "-overwrite", *how, source.url(stage.env), target.url(stage.env))
    output = Command(words, stage.env).run(_LIMIT_SECONDS).output
    tasks = re.search(r"Launched map tasks=(\d+)", output)
    return sum(stage.gauges.read().since(before).calls.values()), int(tasks.group(1)) if tasks else 0


class _Scales:
    """In place of a job directory: weighs what is published there."""

    published_bytes = 0

    def publish(self, name: str, data: bytes) -> bool:
        self.published_bytes += len(data)
        return True


def _driver_bytes() -> tuple[float, float, float]:
    """What a task takes: in the driver's memory, there while the tasks are put on record, and in that record."""
    tracemalloc.start()
    slices = [
        PlanSlice(f"plan/survey-{number // 32:05d}-{number // 3200}.parquet", number % 32, 10_000, 3 << 30, 30.123)
        for number in range(_MANY)
    ]
    tasks = pack(slices, 400)
    kept, _ = tracemalloc.get_traced_memory()
    scales = _Scales()
    publish_bins(cast(JobDir, scales), "copy", tasks)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept / len(tasks), most / len(tasks), scales.published_bytes / len(tasks)

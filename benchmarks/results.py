"""The page of results: the machine, what was run, and a table for each workload."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from tests.sandbox.jars import jars_folder
from tests.sandbox.java import java_executable

from .measurement import Done, Measurement
from .table import calls, table

_PACKAGES = ("hdfs-native", "oss2", "fastcrc", "pyarrow", "pyspark")
_LEGEND = """\
Client and servers share the machine, so wall time is a ratio only; CPU seconds of the client's processes are the
honest figure. Medians; CPU and memory are of the whole process tree, the start of Python, Spark or Java included;
`more` is what a GiB, or a file, more costs: the difference between this tree and a smaller one. `OSS requests` are
counted at the server, `NameNode calls` and bytes read by the servers' own counters. `read` is in sizes of the tree.
`proof` is what the tool states of each file: ours from its ledger. After each run the target was looked at: number,
names and sizes of all files, the bytes of some, and that nothing was there before."""


def page(done: dict[str, Done], what: str) -> str:
    """The page in Markdown, of all workloads that are done; `what` is how they were run."""
    lines = ["# Results", "", f"{what}, {datetime.now(timezone.utc):%Y-%m-%d}.", "", *machine(), "", _LEGEND]
    for title, runs, own_lines in done.values():
        lines += ["", f"## {title}", "", *(own_lines or table(runs))]
        lines += [f"\n{text}" for text in (*calls(runs), *pair(runs))]
    return "\n".join(lines) + "\n"


def pair(runs: list[Measurement]) -> list[str]:
    """A line about ours beside the limit pair, where both were measured."""
    whole = [run for run in runs if run.is_whole and not run.note]
    parts = [[run for run in whole if run.tool == f"limit: {side} only"] for side in ("read", "written")]
    if not whole or not all(parts):
        return []
    cpu_seconds = sum(min(run.cpu_seconds for run in part) for part in parts)
    mine = min(run.cpu_seconds for run in whole if run.tool == whole[0].tool)
    return [
        f"The limit pair takes {cpu_seconds:.2f} CPU s together, {whole[0].tool} {mine:.2f} "
        f"({mine / cpu_seconds:.2f} x), the least of each."
    ]


def machine() -> list[str]:
    """What it was measured on, without names or places."""
    java = subprocess.run([java_executable(), "-version"], capture_output=True, text=True, check=False).stderr
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    hadoop = jars_folder().name.split("-")[1]
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return [
        f"{cores} cores ({model.group(1) if model else platform.machine()}), "
        f"{int(memory.group(1)) / (1 << 20) if memory else 0:.0f} GiB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}; load {load:.1f} at the end. Python {sys.version.split()[0]}, "
        f"{java.splitlines()[0] if java else 'Java'}, Hadoop {hadoop}, {packages}."
    ]

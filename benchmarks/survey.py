"""The survey by itself: two listings of objects without bytes are compared, and nothing is copied."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .budget import Budget
from .command import Command
from .measurement import Measurement
from .tools import SLOTS
from .workload import Tree, Workload

_BUCKET = "bench"
_KEYS = {"OSS_ACCESS_KEY_ID": "bench-id", "OSS_ACCESS_KEY_SECRET": "bench-secret"}


def run(workload: Workload, budget: Budget) -> list[Measurement]:
    """The lesser tree and the whole one, once each: memory should be the same."""
    found = []
    for tree, is_whole in ((workload.lesser, False), (workload.whole, True)):
        if tree:
            with _serving(tree) as (folder, endpoint, log):
                found.append(_survey(workload, tree, is_whole, budget, (folder, endpoint, log)))
    return found


def _survey(
    workload: Workload, tree: Tree, is_whole: bool, budget: Budget, server: tuple[Path, str, Path]
) -> Measurement:
    folder, endpoint, log = server
    environment = {**_KEYS, "OSS_ENDPOINT": endpoint, "HOME": str(folder)}
    words = (
        *(sys.executable, "-m", "hdfs2oss", "-update", "-skipcrccheck", "--ignore-ledger", "--proof-dir", "none"),
        *("--processes", str(SLOTS), "--job-dir", f"file://{folder}/jobs"),
        *(f"oss://{_BUCKET}/source", f"oss://{_BUCKET}/target"),
    )
    ran = Command(words, environment).run(budget.limit())
    taken = ran.taken
    requests = sum(1 for _ in log.open("rb"))
    print(f"  {tree.files:,} a side: {taken.wall_seconds:.1f} s, {taken.cpu_seconds:.1f} CPU s", flush=True)
    return Measurement(
        *(workload.name, f"ours, {SLOTS} processes", is_whole, workload.amount(tree), tree.files, tree.total_bytes),
        *(taken.wall_seconds, taken.cpu_seconds, taken.peak_tree_bytes, taken.peak_process_bytes, requests),
    )


@contextmanager
def _serving(tree: Tree) -> Iterator[tuple[Path, str, Path]]:
    """A server of its own, with as many objects on each side, the target's a moment newer."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        log = folder / "requests.log"
        words = [sys.executable, "-m", "hdfs2oss", "local-oss", "--dir", str(folder / "oss"), "--port", "0"]
        words += ["--bucket", _BUCKET, "--request-log", str(log)]
        for side in ("source", "target"):
            words += ["--synthetic", f"{_BUCKET}/{side}/f:{tree.files}:{tree.file_bytes}"]
        server = subprocess.Popen(words, env={**os.environ, **_KEYS}, stdout=subprocess.PIPE, text=True)
        assert server.stdout
        try:
            port = int(server.stdout.readline().rpartition(":")[2])
            yield folder, f"http://127.0.0.1:{port}", log
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()

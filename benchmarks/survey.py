"""The survey by itself: two listings of objects without bytes are compared, and nothing is copied."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .budget import Budget
from .command import BenchmarkFailed, Command
from .measurement import Measurement
from .server import BUCKET, KEYS, serving
from .tools import SLOTS
from .workload import Tree, Workload

_NAME = f"ours, {SLOTS} processes"


def run(workload: Workload, budget: Budget) -> list[Measurement]:
    """The lesser tree and the whole one, once each: memory should be the same."""
    trees = [(workload.lesser, False), (workload.whole, True)]
    return [_survey(workload, tree, is_whole, budget) for tree, is_whole in trees if tree]


def _survey(workload: Workload, tree: Tree, is_whole: bool, budget: Budget) -> Measurement:
    what = (workload.name, _NAME, is_whole, workload.amount(tree), tree.files, tree.total_bytes)
    reason = budget.why_not(None)
    if reason:
        return Measurement(*what, note=reason)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        # Without equal times and checksums in listings, equal sizes and a target that is not older are all there is.
        sides = [f"{BUCKET}/{side}/f:{tree.files}:{tree.file_bytes}" for side in ("source", "target")]
        with serving(folder, *(word for side in sides for word in ("--synthetic", side))) as endpoint:
            words = (sys.executable, "-m", "hdfs2oss", "-update", "-skipcrccheck", "--processes", str(SLOTS))
            records = ("--proof-dir", "none", "--job-dir", f"file://{folder}/jobs")
            places = (f"oss://{BUCKET}/source", f"oss://{BUCKET}/target")
            environment = {**KEYS, "OSS_ENDPOINT": endpoint, "HOME": name}
            try:
                ran = Command((*words, *records, *places), environment).run(budget.limit())
            except BenchmarkFailed as error:
                return Measurement(*what, note=str(error))
        requests = sum(1 for _ in (folder / "requests.log").open("rb"))
    taken = ran.taken
    print(f"  {tree.files:,} a side: {taken.wall_seconds:.1f} s, {taken.cpu_seconds:.1f} CPU s", flush=True)
    return Measurement(
        *what,
        *(taken.wall_seconds, taken.cpu_seconds, taken.peak_tree_bytes, taken.peak_process_bytes, requests),
    )

"""What was measured: one run of a tool, and the file that keeps such runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True)
class Measurement:
    """One run. `note` says why there are no figures; then all of them are 0.

    `is_whole` tells the workload's tree from its lesser one; `amount` is GiB or files, as the workload counts.
    """

    workload: str
    tool: str
    is_whole: bool
    amount: float
    files: int
    total_bytes: int
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_tree_bytes: int = 0
    peak_process_bytes: int = 0
    oss_requests: int = 0
    namenode_calls: dict[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    proof: str = ""
    note: str = ""


class Done(NamedTuple):
    """A workload that was gone through: its runs, or a table in lines of Markdown that is not of runs."""

    title: str
    runs: list[Measurement]
    lines: list[str]


class Records:
    """Workloads that are done, in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def clear(self) -> None:
        """Forget all of them."""
        self._path.unlink(missing_ok=True)

    def add(self, workload: str, done: Done) -> None:
        """Keep a workload, in place of what was measured of it earlier."""
        kept = {**self.load(), workload: done}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {"workload": name, "title": one.title, "runs": [asdict(run) for run in one.runs], "lines": one.lines}
            for name, one in kept.items()
        ]
        partial = self._path.with_suffix(".partial")
        partial.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        partial.rename(self._path)

    def load(self) -> dict[str, Done]:
        """By the names of workloads, in the order in which they were added."""
        if not self._path.exists():
            return {}
        rows = [json.loads(line) for line in self._path.read_text().splitlines()]
        return {
            row["workload"]: Done(row["title"], [Measurement(**run) for run in row["runs"]], row["lines"])
            for row in rows
        }

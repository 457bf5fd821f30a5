"""What was measured: one run of a tool, and the file that keeps such runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


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
    namenode_calls: int = 0
    bytes_read: int = 0
    proof: str = ""
    note: str = ""


class Records:
    """Measurements in a file of JSON lines; a workload is done when a line says so."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def clear(self) -> None:
        """Forget all of them."""
        self._path.unlink(missing_ok=True)

    def add(self, workload: str, title: str, found: Iterable[Measurement]) -> None:
        """Keep a workload, with all that was measured of it, in place of an earlier one."""
        kept = {**self.load(), workload: (title, list(found))}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            json.dumps({"workload": name, "title": headline, "runs": [asdict(run) for run in runs]})
            for name, (headline, runs) in kept.items()
        ]
        partial = self._path.with_suffix(".partial")
        partial.write_text("\n".join(lines) + "\n")
        partial.rename(self._path)

    def load(self) -> dict[str, tuple[str, list[Measurement]]]:
        """Name of a workload -> its title and what was measured, in the order in which they were added."""
        if not self._path.exists():
            return {}
        rows = [json.loads(line) for line in self._path.read_text().splitlines()]
        return {row["workload"]: (row["title"], [Measurement(**run) for run in row["runs"]]) for row in rows}

"""The end: counters folded from the tasks' reports, the identities checked, the exit code found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..model.counters import FRAMEWORK, JOB, OWN, Counters, Counts
from ..model.values import CopyResult, TaskReport
from ..rules.account import discrepancy

_MOST_FAILURES = 100
REPORT_VERSION = 1


@dataclass
class Report:
    """What a run came to. `failures` and `problems` keep the first hundred; the ledger has all of them."""

    run_id: str
    source: str
    target: str
    job_dir: str
    counters: Counters = field(default_factory=Counters)
    failures: list[CopyResult] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    phase_seconds: dict[str, float] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    discrepancy: str = ""
    slowest_task_seconds: float = 0.0
    task_seconds: float = 0.0
    peak_memory_bytes: int = 0

    def add_task(self, report: TaskReport) -> None:
        """Fold the report of one task."""
        self.counters.merge(report.counters)
        room = _MOST_FAILURES - len(self.failures)
        self.failures.extend(report.failures[:room])
        self.task_seconds += report.seconds
        self.slowest_task_seconds = max(self.slowest_task_seconds, report.seconds)
        self.peak_memory_bytes = max(self.peak_memory_bytes, report.peak_memory_bytes)

    def add_survey(self, counts: Counts, problems: list[tuple[str, str]]) -> None:
        """Fold what the survey counted."""
        self.counters.merge(counts)
        self.problems = problems

    def add_job(self, facts: dict[str, int]) -> None:
        """Fold what the runner measured."""
        for name, value in facts.items():
            self.counters.add(JOB, name, value)
        if self.task_seconds:
            self.counters.add(FRAMEWORK, "Peak Map Physical memory (bytes)", self.peak_memory_bytes)
            if not self.counters.get(JOB, "Total time spent by all map tasks (ms)"):
                self.counters.add(JOB, "Total time spent by all map tasks (ms)", round(self.task_seconds * 1000))

    def check_identities(self) -> None:
        """Hold the counters to the account of the run (`rules/account.py`); else the run is no success."""
        self.discrepancy = discrepancy(self.counters.as_dict().get(OWN, {}), is_listed_whole=not self.problems)

    @property
    def failed_files(self) -> int:
        """Files and directories that did not arrive as planned."""
        names = ("FILES_FAILED", "FILES_CHANGED", "DIRECTORIES_FAILED", "DIRECTORIES_CHANGED")
        return sum(self.counters.get(OWN, name) for name in names)

    @property
    def exit_code(self) -> int:
        """0 all well, 1 the accounts do not balance, 3 the survey is incomplete, 4 some files failed."""
        if self.problems:
            return 3
        if self.failed_files:
            return 4
        return 1 if self.discrepancy else 0

    def as_dict(self) -> dict[str, Any]:
        """The content of report.json."""
        return {
            "version": REPORT_VERSION,
            "run": self.run_id,
            "source": self.source,
            "target": self.target,
            "exit_code": self.exit_code,
            "success": self.exit_code == 0,
            "discrepancy": self.discrepancy,
            "notices": self.notices,
            "phase_seconds": {name: round(seconds, 3) for name, seconds in self.phase_seconds.items()},
            "slowest_task_seconds": round(self.slowest_task_seconds, 3),
            "peak_memory_bytes": self.peak_memory_bytes,
            "counters": self.counters.as_dict(),
            "problems": [{"place": place, "cause": cause} for place, cause in self.problems],
            "failures": [
                {
                    "path": one.path,
                    "outcome": one.outcome,
                    "class": one.error_class,
                    "message": one.message,
                    "retryable": one.retryable,
                }
                for one in self.failures
            ],
        }

"""The end: counters folded from the tasks' reports, the identities checked, the exit code found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model.counters import ATTRIBUTES_FAILED, COPY_MAPPER, FRAMEWORK, JOB, OWN, PROVEN, Counters, Counts
from ..model.errors import BrakeError, CommitError, Hdfs2ossError, SurveyError, TransferError, Unlisted
from ..model.units import several
from ..model.values import CopyResult, TaskReport
from ..rules.account import discrepancy
from ..rules.causes import cause_of

_MOST_FAILURES = 100
REPORT_VERSION = 1
# How a file may end that was not skipped, as counters tell it: FILES_COPIED ...
ENDED = ("COPIED", "FAILED", "CHANGED", "OPEN")


@dataclass
class Report:
    """What a run came to; the ledger has all of it.

    `problems` keep the first hundred, `failures` likewise, and the first of each cause beside; `causes` counts all.
    """

    run_id: str
    source: str
    target: str
    job_dir: str
    log_dir: str = ""
    counters: Counters = field(default_factory=Counters)
    failures: list[CopyResult] = field(default_factory=list)
    causes: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    phase_seconds: dict[str, float] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    discrepancy: str = ""
    # Why the rest was not tried, and the next step; empty for a run that went to its end.
    stopped: str = ""
    advice: str = ""
    # Why nothing was deleted, though -delete was given; and the option that lifts the brake, where one refused it.
    withheld: str = ""
    lifted_by: tuple[str, ...] = ()
    # Where -xtrack wrote down what only the target has.
    tracked: str = ""
    # Of a dry run: what would be done, in lines for the operator.
    rehearsal: list[str] = field(default_factory=list)
    # Why the run did not come to its end, and its exit code then; the counters are what is known.
    ended_by: str = ""
    ended_code: int = 0
    # Whether the same command could go on with the run, had it to end now; and whether it ended so that it does.
    can_go_on: bool = False
    is_open: bool = False
    # The first file whose checksums could not be compared, and why.
    not_compared: str = ""
    # The first file that a store, though asked, stated no checksum of, and why.
    not_proven: str = ""
    # Files and bytes that drivers before this one had copied.
    copied_before: tuple[int, int] = (0, 0)
    # Earlier runs that have nothing at the target that would have to be removed.
    settled: list[str] = field(default_factory=list)
    # Earlier runs that have no ledger; those of them that are settled get none any more.
    rowless: list[str] = field(default_factory=list)
    slowest_task_seconds: float = 0.0
    task_seconds: float = 0.0
    peak_memory_bytes: int = 0

    def add_task(self, report: TaskReport) -> None:
        """Fold the report of one task."""
        self.counters.merge(report.counters)
        self.keep_failures(report.failures)
        for cause, count in report.causes.items():
            self.causes[cause] = self.causes.get(cause, 0) + count
        self.not_compared = self.not_compared or report.not_compared
        self.not_proven = self.not_proven or report.not_proven
        self.task_seconds += report.seconds
        self.slowest_task_seconds = max(self.slowest_task_seconds, report.seconds)
        self.peak_memory_bytes = max(self.peak_memory_bytes, report.peak_memory_bytes)

    def keep_failures(self, failures: Sequence[CopyResult]) -> None:
        """Keep these too, as long as there is room; there is some more for causes that are new."""
        known = {cause_of(one) for one in self.failures} if failures else set()
        for one in failures:
            most = _MOST_FAILURES if cause_of(one) in known else 2 * _MOST_FAILURES
            if len(self.failures) < most:
                self.failures.append(one)
                known.add(cause_of(one))

    def add_task_before(self, report: TaskReport) -> None:
        """The same of one that had ended when this driver went on with the run: none of its work is this driver's."""
        own = report.counters.get(OWN, {})
        files, size_bytes = self.copied_before
        self.copied_before = files + own.get("FILES_COPIED", 0), size_bytes + own.get("BYTES_COPIED", 0)

    @property
    def held_back(self) -> dict[str, float]:
        """For how many seconds limits held tasks back, by what; those that did."""
        names = {
            "bandwidth": ((COPY_MAPPER, "SLEEP_TIME_MS"), (OWN, "BANDWIDTH_HELD_MILLISECONDS")),
            "requests to OSS": ((OWN, "REQUESTS_HELD_MILLISECONDS"),),
        }
        held = {what: sum(self.counters.get(*one) for one in counted) / 1000 for what, counted in names.items()}
        return {what: seconds for what, seconds in held.items() if seconds}

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

    def stop(self, cause: Hdfs2ossError) -> None:
        """The run was ended early; what was not tried is counted as such."""
        self.stopped, self.advice = str(cause), cause.hint

    def withhold_deletion(self, reason: str, lifted_by: tuple[str, ...] = ()) -> None:
        """Nothing is deleted, because of `reason`: what is missing at the sources is counted as such."""
        self.withheld, self.lifted_by = reason, lifted_by
        for what in ("FILES", "BYTES", "DIRECTORIES"):
            missing = self.counters.get(OWN, f"{what}_MISSING")
            if missing:
                self.counters.add(OWN, f"{what}_WITHHELD", missing)

    def tell_not_compared(self) -> None:
        """A notice about files whose checksums were to decide, and could not."""
        files = self.counters.get(OWN, "FILES_NOT_COMPARED")
        if files:
            self.notices.append(
                f"the checksums of {several(files, 'file')} could not be compared, so their times decided "
                f"(column not_compared of the ledger), such as {self.not_compared}"
            )

    def tell_not_proven(self) -> None:
        """A notice about files that were to be proven end-to-end, and could not be."""
        files = self.counters.get(OWN, "FILES_NOT_PROVEN")
        if files:
            self.notices.append(
                f"{several(files, 'file')} could not be proven end-to-end, as a store states no checksum of them "
                f"(column not_proven of the ledger), such as {self.not_proven}"
            )

    @property
    def proven(self) -> dict[str, int]:
        """How many files were proven at each level, those with any."""
        counts = {level: self.counters.get(OWN, name) for level, name in PROVEN.items()}
        return {level: files for level, files in counts.items() if files}

    def tell_throttled(self) -> None:
        """A notice about a store that was asked more than it takes."""
        own = self.counters.as_dict().get(OWN, {})
        refused, limited = own.get("REQUESTS_THROTTLED", 0), own.get("REQUESTS_LIMITED", 0)
        if not refused:
            return
        mean = f"; since then {own['REQUESTS_IN_FLIGHT_SUM'] / limited:.1f} were in flight a process" if limited else ""
        self.notices.append(
            f"the store refused {several(refused, 'request')} because there were too many, and got them again after "
            f"{own.get('THROTTLED_MILLISECONDS', 0) // 1000} seconds of waiting in all{mean}"
        )

    def check_identities(self) -> None:
        """Hold the counters to the account of the run (`rules/account.py`); else the run is no success.

        A run that was ended early counts what it did not try instead.
        """
        if not self.stopped:
            own = self.counters.as_dict().get(OWN, {})
            self.discrepancy = discrepancy(own, is_listed_whole=not self.problems)
            return
        for what in ("FILES", "BYTES"):
            ended = sum(self.counters.get(OWN, f"{what}_{name}") for name in ("SKIPPED", *ENDED))
            self.counters.add(OWN, f"{what}_NOT_TRIED", max(0, self.counters.get(OWN, f"{what}_EXPECTED") - ended))

    @property
    def files_to_come(self) -> int:
        """Files that the survey found to be copied and that no task has told of yet; directories are no files."""
        ended = sum(self.counters.get(OWN, f"FILES_{name}") for name in ("SKIPPED", *ENDED))
        return max(0, self.counters.get(OWN, "FILES_EXPECTED") - ended)

    @property
    def failed_files(self) -> int:
        """Files and directories that did not arrive as planned."""
        return failed_in(self.counters.as_dict())

    @property
    def undeleted(self) -> int:
        """Entries that only the target has, and that could not be removed."""
        return sum(self.counters.get(OWN, f"{what}_UNDELETED") for what in ("FILES", "DIRECTORIES"))

    @property
    def exit_code(self) -> int:
        """0 when all is well, else that of the error which the run comes to: the first of these that holds."""
        if self.ended_code:
            return self.ended_code
        if self.problems:
            found = self.counters.get(OWN, "FILES_EXPECTED") or self.counters.get(OWN, "DIRECTORIES_MADE")
            return Unlisted.exit_code if found or self.failed_files else SurveyError.exit_code
        if self.failed_files or self.stopped:
            return TransferError.exit_code
        if self.undeleted or self.counters.get(OWN, ATTRIBUTES_FAILED):
            return CommitError.exit_code
        if self.lifted_by:
            return BrakeError.exit_code
        return Hdfs2ossError.exit_code if self.discrepancy else 0

    def first_cause(self) -> str:
        """What made the exit code other than 0, or the first of it; "" when all is well."""
        causes = (
            *(f"{place}: {cause}" for place, cause in self.problems[:1]),
            *(one.message for one in self.failures[:1]),
            self.discrepancy,
            self.withheld,
        )
        return next((cause for cause in (self.ended_by, self.stopped, *causes) if cause), "")

    def as_dict(self) -> dict[str, Any]:
        """The content of report.json."""
        return {
            "version": REPORT_VERSION,
            "run": self.run_id,
            "source": self.source,
            "target": self.target,
            "log": self.log_dir,
            "exit_code": self.exit_code,
            "success": self.exit_code == 0,
            "ended_by": self.ended_by,
            "open": self.is_open,
            "discrepancy": self.discrepancy,
            "stopped": self.stopped,
            "not_deleted": self.withheld,
            "notices": self.notices,
            "settled": self.settled,
            "rowless": [name for name in self.rowless if name in self.settled],
            "phase_seconds": {name: round(seconds, 3) for name, seconds in self.phase_seconds.items()},
            "slowest_task_seconds": round(self.slowest_task_seconds, 3),
            "peak_memory_bytes": self.peak_memory_bytes,
            "held_back_seconds": {what: round(seconds, 3) for what, seconds in self.held_back.items()},
            "proven": self.proven,
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


def failed_in(counts: Counts) -> int:
    """Files and directories that did not arrive as planned, by these counters."""
    names = ("FILES_FAILED", "FILES_CHANGED", "FILES_OPEN", "DIRECTORIES_FAILED", "DIRECTORIES_CHANGED")
    return sum(counts.get(OWN, {}).get(name, 0) for name in names)

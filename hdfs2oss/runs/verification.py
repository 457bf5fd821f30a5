"""What a verify came to: counters folded, the account checked, the exit code found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..model.counters import OWN, Counters, Counts
from ..model.differences import Difference, Evidence, Finding
from ..model.errors import Different, Hdfs2ossError, SurveyError, Unlisted
from ..model.tally import Tally
from ..records.differences import PartReport
from ..rules.verification import discrepancy

REPORT_VERSION = 1


@dataclass
class VerifyReport:
    """`first` are the first differences, at most `shown`, in the order of their paths; `parts` the files of all."""

    run_id: str
    sources: tuple[str, ...]
    target: str
    pair: str
    # contents or named: what --layout would have to say, so that a copy lays out the same tree; "" for a lone file.
    layout: str
    shown: int
    accepted: tuple[str, ...] = ()
    seed: str = ""
    output: str = ""
    counters: Counters = field(default_factory=Counters)
    problems: list[tuple[str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    first: list[Difference] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    phase_seconds: dict[str, float] = field(default_factory=dict)
    discrepancy: str = ""

    def add_survey(self, counts: Counts, problems: list[tuple[str, str]], notices: list[str]) -> None:
        """Fold what the survey counted."""
        self.counters.merge(counts)
        self.problems, self.notices = problems, self.notices + notices

    def add_part(self, part: PartReport) -> None:
        """Fold what one task found."""
        self.counters.merge(part.task.counters)
        self.first = sorted([*self.first, *part.first], key=lambda row: (row.path, row.difference))[: self.shown]
        self.parts += [part.part] if part.part else []

    def settle(self) -> None:
        """All tasks are through: every row of the sources must be accounted for."""
        own = self.counters.as_dict().get(OWN, {})
        self.discrepancy = "" if self.problems else discrepancy(own)

    def sum_of(self, name: str) -> Tally:
        """Files, bytes and directories that were counted under a name."""
        known = self.counters.get
        return Tally(known(OWN, f"FILES_{name}"), known(OWN, f"BYTES_{name}"), known(OWN, f"DIRECTORIES_{name}"))

    @property
    def differences(self) -> dict[Finding, Tally]:
        """What differs, but for what was accepted."""
        found = {finding: self.sum_of(f"DIFFERING_{finding.value}") for finding in Finding}
        return {finding: tally for finding, tally in found.items() if tally.files or tally.directories}

    @property
    def equal(self) -> dict[Evidence, Tally]:
        """Files that are equal, by what shows it."""
        found = {evidence: self.sum_of(f"EQUAL_BY_{evidence.value}") for evidence in Evidence}
        return {evidence: tally for evidence, tally in found.items() if tally.files}

    @property
    def different(self) -> int:
        """Entries that differ, accepted ones not counted."""
        accepted = {Finding.EXTRA} if "extra" in self.accepted else set()
        return sum(
            tally.files + tally.directories for finding, tally in self.differences.items() if finding not in accepted
        )

    @property
    def entries(self) -> int:
        """All rows of differences."""
        return sum(tally.files + tally.directories for tally in self.differences.values())

    @property
    def exit_code(self) -> int:
        """0 only for trees that were listed whole, are equal, and proven so."""
        if self.problems:
            found = self.counters.get(OWN, "FILES_LISTED") or self.counters.get(OWN, "DIRECTORIES_LISTED")
            return Unlisted.exit_code if found else SurveyError.exit_code
        if self.different:
            return Different.exit_code
        return Hdfs2ossError.exit_code if self.discrepancy else 0

    def as_dict(self) -> dict[str, Any]:
        """The content of report.json."""
        return {
            "version": REPORT_VERSION,
            "kind": "verify",
            "run": self.run_id,
            "sources": list(self.sources),
            "target": self.target,
            "pair": self.pair,
            "layout": self.layout,
            "exit_code": self.exit_code,
            "success": self.exit_code == 0,
            "accepted": list(self.accepted),
            "seed": self.seed,
            "equal": {evidence.value: _shown(tally) for evidence, tally in self.equal.items()},
            "equal_directories": self.counters.get(OWN, "DIRECTORIES_EQUAL"),
            "differences": {finding.value: _shown(tally) for finding, tally in self.differences.items()},
            "discrepancy": self.discrepancy,
            "notices": self.notices,
            "problems": [{"place": place, "cause": cause} for place, cause in self.problems],
            "phase_seconds": {name: round(seconds, 3) for name, seconds in self.phase_seconds.items()},
            "counters": self.counters.as_dict(),
        }


def _shown(tally: Tally) -> dict[str, int]:
    return {"files": tally.files, "bytes": tally.size_bytes, "directories": tally.directories}

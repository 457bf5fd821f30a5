"""What a survey learned beside its plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...model.counters import COPY_MAPPER, OWN, Counters
from ...model.tally import Tally
from ...model.values import FileStatus

# Of problems and of duplicates so many travel to the driver; all are counted.
MOST_NAMED = 100


@dataclass(slots=True)
class Findings:
    """`problems`: (place, cause) of directories that could not be listed, and of files that could not be asked for.

    `duplicates`: (path, source, other source) of files that two sources bring.

    For the account (`rules/account.py`): `listed` are the rows that the sources gave, but for those in excluded
    directories; `elsewhere` those of them that another unit accounts for; `merged` directories that an earlier
    source has, too.
    """

    counters: Counters = field(default_factory=Counters)
    problems: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str, str]] = field(default_factory=list)
    listed: Tally = field(default_factory=Tally)
    elsewhere: Tally = field(default_factory=Tally)
    excluded: Tally = field(default_factory=Tally)
    merged: Tally = field(default_factory=Tally)

    def add_problem(self, place: str, cause: str) -> None:
        """A directory, or a file asked for by itself, could not be listed."""
        self.counters.add(OWN, "DIRECTORIES_NOT_LISTED")
        if len(self.problems) < MOST_NAMED:
            self.problems.append((place, cause))

    def add_duplicate(self, path: str, source: str, other: str) -> None:
        """Two sources bring the same file."""
        if len(self.duplicates) < MOST_NAMED:
            self.duplicates.append((path, source, other))

    def count_directory(self) -> None:
        """A source directory takes part (DistCp's DIR_COPY)."""
        self.counters.add(COPY_MAPPER, "DIR_COPY")

    def count_excluded(self, row: FileStatus) -> None:
        """A row that filters, or being our own work, kept out of the listing."""
        self.excluded.add(row)

    def count_elsewhere(self, row: FileStatus) -> None:
        """A row that another unit accounts for: a file of an earlier one, a directory of a later one."""
        self.elsewhere.add(row)

    def settle(self) -> None:
        """All units are through: the account goes into the counters."""
        self.listed.take_off(self.elsewhere)
        for name, tally in (("LISTED", self.listed), ("EXCLUDED", self.excluded), ("MERGED", self.merged)):
            tally.count(name, self.counters)

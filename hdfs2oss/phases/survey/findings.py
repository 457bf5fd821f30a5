"""What a survey learned beside its plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...model.counters import COPY_MAPPER, OWN, Counters
from ...model.values import DIRECTORY, FileStatus

# Of problems and of duplicates so many travel to the driver; all are counted.
MOST_NAMED = 100


@dataclass(slots=True)
class Findings:
    """`problems`: (place, cause) of directories that could not be listed, and of files that could not be asked for.

    `duplicates`: (path, source, other source) of files that two sources bring.
    """

    counters: Counters = field(default_factory=Counters)
    problems: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str, str]] = field(default_factory=list)

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
        self.counters.add(OWN, "DIRECTORIES_EXCLUDED" if row.kind == DIRECTORY else "FILES_EXCLUDED")

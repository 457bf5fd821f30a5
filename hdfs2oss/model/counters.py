"""Counters by group and name, with DistCp's names and meanings, and how Hadoop prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

FILE_SYSTEM = "File System Counters"
JOB = "Job Counters"
FRAMEWORK = "Map-Reduce Framework"
INPUT_FORMAT = "File Input Format Counters"
OUTPUT_FORMAT = "File Output Format Counters"
COPY_MAPPER = "org.apache.hadoop.tools.mapred.CopyMapper$Counter"
OWN = "hdfs2oss"

# Directories that could not be given their attributes.
ATTRIBUTES_FAILED = "DIRECTORY_ATTRIBUTES_FAILED"

# Files of the ledger that a survey could not read, once for each task that wanted to.
LEDGER_FILES_UNREADABLE = "LEDGER_FILES_UNREADABLE"

# Files by the level that they were proven at (`values.Proof`).
PROVEN = {
    "end-to-end": "PROVEN_END_TO_END",
    "transfer": "PROVEN_BY_TRANSFER",
    "length": "PROVEN_BY_LENGTH",
    "none": "UNPROVEN",
}

# Hadoop's order: framework groups first, the tool's own last.
GROUPS = (FILE_SYSTEM, JOB, FRAMEWORK, INPUT_FORMAT, OUTPUT_FORMAT, COPY_MAPPER, OWN)

# What the stores cost in patience, of all of them together: requests sent again, those of them that a store refused,
# the pauses after that, the time others waited for their turn since then, how many were sent under such a limit,
# and, summed over these, how many were in flight.
_OF_PATIENCE = (
    "REQUESTS_REPEATED",
    "REQUESTS_THROTTLED",
    "THROTTLED_MILLISECONDS",
    "QUEUED_MILLISECONDS",
    "REQUESTS_LIMITED",
    "REQUESTS_IN_FLIGHT_SUM",
)
_FILE_SYSTEM_ROWS = (
    ("BYTES_READ", "Number of bytes read"),
    ("BYTES_WRITTEN", "Number of bytes written"),
    ("READ_OPS", "Number of read operations"),
    ("LARGE_READ_OPS", "Number of large read operations"),
    ("WRITE_OPS", "Number of write operations"),
)

Counts = dict[str, dict[str, int]]


class Counters:
    """Sums by group and name. Only what was measured is added, so only that is printed."""

    def __init__(self, counts: Mapping[str, Mapping[str, int]] | None = None) -> None:
        self._counts: Counts = {group: dict(names) for group, names in (counts or {}).items()}

    def add(self, group: str, name: str, value: int = 1) -> None:
        """Add to one counter."""
        names = self._counts.setdefault(group, {})
        names[name] = names.get(name, 0) + value

    def add_traffic(self, store: str, traffic: Mapping[str, int]) -> None:
        """Add what a file system measured, as rows such as `HDFS: Number of bytes read`."""
        for key, label in _FILE_SYSTEM_ROWS:
            self.add(FILE_SYSTEM, f"{store}: {label}", traffic.get(key, 0))
        for key in _OF_PATIENCE:
            if traffic.get(key):
                self.add(OWN, key, traffic[key])

    def merge(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add all of another set."""
        for group, names in counts.items():
            for name, value in names.items():
                self.add(group, name, value)

    def get(self, group: str, name: str) -> int:
        """One value; 0 when it was never touched."""
        return self._counts.get(group, {}).get(name, 0)

    def as_dict(self) -> Counts:
        """A plain copy, groups in the order in which they are printed."""
        return {group: dict(self._counts[group]) for group in GROUPS if self._counts.get(group)}

    def lines(self) -> Iterable[str]:
        """The block that Hadoop's `Job` prints: `Counters: N`, groups behind one tab, values behind two."""
        shown = {group: names for group in GROUPS if (names := self._shown(group))}
        yield f"Counters: {sum(len(names) for names in shown.values())}"
        for group, names in shown.items():
            yield f"\t{group}"
            for name, value in names:
                yield f"\t\t{name}={value}"

    def _shown(self, group: str) -> list[tuple[str, int]]:
        names = self._counts.get(group, {})
        if group == COPY_MAPPER:
            return sorted((name, value) for name, value in names.items() if value)
        if group == FILE_SYSTEM:
            return sorted(names.items(), key=lambda row: (row[0].split(":")[0], _row_order(row[0])))
        return list(names.items())


def _row_order(name: str) -> int:
    label = name.partition(": ")[2]
    return [row[1] for row in _FILE_SYSTEM_ROWS].index(label)

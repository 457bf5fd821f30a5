"""The files that a verify leaves: what differs, as Parquet files that its tasks write and as lines of JSON.

    differences/part-00007.parquet   the rows of one task, whose report is in the footer
    differences.jsonl                the same rows, one a line, each with its `pair`; differences-00001.jsonl ... follow

`pair` names sources, target and layout: a list of differences is worth nothing for any other.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.differences import Difference
from ..model.errors import NotFound, UsageError
from ..model.uri import Uri
from ..model.values import TaskReport
from ..rules.filters import WORK_PREFIX, work_path_beside
from ..rules.layout import Layout
from .jobdir import patiently
from .ranged import RangedFile
from .tables import TableFile, schema_of, write_table

DIRECTORY_NAME = "differences"
LINES_NAME = "differences.jsonl"
REPORT_NAME = "report.json"
SCHEMA = schema_of(Difference)
_REPORT_KEY = "hdfs2oss.task_report"
PAIR_KEY = "hdfs2oss.pair"
_FILE_BYTES = 32 * 1024 * 1024


def pair_of(layout: Layout) -> str:
    """A name for what is mapped where, the same for the same sources, target and layout."""
    roots = [f"{root.source} {root.prefix} {root.is_file}" for root in layout.roots]
    identity = "\n".join([*roots, str(layout.base)])
    return hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class PartReport(NamedTuple):
    """What one task found: its report, how many rows it wrote, and the first of them."""

    task: TaskReport
    first: tuple[Difference, ...]
    part: str = ""


class DifferenceFiles:
    """A place for the files of one verify, through this process's client; patient, as records are."""

    def __init__(self, place: Uri, stores: StoreConfig) -> None:
        self.place = place
        self._store: FileSystem = open_filesystem(place, stores)

    def refuse_taken(self) -> None:
        """Raise UsageError where an earlier verify has left something: two lists must never become one."""
        for name in (REPORT_NAME, LINES_NAME, DIRECTORY_NAME):
            if patiently(lambda name=name: self._store.status(self._path(name))) is not None:  # type: ignore[misc]
                raise UsageError(
                    f"{self.place} holds the differences of an earlier verify already ({name})",
                    "Name another directory with --output, or remove that one.",
                )

    def publish_part(
        self, name: str, pair: str, report: TaskReport, rows: Sequence[Difference], first: int
    ) -> PartReport:
        """Write the rows of a task; where an attempt was first, its rows count and ours are dropped. No rows, no file:
        a task that found nothing is as good a second time."""
        if not rows:
            return PartReport(report, ())
        footer = {_REPORT_KEY: json.dumps(dataclasses.asdict(report)), PAIR_KEY: pair}
        data = write_table(rows, SCHEMA, footer)
        path = self._path(f"{DIRECTORY_NAME}/{name}.parquet")
        if patiently(lambda: self._store.create_exclusive(path, data)):
            return PartReport(report, tuple(rows[:first]), f"{name}.parquet")
        found = self.earlier(name, first)
        assert found is not None
        return found

    def earlier(self, name: str, first: int) -> PartReport | None:
        """What an attempt at the same task has published already; else None."""
        part = f"{name}.parquet"
        try:
            table = self.open_part(part)
        except NotFound:
            return None
        with table:
            report = TaskReport(**{**json.loads(table.footer(_REPORT_KEY)), "failures": ()})
            return PartReport(report, tuple(islice(_rows_in(table), first)), part)

    def open_part(self, part: str) -> TableFile:
        """A Parquet file of rows. Raises NotFound."""
        return TableFile(RangedFile(self._store, self._path(f"{DIRECTORY_NAME}/{part}"), patiently))

    def parts(self) -> list[str]:
        """The names of the Parquet files."""
        path = self._path(DIRECTORY_NAME)
        if patiently(lambda: self._store.status(path)) is None:
            return []
        names = patiently(lambda: [row.path for row in self._store.walk(path, recursive=False)])
        return [name for name in names if name.endswith(".parquet") and not name.startswith(WORK_PREFIX)]

    def read(self, parts: Iterable[str]) -> Iterator[Difference]:
        """The rows of some files, one row group in memory at a time."""
        for part in parts:
            with self.open_part(part) as table:
                yield from _rows_in(table)

    def write_lines(self, pair: str, rows: Iterable[Difference], file_bytes: int = _FILE_BYTES) -> None:
        """Write the rows as lines of JSON; a file each `file_bytes`. There is one also when there are none."""
        waiting: list[bytes] = []
        size = number = 0
        for row in rows:
            line = _line(row, pair)
            if size + len(line) > file_bytes and waiting:
                self._put(_lines_name(number), b"".join(waiting))
                waiting, size, number = [], 0, number + 1
            waiting.append(line)
            size += len(line)
        if waiting or not number:
            self._put(_lines_name(number), b"".join(waiting))

    def write_report(self, report: dict[str, object]) -> None:
        """Write report.json, which comes last: where it is, all else is there."""
        self._put(
            REPORT_NAME, (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape")
        )

    def remove(self) -> None:
        """Take back what was written of a verify that did not come to its end."""
        self._store.remove(self._path(DIRECTORY_NAME), recursive=True)

    def _put(self, name: str, data: bytes) -> None:
        path = self._path(name)
        patiently(lambda: self._store.put(path, data, work_path_beside(path, name), {}))

    def _path(self, name: str) -> str:
        return self.place.join(name).path


def _rows_in(table: TableFile) -> Iterator[Difference]:
    for group in range(table.row_groups):
        yield from rows_of(table.read(group))


def rows_of(table: object) -> Iterator[Difference]:
    """The rows of a table, by the names of its columns."""
    columns = [table.column(name).to_pylist() for name in SCHEMA.names]  # type: ignore[attr-defined]
    return (Difference._make(values) for values in zip(*columns, strict=True))


def _line(row: Difference, pair: str) -> bytes:
    text = json.dumps({**row._asdict(), "pair": pair}, ensure_ascii=False)
    return text.encode("utf-8", "surrogateescape") + b"\n"


def _lines_name(number: int) -> str:
    return f"{DIRECTORY_NAME}-{number:05d}.jsonl" if number else LINES_NAME

"""The compacted ledger of a pair: the last known state of every file that arrived, as Parquet files in key order.

    <base>/<pair>/ledger/<generation>.parquet              its head: with a list of all its files in the footer
                         <generation>.part-00003-0.parquet its further files, if there are any

A generation is named after the fencing number and the run that made it, and counts once its head is there, which is
written last: a kill at any moment leaves the old generation or the new one. Files of an older generation that hold
nothing new are taken over into the list. What no list names any more is removed by whoever published the new one.

Every page of a file has its checksum: a byte that a disk has flipped is damage, and never another row.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ..model.errors import NotFound, SurveyError
from ..model.known import KnownFile
from ..model.uri import join_path
from .columns import cast_table
from .jobdir import JobDir

DIRECTORY = "ledger"
VERSION = 1
# A file is read whole, and a row group is what is made into rows at once.
ROWS_OF_PART = 100_000
_ROWS_OF_GROUP = 5_000
_PARTS_KEPT, _GROUPS_KEPT = 2, 4
_LIST_KEY, _GROUPS_KEY = b"hdfs2oss.generation", b"hdfs2oss.groups"
_PART_MARK = ".part-"
KNOWN_SCHEMA = pa.schema(
    [
        pa.field("path", pa.string()),
        pa.field("source", pa.string()),
        pa.field("source_length", pa.int64()),
        pa.field("source_mtime_ms", pa.int64()),
        pa.field("source_etag", pa.string()),
        pa.field("target_length", pa.int64()),
        pa.field("target_etag", pa.string()),
        pa.field("target_mtime_ms", pa.int64()),
        pa.field("crc64", pa.uint64()),
        pa.field("crc32c", pa.uint32()),
        pa.field("stored_crc64", pa.uint64()),
        pa.field("source_crc32c", pa.uint32()),
        pa.field("target_crc32c", pa.uint32()),
        pa.field("proof", pa.string()),
        pa.field("part_count", pa.int32()),
        pa.field("run", pa.string()),
    ]
)


class LedgerDamaged(SurveyError):
    """A file of the ledger holds other bytes than were written."""


class Part(NamedTuple):
    """One file of a generation: its rows have the paths from `first` to `last`."""

    file: str
    rows: int
    first: str
    last: str


class Generation(NamedTuple):
    """What a head says: paths count from `base`; `folded` are those runs on record whose rows are in it."""

    name: str
    base: str
    folded: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def rows(self) -> int:
        """Files that are known."""
        return sum(part.rows for part in self.parts)

    @property
    def head(self) -> str:
        """The file whose being there makes it count."""
        return f"{self.name}.parquet"


def name_of(fence: int, run_id: str, step: int, before: str = "") -> str:
    """The name of a generation: later ones sort behind earlier ones. A run makes one before its survey (0), if
    there is anything to be taken in, and one at its end (1).

    `before` is the newest one that is there. Where the lock was removed by hand, fencing numbers have begun anew, and
    those of generations go on.
    """
    name = f"{fence:010d}-{run_id}-{step}"
    return name if name > before else f"{int(before.partition('-')[0]) + 1:010d}-{run_id}-{step}"


def part_name(generation: str, number: int, piece: int) -> str:
    """The name of a further file."""
    return f"{generation}{_PART_MARK}{number:05d}-{piece}.parquet"


def encode(table: pa.Table, generation: Generation | None = None) -> bytes:
    """Rows in key order as a file; with a generation, it is its head."""
    groups = [table["path"][at].as_py() for at in range(0, table.num_rows, _ROWS_OF_GROUP)]
    footer = {_GROUPS_KEY: json.dumps(groups).encode()}
    if generation is not None:
        value = {"version": VERSION, **generation._asdict(), "parts": [part._asdict() for part in generation.parts]}
        footer[_LIST_KEY] = json.dumps(value).encode()
    sink = pa.BufferOutputStream()
    schema = KNOWN_SCHEMA.with_metadata(footer)
    with pq.ParquetWriter(sink, schema, compression="zstd", write_page_checksum=True) as writer:
        writer.write_table(
            cast_table(table, KNOWN_SCHEMA).replace_schema_metadata(footer), row_group_size=_ROWS_OF_GROUP
        )
    return bytes(sink.getvalue())


def current(job_dir: JobDir, newest: str = "") -> Generation | None:
    """The newest generation; None before there is one. Whoever has just listed them says which head is the `newest`.

    Raises LedgerDamaged; SurveyError when a newer version wrote it.
    """
    opened = open_current(job_dir, newest)
    return opened[0] if opened is not None else None


def open_current(job_dir: JobDir, newest: str = "") -> tuple[Generation, pq.ParquetFile] | None:
    """The same with its head, which holds rows, too."""
    while newest := newest or _head_of(_names(job_dir)):
        try:
            return _parse(job_dir, newest)
        except NotFound:
            newest = ""  # followed by a newer one, and removed, since the listing
    return None


def _head_of(names: Sequence[str]) -> str:
    return max((name for name in names if _PART_MARK not in name), default="")


class Series:
    """The generations as the holder of the lock of the pair has them: listed once, as nobody else publishes any."""

    def __init__(self, job_dir: JobDir) -> None:
        self._job_dir = job_dir
        self._names: list[str] | None = None
        self._current: Generation | None = None

    @property
    def newest_head(self) -> str:
        """The file that counts, whether it can be read or not; "" before there is one."""
        if self._names is None:
            self._names = _names(self._job_dir)
        return _head_of(self._names)

    def current(self) -> Generation | None:
        """See `current`."""
        if self._current is None and self.newest_head:
            self._current = current(self._job_dir, self.newest_head)
        return self._current

    def publish(self, generation: Generation, table: pa.Table) -> None:
        """From here on it counts; `table` are the rows of the head itself. What it does not name is removed."""
        publish(self._job_dir, generation, table)
        remove_older(self._job_dir, generation, self._names or ())
        self._current = generation
        self._names = [generation.head, *(part.file for part in generation.parts)]


def publish(job_dir: JobDir, generation: Generation, table: pa.Table) -> None:
    """From here on it counts; `table` are the rows of the head itself."""
    job_dir.publish_for_pair(f"{DIRECTORY}/{generation.head}", encode(table, generation))


def publish_part(job_dir: JobDir, name: str, table: pa.Table) -> Part:
    """Write a further file; one that is there already holds the same."""
    job_dir.publish_for_pair(f"{DIRECTORY}/{name}", encode(table))
    return part_of(name, table)


def part_of(name: str, table: pa.Table) -> Part:
    """The entry of a file with these rows, of which there is one at least."""
    path = table["path"]
    return Part(name, table.num_rows, path[0].as_py(), path[table.num_rows - 1].as_py())


def carry(job_dir: JobDir, there: JobDir, file: str) -> None:
    """Publish a file in another directory of the pair, where it counts once its head is there."""
    there.publish_for_pair(f"{DIRECTORY}/{file}", _read(job_dir, file))


def remove_older(job_dir: JobDir, generation: Generation, names: Iterable[str] | None = None) -> None:
    """Remove what no list names any more, of all `names` that are there, and nothing that is no file of a ledger. Who
    reads an older generation finds the new one then."""
    named = {generation.head, *(part.file for part in generation.parts)}
    for name in _names(job_dir) if names is None else names:
        # A run that lost the lock without knowing removes nothing of those that came after it.
        if name not in named and name < generation.name and name.endswith(".parquet"):
            job_dir.filesystem.remove(join_path(job_dir.path, f"{DIRECTORY}/{name}"))


def read_part(job_dir: JobDir, file: str) -> pa.Table:
    """All rows of one file. Raises NotFound, LedgerDamaged."""
    table = _open(job_dir, file)
    with _reading(job_dir, file):
        return table.read().select(KNOWN_SCHEMA.names)


def rows_of(table: pa.Table) -> Iterator[KnownFile]:
    """The rows of a table."""
    columns = [table[name].to_pylist() for name in KNOWN_SCHEMA.names]
    return (KnownFile._make(values) for values in zip(*columns, strict=True))


def read_all(job_dir: JobDir) -> Iterator[KnownFile]:
    """All rows in key order, one row group in memory at a time; also while a newer generation takes its place."""
    done = ""
    generation = current(job_dir)
    while generation is not None:
        try:
            for part in generation.parts:
                if part.last > done:
                    for row in _rows_behind(job_dir, part, done):
                        done = row.path
                        yield row
            return
        except NotFound:
            newer = current(job_dir)
            if newer == generation:
                raise
            generation = newer


def _rows_behind(job_dir: JobDir, part: Part, done: str) -> Iterator[KnownFile]:
    table = _open(job_dir, part.file)
    for group in range(table.num_row_groups):
        with _reading(job_dir, part.file):
            rows = rows_of(table.read_row_group(group))
        for row in rows:
            if row.path > done:
                yield row


class KnownFiles:
    """Looks up files by their paths; asked in about key order, it reads every file once, and holds little of it.

    Of what stands in a file that is damaged, or has gone, nothing is known; `unreadable` names such files.
    """

    def __init__(self, job_dir: JobDir, generation: Generation | None, head: pq.ParquetFile | None = None) -> None:
        """`head` is that of the generation, where it is open."""
        self._head = {generation.head: head} if generation is not None and head is not None else {}
        self._job_dir = job_dir
        self._parts: Sequence[Part] = generation.parts if generation is not None else ()
        self._firsts = [part.first for part in self._parts]
        self._opened: OrderedDict[str, tuple[pq.ParquetFile, list[str]]] = OrderedDict()
        self._groups: OrderedDict[tuple[str, int], dict[str, KnownFile]] = OrderedDict()
        self.unreadable: set[str] = set()
        # The row group that was asked last, which mostly is the one that is asked next.
        self._group_first, self._group_last = "", ""
        self._last_group: dict[str, KnownFile] = {}

    def find(self, path: str) -> KnownFile | None:
        """What is known of a file; None when nothing is. Raises StoreError."""
        if self._group_first <= path <= self._group_last:
            return self._last_group.get(path)
        number = bisect_right(self._firsts, path) - 1
        if number < 0 or path > self._parts[number].last:
            return None
        file = self._parts[number].file
        if file in self.unreadable:
            return None
        try:
            table, begins = self._open(file)
            group = self._group(file, table, bisect_right(begins, path) - 1)
            if group:
                self._last_group = group
                self._group_first, self._group_last = next(iter(group)), next(reversed(group))
            return group.get(path)
        except (LedgerDamaged, NotFound):
            self.unreadable.add(file)
            return None

    def _open(self, file: str) -> tuple[pq.ParquetFile, list[str]]:
        if file not in self._opened:
            table = self._head.pop(file, None) or _open(self._job_dir, file)
            with _reading(self._job_dir, file):
                self._opened[file] = table, json.loads(table.schema_arrow.metadata[_GROUPS_KEY])
            while len(self._opened) > _PARTS_KEPT:
                self._opened.popitem(last=False)
        return self._opened[file]

    def _group(self, file: str, table: pq.ParquetFile, number: int) -> dict[str, KnownFile]:
        key = file, number
        if key not in self._groups:
            with _reading(self._job_dir, file):
                self._groups[key] = {row.path: row for row in rows_of(table.read_row_group(number))}
            while len(self._groups) > _GROUPS_KEPT:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]


def _open(job_dir: JobDir, file: str) -> pq.ParquetFile:
    data = _read(job_dir, file)
    with _reading(job_dir, file):
        return pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)


@contextmanager
def _reading(job_dir: JobDir, file: str) -> Iterator[None]:
    """What cannot be made out of the bytes of a file is damage to it."""
    try:
        yield
    except (ValueError, OSError, LookupError, TypeError) as error:
        cause = (str(error).splitlines() or [repr(error)])[0]
        raise LedgerDamaged(
            f"the ledger {job_dir.path}/{DIRECTORY}/{file} is damaged: {cause}",
            "The next copy goes on without what it held.",
        ) from error


def _read(job_dir: JobDir, file: str) -> bytes:
    path = join_path(job_dir.path, f"{DIRECTORY}/{file}")
    return job_dir.patiently(lambda: job_dir.filesystem.read_bytes(path))


def _names(job_dir: JobDir) -> list[str]:
    return [name for name in job_dir.names_for_pair(DIRECTORY) if name.endswith(".parquet")]


def _parse(job_dir: JobDir, head: str) -> tuple[Generation, pq.ParquetFile]:
    table = _open(job_dir, head)
    with _reading(job_dir, head):
        fields: dict[str, Any] = json.loads(table.schema_arrow.metadata[_LIST_KEY])
        if fields.pop("version") == VERSION:
            parts = tuple(Part(**part) for part in fields.pop("parts"))
            return Generation(**{**fields, "folded": tuple(fields["folded"])}, parts=parts), table
    raise SurveyError(
        f"the ledger {job_dir.path}/{DIRECTORY}/{head} was written by another version, which this one cannot read",
        "Use that version; or copy with --ignore-ledger, which begins a new one.",
    )

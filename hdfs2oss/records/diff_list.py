"""Lists of differences as a copy is given them: what a verify has left, or a part of its lines, read in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.differences import Difference, Finding
from ..model.errors import StoreError, UsageError
from ..model.uri import Uri
from ..model.values import DIRECTORY
from .differences import DIRECTORY_NAME, PAIR_KEY, REPORT_NAME, DifferenceFiles, rows_of
from .jobdir import patiently
from .ranged import RangedFile
from .tables import TableFile

_PIECE_BYTES = 8 * 1024 * 1024
_READ_BYTES = 1024 * 1024
_FINDINGS = frozenset(finding.value for finding in Finding)


class DiffSlice(NamedTuple):
    """A piece of a list: a Parquet file, or the lines of a file of JSON that begin within [offset, offset + size)."""

    place: Uri
    offset: int = 0
    size: int = -1

    @property
    def is_table(self) -> bool:
        """Whether it is a Parquet file."""
        return self.size < 0


@dataclass(frozen=True)
class DiffList:
    """A list of differences. Only the report beside it, in a directory, tells what else there was: it is None for a
    single file."""

    slices: tuple[DiffSlice, ...]
    pair: str
    layout: str = ""
    report: dict[str, Any] | None = None


class Foreign(ValueError):
    """A row that is of another pair of places, or that is no row."""


def open_list(place: Uri, stores: StoreConfig) -> DiffList:
    """What a verify has left: its --output directory, one of its Parquet files, or lines of its differences.jsonl.

    Raises UsageError for what is none of these, StoreError.
    """
    store = open_filesystem(place, stores)
    status = patiently(lambda: store.status(place.path))
    if status is None:
        raise UsageError(f"--from-diff: {place} does not exist", "Name the --output directory of a verify.")
    try:
        if status.kind == DIRECTORY:
            return _of_directory(place, store, stores)
        slices = tuple(_pieces(place, status.length))
        if slices and slices[0].is_table:
            with _open(store, place) as table:
                return DiffList(slices, table.footer(PAIR_KEY))
        first = next((pair for _, pair in _lines(store, slices[0])), "") if slices else ""
        return DiffList(slices, first)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"--from-diff: {place} is no list of differences: {error}",
            "Name the --output directory of a verify, or its differences.jsonl, or lines of that file.",
        ) from error


def read_slice(piece: DiffSlice, pair: str, stores: StoreConfig) -> Iterator[Difference]:
    """The rows of a piece. Raises Foreign for what is of another pair, or no row; StoreError."""
    store = open_filesystem(piece.place, stores)
    if piece.is_table:
        with _open(store, piece.place) as table:
            if table.footer(PAIR_KEY) != pair:
                raise Foreign(f"{piece.place} is of another pair of places")
            for group in range(table.row_groups):
                yield from rows_of(table.read(group))
        return
    for row, own in _lines(store, piece):
        if own != pair:
            raise Foreign(f"{piece.place}: the line about {row.path!r} is of another pair of places")
        yield row


def _of_directory(place: Uri, store: FileSystem, stores: StoreConfig) -> DiffList:
    path = place.join(REPORT_NAME).path
    try:
        report = json.loads(patiently(lambda: store.read_bytes(path)))
    except StoreError as error:
        raise UsageError(
            f"--from-diff: {place} holds no finished list of differences: {error}",
            "Name the --output directory of a verify that came to its end.",
        ) from error
    names = DifferenceFiles(place, stores).parts()
    slices = tuple(DiffSlice(place.join(f"{DIRECTORY_NAME}/{name}")) for name in names)
    return DiffList(slices, str(report["pair"]), str(report["layout"]), report)


def _pieces(place: Uri, length: int) -> Iterator[DiffSlice]:
    if place.name.endswith(".parquet"):
        yield DiffSlice(place)
        return
    for offset in range(0, length, _PIECE_BYTES):
        yield DiffSlice(place, offset, min(_PIECE_BYTES, length - offset))


def _open(store: FileSystem, place: Uri) -> TableFile:
    return TableFile(RangedFile(store, place.path, patiently))


def _lines(store: FileSystem, piece: DiffSlice) -> Iterator[tuple[Difference, str]]:
    """The rows of the lines that begin in a piece, each with the pair that it is of."""
    for line in lines_between(store, piece.place.path, piece.offset, piece.offset + piece.size):
        if line.strip():
            yield _row(line, piece.place)


def lines_between(store: FileSystem, path: str, start: int, end: int) -> Iterator[bytes]:
    """The lines that begin at a byte of [start, end), the last one whole; a line begins behind a line feed."""
    with store.open_reader(path, 1 << 62) as reader:
        # With the byte before it, a piece knows whether its first line begins with it.
        position = max(0, start - 1)
        waiting = b""
        is_begun = start == 0
        for data in reader.stream(position, reader.length - position, _READ_BYTES):
            *whole, rest = (waiting + data).split(b"\n")
            for line in whole:
                if is_begun:
                    yield line
                is_begun = True
                position += len(line) + 1
                if position >= end:
                    return
            waiting = rest
        if waiting and is_begun:
            yield waiting


def _row(line: bytes, place: Uri) -> tuple[Difference, str]:
    try:
        fields = json.loads(line.decode("utf-8", "surrogateescape"))
        pair = str(fields["pair"])
        row = Difference(**{name: fields[name] for name in Difference._fields if name in fields})
    except (ValueError, KeyError, TypeError) as error:
        raise Foreign(f"{place} has a line that is no difference: {line[:100]!r}") from error
    if row.difference not in _FINDINGS or not isinstance(row.path, str) or not isinstance(row.root, int):
        raise Foreign(f"{place} has a line that is no difference: {line[:100]!r}")
    return row, pair

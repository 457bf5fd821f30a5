"""NamedTuples as Parquet tables: how rows of a plan or a ledger become columns and come back.

Columns are read by their names. What an older file lacks has the default of its field, what a newer one has beside is
passed over, so either can be read; SCHEMA_VERSION rises with each column that comes, goes, or means something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from ..model.values import CopyItem, CopyResult, StoredPart, Work
from .ranged import RangedFile

Row = TypeVar("Row", bound=NamedTuple)

SCHEMA_VERSION = 4
_VERSION_KEY = "hdfs2oss.schema_version"

_PART = pa.struct([("number", pa.int32()), ("etag", pa.string()), ("crc64", pa.uint64()), ("length", pa.int64())])
_NARROW: dict[str, Any] = {
    "root": pa.int32(),
    "first_part": pa.int32(),
    "crc64": pa.uint64(),
    "crc32c": pa.uint32(),
    "source_crc32c": pa.uint32(),
    "target_crc32c": pa.uint32(),
    "stored_crc64": pa.uint64(),
    "part_count": pa.int32(),
}
_BY_ANNOTATION: dict[str, Any] = {
    "str": pa.string(),
    "int": pa.int64(),
    "int | None": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "Work": pa.string(),
}


def schema_of(row_type: type[Any]) -> pa.Schema:
    """One column for each field, named like it."""
    fields = []
    for name, annotation in row_type.__annotations__.items():
        text = annotation if isinstance(annotation, str) else getattr(annotation, "__forward_arg__", "")
        kind = pa.list_(_PART) if name == "parts" else _NARROW.get(name) or _BY_ANNOTATION[text]
        fields.append(pa.field(name, kind))
    return pa.schema(fields)


ITEM_SCHEMA = schema_of(CopyItem)
RESULT_SCHEMA = schema_of(CopyResult)


def to_table(rows: Sequence[NamedTuple], schema: pa.Schema) -> pa.Table:
    """Rows as a table; nested parts become structs."""
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in schema]
    if "parts" in schema.names:
        at = schema.names.index("parts")
        columns[at] = [[part._asdict() for part in parts] for parts in columns[at]]
    return pa.Table.from_arrays(
        [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema
    )


def items_of(table: pa.Table) -> Iterator[CopyItem]:
    """The items of a plan table, in order."""
    return map(CopyItem._make, _values(table, CopyItem))


def results_of(table: pa.Table) -> Iterator[CopyResult]:
    """The results of a ledger table, in order."""
    return map(CopyResult._make, _values(table, CopyResult))


def plain_of(result: CopyResult) -> dict[str, Any]:
    """A result as JSON takes it, by the names of its fields."""
    return {**result._asdict(), "parts": [part._asdict() for part in result.parts]}


def result_of_plain(plain: Mapping[str, Any]) -> CopyResult:
    """A result as it was before it became JSON, by whichever version."""
    known = {name: _typed(name, value) for name, value in plain.items() if name in CopyResult._fields}
    return CopyResult(**known)


class TableFile:
    """A Parquet file that is read by row groups: its footer with the opening, then each group by one request."""

    def __init__(self, source: RangedFile) -> None:
        self._source = source
        try:
            self._file = pq.ParquetFile(source, pre_buffer=False)
        except BaseException:
            source.close()
            raise

    def __enter__(self) -> TableFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the file."""
        self._source.close()

    @property
    def bytes_read(self) -> int:
        """What the store gave so far."""
        return self._source.bytes_read

    @property
    def row_groups(self) -> int:
        """How many there are."""
        return int(self._file.num_row_groups)

    def footer(self, key: str) -> str:
        """The value of a key in the footer. Raises KeyError."""
        return bytes(self._file.schema_arrow.metadata[key.encode()]).decode()

    def read(self, row_group: int) -> pa.Table:
        """The rows of a group."""
        self._source.hold(*self._range_of(row_group))
        try:
            return self._file.read_row_group(row_group)
        finally:
            self._source.let_go()

    def bounds(self, row_group: int, column: str) -> tuple[str, str] | None:
        """The least and the greatest value of a text column in a group, as its statistics have them; else None."""
        group = self._file.metadata.row_group(row_group)
        columns = (group.column(number) for number in range(group.num_columns))
        statistics = next((one.statistics for one in columns if one.path_in_schema == column), None)
        if statistics is None or not statistics.has_min_max:
            return None
        return str(statistics.min), str(statistics.max)

    def _range_of(self, row_group: int) -> tuple[int, int]:
        """Offset and size: the columns of a group stand behind each other."""
        group = self._file.metadata.row_group(row_group)
        columns = [group.column(number) for number in range(group.num_columns)]
        starts = [min(one.dictionary_page_offset or one.data_page_offset, one.data_page_offset) for one in columns]
        ends = [start + one.total_compressed_size for start, one in zip(starts, columns, strict=True)]
        return min(starts), max(ends) - min(starts)


def write_table(rows: Iterable[NamedTuple], schema: pa.Schema, footer: dict[str, str]) -> bytes:
    """One Parquet file with key-value pairs in its footer."""
    sink = pa.BufferOutputStream()
    footer = {_VERSION_KEY: str(SCHEMA_VERSION), **footer}
    with pq.ParquetWriter(sink, schema.with_metadata(footer), compression="zstd") as writer:
        writer.write_table(to_table(list(rows), schema).replace_schema_metadata(footer))
    return bytes(sink.getvalue())


def _values(table: pa.Table, row_type: type[Any]) -> Iterator[tuple[Any, ...]]:
    """The fields of each row, in the order of the type."""
    defaults = row_type._field_defaults
    columns: list[Iterable[Any]] = []
    for name in row_type._fields:
        if name not in table.column_names:
            columns.append(repeat(defaults[name], table.num_rows))
            continue
        column = table.column(name).to_pylist()
        columns.append([_typed(name, value) for value in column] if name in ("work", "parts") else column)
    return zip(*columns, strict=True)


def _typed(name: str, value: Any) -> Any:
    """What is more than a number or a text."""
    if name == "work":
        return Work(value)
    return tuple(StoredPart(**part) for part in value) if name == "parts" else value

"""Functions over columns and tables, by Arrow's names for them: `equal`, `and_`, `if_else` ...

`pyarrow.compute` makes a documented Python function of each of hundreds, which takes a tenth of the CPU of a run of one
file. Here Arrow's own registry is asked for the few that are needed; where a pyarrow has it elsewhere, through that.
Methods of tables and columns (`filter`, `take`, `cast`) would load the other, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

try:
    from pyarrow import _compute as arrow
except ImportError:  # pragma: no cover - where that module has another name
    import pyarrow.compute as arrow


def __getattr__(name: str) -> Callable[..., Any]:
    """A function of columns, and of values that stand for a column of them, which has no settings."""
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *columns: arrow.call_function(name.rstrip("_"), list(columns))


def is_in(column: pa.ChunkedArray, values: pa.Array) -> pa.ChunkedArray:
    """Whether each value is one of these."""
    return arrow.call_function("is_in", [column], arrow.SetLookupOptions(value_set=values))


def fill_null(column: pa.ChunkedArray, value: Any) -> pa.ChunkedArray:
    """With this value where there is none."""
    return arrow.call_function("coalesce", [column, pa.scalar(value, column.type)])


def filter_rows(table: pa.Table, mask: pa.ChunkedArray | pa.Array) -> pa.Table:
    """The rows for which the mask is true."""
    return arrow.call_function("filter", [table, mask], arrow.FilterOptions("drop"))


def sort_indices(
    values: pa.Table | pa.ChunkedArray, keys: Sequence[tuple[str, str]] = (("", "ascending"),)
) -> pa.Array:
    """The numbers of the rows in the order of these columns, each `ascending` or `descending`."""
    return arrow.call_function("sort_indices", [values], arrow.SortOptions(list(keys)))


def take(table: pa.Table, indices: pa.Array) -> pa.Table:
    """The rows with these numbers."""
    return arrow.call_function("take", [table, indices], arrow.TakeOptions(boundscheck=True))


def cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """As another type. Raises ValueError for a value that it does not have."""
    return column if column.type == kind else arrow.call_function("cast", [column], arrow.CastOptions.safe(kind))


def cast_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Its columns as the schema has them. Raises ValueError where that has others."""
    if table.column_names != schema.names:
        raise ValueError(f"these columns are not {', '.join(schema.names)}: {', '.join(table.column_names)}")
    return pa.table([cast(table[field.name], field.type) for field in schema], schema=schema)

"""Rows of runs and rows that are known already, merged: of every path the newest state, in key order.

What a row of a run comes to, of those that are about a file as a whole:

    outcome              work              comes to
    ------------------   ---------------   ------------------------------------------------------------
    COPIED               FILE, UPLOAD      the state of the file
    SKIPPED, with CRC    FILE              the same: the checksums of both sides were compared, and are equal
    FAILED, CHANGED      FILE, UPLOAD      nothing is known of it any more
    DELETED, GONE        DELETE            it is not there any more
    any other            any               nothing: what is known stays known

A file that was compared, and is known with one of its checksums, keeps the rest of what is known of its bytes.
A later run stands before an earlier one, and all of them before what was known. Within a run a deletion stands before
a copy, which was before it, and whatever arrived before a try that failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from ..model.values import FILE, Outcome, Work
from ..rules.layout import Layout
from ..rules.snapshot_diff import Overlap
from . import columns as pc
from .generation import KNOWN_SCHEMA

# A file whose checksums were found equal on both sides is proven like one whose bytes were compared on their way.
_COMPARED = "transfer"
_FAILED, _SKIPPED, _COPIED, _DELETED, _RANKS = 0, 1, 2, 3, 4
_HELPERS = pa.schema([pa.field("rank", pa.int64()), pa.field("is_gone", pa.bool_())])
_WORKING_SCHEMA = pa.schema([*KNOWN_SCHEMA, *_HELPERS])


class Bounds(NamedTuple):
    """Paths with after < path <= until; "" leaves that end open."""

    after: str = ""
    until: str = ""

    def cut(self, table: pa.Table) -> pa.Table:
        """The rows that are in it."""
        mask = pc.greater(table["path"], self.after) if self.after else None
        if self.until:
            below = pc.less_equal(table["path"], self.until)
            mask = below if mask is None else pc.and_(mask, below)
        return table if mask is None else pc.filter_rows(table, mask)


def rows_of_run(ledger: pa.Table, layout: Layout, run_id: str, order: int) -> pa.Table:
    """What the rows of a ledger file come to; `order` is that of the run among those that are taken in."""
    of_files = pc.and_(pc.equal(ledger["kind"], FILE), pc.is_in(ledger["work"], _texts(Work.FILE, Work.UPLOAD)))
    deleted = pc.and_(pc.equal(ledger["kind"], FILE), pc.equal(ledger["work"], Work.DELETE.value))
    outcome = ledger["outcome"]
    has_sum = pc.or_(pc.is_valid(ledger["crc64"]), pc.is_valid(ledger["crc32c"]))
    failed = _texts(Outcome.FAILED, Outcome.CHANGED, Outcome.OPEN)
    pieces = [
        _working(pc.filter_rows(ledger, pc.and_(of_files, pc.equal(outcome, "COPIED"))), layout, run_id, _COPIED),
        _working(
            pc.filter_rows(ledger, pc.and_(pc.and_(of_files, pc.equal(outcome, "SKIPPED")), has_sum)),
            layout,
            run_id,
            _SKIPPED,
        ),
        _gone(pc.filter_rows(ledger, pc.and_(of_files, pc.is_in(outcome, failed))), _FAILED),
        _gone(
            pc.filter_rows(ledger, pc.and_(deleted, pc.is_in(outcome, _texts(Outcome.DELETED, Outcome.GONE)))), _DELETED
        ),
    ]
    table = pa.concat_tables(pieces)
    rank = pc.add(table["rank"], pa.scalar((order + 1) * _RANKS, pa.int64()))
    return table.set_column(table.column_names.index("rank"), "rank", rank)


def known_before(table: pa.Table) -> pa.Table:
    """Rows of an earlier generation, which stand behind those of all runs."""
    return _with_helpers(table.select(KNOWN_SCHEMA.names), 0, False)


def merge(tables: Sequence[pa.Table]) -> pa.Table:
    """Of every path the row that stands before all others, unless that says that it has gone; in key order."""
    table = pa.concat_tables([*tables, _WORKING_SCHEMA.empty_table()])
    table = pc.take(table, pc.sort_indices(table, [("path", "ascending"), ("rank", "descending")])).combine_chunks()
    if table.num_rows > 1:
        table = _completed(table)
        path = table["path"]
        is_first = pa.chunked_array([pa.array([True]), *pc.not_equal(path[1:], path[:-1]).chunks])
        table = pc.filter_rows(table, is_first)
    return pc.filter_rows(table, pc.invert(table["is_gone"])).select(KNOWN_SCHEMA.names)


def _completed(table: pa.Table) -> pa.Table:
    """Files whose checksums were compared keep what was known of the same bytes: the other checksum, and the proof."""
    older = pa.concat_tables(
        [table.slice(1), pa.table([pa.nulls(1, field.type) for field in table.schema], table.schema)]
    )
    is_compared = pc.equal(pc.bit_wise_and(table["rank"], _RANKS - 1), _SKIPPED)
    is_same = pc.and_(pc.equal(table["path"], older["path"]), pc.invert(pc.or_(table["is_gone"], older["is_gone"])))
    sums = [pc.fill_null(pc.equal(table[name], older[name]), False) for name in ("crc64", "crc32c")]
    takes = pc.fill_null(pc.and_(pc.and_(is_compared, is_same), pc.or_(*sums)), False)
    for name in ("crc64", "crc32c", "stored_crc64", "source_crc32c", "target_crc32c", "proof"):
        kept = older[name] if name == "proof" else pc.coalesce(table[name], older[name])
        table = table.set_column(table.column_names.index(name), name, pc.if_else(takes, kept, table[name]))
    return table


def without(table: pa.Table, moved: Overlap) -> pa.Table:
    """The rows of files that have not to do with these places."""
    if moved.is_empty:
        return table
    kept = [not (moved.has(path) or moved.holds(path)) for path in table["path"].to_pylist()]
    return pc.filter_rows(table, pa.array(kept, pa.bool_()))


def sample(table: pa.Table, every: int) -> list[str]:
    """The last path, and in order every so many-th one before it: by these, rows are dealt out to ranges."""
    paths = pc.sort_indices(table["path"])
    ends = [*range(every - 1, table.num_rows - 1, every), *([table.num_rows - 1] if table.num_rows else [])]
    return [table["path"][paths[at].as_py()].as_py() for at in ends]


def borders(samples: Sequence[tuple[str, float]], most: int) -> list[str]:
    """Where to cut so that a range has about `most` rows; each sample stands for so many."""
    found, rows = [], 0.0
    ordered = sorted(samples)
    for name, weight in ordered:
        rows += weight
        if rows >= most and name != ordered[-1][0]:
            found.append(name)
            rows = 0.0
    return list(dict.fromkeys(found))


def pieces_of(table: pa.Table, most: int) -> Iterator[pa.Table]:
    """A table in pieces of at most so many rows."""
    for at in range(0, table.num_rows, most):
        yield table.slice(at, most)


def _working(ledger: pa.Table, layout: Layout, run_id: str, rank: int) -> pa.Table:
    ends = zip(ledger["root"].to_pylist(), ledger["path"].to_pylist(), strict=True)
    sources = [layout.source_text(root, path) for root, path in ends]
    count = ledger.num_rows
    given = {
        "source": pa.array(sources, pa.string()),
        "target_length": ledger["source_length"],
        "run": pa.array([run_id] * count, pa.string()),
        "proof": ledger["proof"] if rank == _COPIED else pa.array([_COMPARED] * count, pa.string()),
    }
    columns = [given[name] if name in given else ledger[name] for name in KNOWN_SCHEMA.names]
    cast = [_filled(pc.cast(column, field.type)) for column, field in zip(columns, KNOWN_SCHEMA, strict=True)]
    return _with_helpers(pa.table(cast, schema=KNOWN_SCHEMA), rank, False)


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts that a ledger of an older version does not have are empty."""
    return pc.fill_null(column, "") if pa.types.is_string(column.type) else column


def _gone(ledger: pa.Table, rank: int) -> pa.Table:
    count = ledger.num_rows
    columns = [ledger["path"] if field.name == "path" else pa.nulls(count, field.type) for field in KNOWN_SCHEMA]
    return _with_helpers(pa.table(columns, schema=KNOWN_SCHEMA), rank, True)


def _with_helpers(table: pa.Table, rank: int, is_gone: bool) -> pa.Table:
    count = table.num_rows
    helpers = pa.array([rank] * count, pa.int64()), pa.array([is_gone] * count, pa.bool_())
    return pa.table([*table.columns, *helpers], schema=_WORKING_SCHEMA)


def _texts(*values: Work | Outcome) -> pa.Array:
    return pa.array([value.value for value in values])

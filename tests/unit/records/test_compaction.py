"""What rows of runs come to, and how they are merged with what is known."""

import random
from itertools import pairwise

import pyarrow as pa
import pytest

from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyResult, CopyRoot, Outcome, Work
from hdfs2oss.records.compaction import Bounds, borders, known_before, merge, pieces_of, rows_of_run, sample
from hdfs2oss.records.generation import rows_of
from hdfs2oss.records.tables import RESULT_SCHEMA, to_table
from hdfs2oss.rules.layout import Layout

LAYOUT = Layout(
    Uri("oss", "b", "/t"),
    (CopyRoot(Uri("hdfs", "nn", "/a"), ""), CopyRoot(Uri("hdfs", "nn", "/b/c"), "c")),
    True,
)


def copied(path: str, mtime_ms: int = 1, root: int = 0, **fields) -> CopyResult:
    given = {"target_etag": "E", "target_mtime_ms": 9, "crc64": 64, "crc32c": 32, "proof": "transfer", **fields}
    return CopyResult(path, root, "F", "COPY", Outcome.COPIED.value, 5, mtime_ms)._replace(**given)


def ended(path: str, outcome: Outcome, work: Work = Work.FILE, kind: str = "F") -> CopyResult:
    return CopyResult(path, 0, kind, "COPY", outcome.value, 5, 1, work=work)


def of_run(*rows: CopyResult, order: int = 0) -> pa.Table:
    return rows_of_run(to_table(rows, RESULT_SCHEMA), LAYOUT, f"run-{order}", order)


def known(*rows: CopyResult) -> pa.Table:
    return known_before(merge([of_run(*rows)]))


def states(*tables: pa.Table) -> list[tuple[str, int]]:
    return [(row.path, row.source_mtime_ms) for row in rows_of(merge(tables))]


def test_of_every_path_the_newest_row_is_kept_in_key_order() -> None:
    before = known(copied("z", 1), copied("a/b", 1), copied("a-b", 1))
    newer = of_run(copied("a/b", 2), copied("é", 2))
    newest = of_run(copied("a/b", 3), order=1)
    assert states(newest, before, newer) == [("a-b", 1), ("a/b", 3), ("z", 1), ("é", 2)]


def test_a_row_says_what_each_side_was_and_how_it_was_proven() -> None:
    (row,) = rows_of(merge([of_run(copied("c/x", 7, 1, stored_crc64=64, source_crc32c=32, part_count=3))]))
    assert row == ("c/x", "hdfs://nn/b/c/x", 5, 7, "", 5, "E", 9, 64, 32, 64, 32, None, "transfer", 3, "run-0")


@pytest.mark.parametrize(
    "row",
    [
        ended("p", Outcome.FAILED),
        ended("p", Outcome.CHANGED, Work.UPLOAD),
        ended("p", Outcome.OPEN),
        ended("p", Outcome.DELETED, Work.DELETE),
        ended("p", Outcome.GONE, Work.DELETE),
    ],
)
def test_what_failed_or_was_deleted_is_not_known_any_more(row) -> None:
    assert states(known(copied("o"), copied("p")), of_run(row)) == [("o", 1)]


@pytest.mark.parametrize(
    "row",
    [
        ended("p", Outcome.SKIPPED),
        ended("p", Outcome.REFRESHED, Work.ATTRIBUTES),
        ended("p", Outcome.CHUNK, Work.CHUNK),
        ended("p", Outcome.FAILED, Work.CHUNK),
        ended("p", Outcome.KEPT, Work.DELETE),
        ended("p", Outcome.FAILED, Work.DELETE),
        ended("p", Outcome.MADE, Work.DIRECTORY, "D"),
        ended("p", Outcome.DELETED, Work.DELETE, "D"),
    ],
)
def test_what_says_nothing_of_a_file_leaves_what_is_known(row) -> None:
    assert states(known(copied("p", 4)), of_run(row)) == [("p", 4)]


def test_a_file_whose_checksums_were_equal_is_proven_by_them() -> None:
    row = ended("p", Outcome.SKIPPED)._replace(source_mtime_ms=8, target_etag="F", target_mtime_ms=3, crc64=64)
    (found,) = rows_of(merge([known(copied("p", proof="end-to-end")), of_run(row)]))
    assert (found.source_mtime_ms, found.target_etag, found.crc64, found.crc32c) == (8, "F", 64, 32)
    assert found.proof == "end-to-end"
    (found,) = rows_of(merge([known(copied("p", crc64=65, proof="end-to-end")), of_run(row)]))
    assert (found.crc64, found.crc32c, found.proof) == (64, None, "transfer")
    (found,) = rows_of(merge([of_run(row), of_run(copied("o"), copied("q"))]).slice(1, 1))
    assert (found.crc64, found.crc32c, found.proof) == (64, None, "transfer")


def test_within_a_run_what_arrived_stands_before_a_try_that_failed_and_a_deletion_before_both() -> None:
    assert states(of_run(copied("p", 2), ended("p", Outcome.FAILED))) == [("p", 2)]
    assert states(of_run(ended("p", Outcome.DELETED, Work.DELETE), copied("p", 2))) == []


def test_rows_of_a_ledger_that_lacks_newer_columns_are_proven_by_nothing() -> None:
    table = to_table([copied("p")], RESULT_SCHEMA)
    at = table.column_names.index("proof")
    old = table.set_column(at, "proof", pa.nulls(1, pa.string()))
    (row,) = rows_of(merge([rows_of_run(old, LAYOUT, "run", 0)]))
    assert row.proof == ""


def test_merging_by_ranges_comes_to_the_same_as_merging_all() -> None:
    chance = random.Random(4)
    names = [f"{chance.randrange(40):02d}/{chance.randrange(40)}" for _ in range(400)]
    before = known(*(copied(name, 1) for name in dict.fromkeys(names[:200])))
    runs = [of_run(*(copied(name, 2 + order) for name in names[200:]), order=order) for order in (0, 1)]
    whole = merge([before, *runs])
    found = [(name, 1.0) for table in runs for name in sample(table, 10)]
    cuts = ["", *borders(found, 7), ""]
    assert len(cuts) > 5
    ranges = [Bounds(after, until) for after, until in pairwise(cuts)]
    assert pa.concat_tables(merge([one.cut(table) for table in (before, *runs)]) for one in ranges).equals(whole)


def test_samples_hold_the_last_path_and_borders_leave_about_so_many_rows_to_each_range() -> None:
    table = of_run(*(copied(f"{number:02d}") for number in reversed(range(25))))
    assert sample(table, 10) == ["09", "19", "24"]
    assert sample(of_run(), 10) == []
    assert borders([("a", 10), ("b", 10), ("c", 10), ("d", 10)], 20) == ["b"]
    assert borders([("a", 30), ("b", 1)], 20) == ["a"]
    assert borders([("a", 1)], 20) == []


def test_a_table_is_cut_into_pieces_without_a_row_lost() -> None:
    table = merge([of_run(*(copied(f"{number:02d}") for number in range(5)))])
    assert [piece.num_rows for piece in pieces_of(table, 2)] == [2, 2, 1]

"""Functions over columns: what pyarrow.compute gives, without loading it."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.compute
import pytest

from hdfs2oss.records import columns

TABLE = pa.table(
    {
        "path": ["b", "a", None, "c", "a"],
        "rank": pa.array([1, 2, 3, None, 5], pa.int64()),
        "is_gone": [True, False, None, True, False],
    }
)
PATH, RANK, IS_GONE = TABLE["path"], TABLE["rank"], TABLE["is_gone"]
BY_PATH = [("path", "ascending"), ("rank", "descending")]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("equal", (PATH, "a")),
        ("not_equal", (PATH[1:], PATH[:-1])),
        ("greater", (PATH, "a")),
        ("less_equal", (PATH, "b")),
        ("and_", (IS_GONE, columns.is_valid(RANK))),
        ("or_", (IS_GONE, columns.is_valid(RANK))),
        ("invert", (IS_GONE,)),
        ("is_valid", (RANK,)),
        ("add", (RANK, pa.scalar(4, pa.int64()))),
        ("bit_wise_and", (RANK, 3)),
        ("coalesce", (RANK, pa.array([9] * 5))),
        ("if_else", (IS_GONE, RANK, pa.array([9] * 5))),
        ("is_in", (PATH, pa.array(["a", "x"]))),
        ("fill_null", (PATH, "")),
        ("fill_null", (IS_GONE, False)),
        ("sort_indices", (PATH,)),
        ("sort_indices", (TABLE, BY_PATH)),
        ("take", (TABLE, pa.array([4, 0]))),
        ("cast", (RANK, pa.uint32())),
    ],
)
def test_a_function_gives_what_that_of_pyarrow_does(name: str, given: tuple[object, ...]) -> None:
    assert getattr(columns, name)(*given) == getattr(pyarrow.compute, name)(*given)


def test_rows_are_kept_where_the_mask_is_true_and_not_where_it_says_nothing() -> None:
    assert columns.filter_rows(TABLE, IS_GONE) == TABLE.filter(IS_GONE)
    assert columns.filter_rows(TABLE, IS_GONE)["path"].to_pylist() == ["b", "c"]


def test_a_value_that_the_other_type_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="not in range"):
        columns.cast(pa.chunked_array([pa.array([1 << 40])]), pa.int32())


def test_a_table_is_cast_column_by_column_and_only_where_its_columns_are_those_of_the_schema() -> None:
    schema = pa.schema([("path", pa.large_string()), ("rank", pa.int32()), ("is_gone", pa.bool_())])
    assert columns.cast_table(TABLE, schema) == TABLE.cast(schema)
    with pytest.raises(ValueError, match="these columns are not path, rank, is_gone: path, rank"):
        columns.cast_table(TABLE.select(["path", "rank"]), schema)


def test_what_arrow_does_not_have_is_no_attribute_that_import_asks_for() -> None:
    with pytest.raises(AttributeError):
        columns.__wrapped__  # noqa: B018


@pytest.mark.slow
def test_merging_ledgers_loads_no_function_that_is_not_used() -> None:
    merges = (
        "import sys, pyarrow as pa\n"
        "from hdfs2oss.records.compaction import known_before, merge\n"
        "from hdfs2oss.records.generation import KNOWN_SCHEMA, Generation, encode\n"
        "table = merge([known_before(KNOWN_SCHEMA.empty_table())])\n"
        "encode(table, Generation('g', 'oss://b/t'))\n"
        "print('pyarrow.compute' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", merges], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"

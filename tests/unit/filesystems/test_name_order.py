"""From the NameNode's order (signed bytes) to that of names."""

import glob
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.filesystems.name_order import in_name_order
from hdfs2oss.model.errors import SurveyError
from hdfs2oss.model.values import FILE, FileStatus

NAMES = st.text(st.sampled_from("a bz~-éÿ数据\ue000\U0001f600"), min_size=1, max_size=5)


def signed(name: str) -> list[int]:
    """As the NameNode compares."""
    return [byte - 256 if byte > 127 else byte for byte in name.encode()]


def listed(names: set[str]) -> list[FileStatus]:
    return [FileStatus(name, FILE, len(name)) for name in sorted(names, key=signed)]


@given(st.sets(NAMES, max_size=40), st.integers(1, 50))
def test_any_listing_comes_out_in_the_order_of_strings(names: set[str], max_rows: int) -> None:
    assert list(in_name_order(listed(names), max_rows)) == [FileStatus(name, FILE, len(name)) for name in sorted(names)]


def test_ascii_names_pass_at_once() -> None:
    incoming = iter(listed({"a", "b", "c"}))
    ordered = in_name_order(incoming)
    assert next(ordered).path == "a"
    assert [row.path for row in incoming] == ["b", "c"]


def test_a_row_waits_no_longer_than_something_may_come_before_it() -> None:
    incoming = iter(listed({"x年1", "x年2", "xa", "y年1", "z"}))
    ordered = in_name_order(incoming)
    assert next(ordered).path == "xa"
    assert next(ordered).path == "x年1"
    assert [row.path for row in incoming] == ["z"], "read up to y年1, which proves that x is over"


def test_more_rows_than_fit_go_through_temporary_files_that_vanish() -> None:
    names = {f"数{number:04d}" for number in range(500)} | {"a", "z"}
    before = set(glob.glob(f"{tempfile.gettempdir()}/hdfs2oss-order-*"))
    assert [row.path for row in in_name_order(listed(names), 40)] == sorted(names)
    assert set(glob.glob(f"{tempfile.gettempdir()}/hdfs2oss-order-*")) == before


def test_paths_below_a_directory_are_ordered_alike() -> None:
    rows = [FileStatus(f"dé/{name}", FILE) for name in sorted({"a", "é", "z"}, key=signed)]
    assert [row.path for row in in_name_order(rows)] == ["dé/a", "dé/z", "dé/é"]


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a"), ("a", "é"), ("数", "é"), ("é", "b", "a")])
def test_disorder_raises(names: tuple[str, ...]) -> None:
    with pytest.raises(SurveyError, match="out of order"):
        list(in_name_order([FileStatus(name, FILE) for name in names]))

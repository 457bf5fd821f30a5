"""From the order of names to the order of keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.errors import SurveyError
from hdfs2oss.model.values import DIRECTORY, FILE, FileStatus
from hdfs2oss.rules.keys import in_key_order

NAMES = st.text(st.sampled_from("a-. /0é数\U0001f600".replace("/", "")), min_size=1, max_size=4)


def rows(*keys: str) -> list[FileStatus]:
    return [FileStatus(key.rstrip("/"), DIRECTORY if key.endswith("/") else FILE) for key in keys]


def test_a_directory_waits_until_its_key_is_due() -> None:
    names = rows("a/", "a b", "a-b", "a.", "a0/", "b")
    assert [row.key for row in in_key_order(names)] == ["a b", "a-b", "a.", "a/", "a0/", "b"]


def test_directories_whose_names_begin_alike_leave_in_key_order() -> None:
    names = rows("a/", "a-/", "a--/", "a--b", "a-b/", "ab")
    assert [row.key for row in in_key_order(names)] == ["a--/", "a--b", "a-/", "a-b/", "a/", "ab"]


def test_a_row_is_given_as_soon_as_it_is_due() -> None:
    incoming = iter(rows("a/", "a-b", "b", "c"))
    ordered = in_key_order(incoming)
    assert next(ordered).key == "a-b"
    assert next(ordered).key == "a/"
    assert [row.key for row in incoming] == ["c"]


@given(st.dictionaries(NAMES, st.booleans(), max_size=30))
def test_any_directory_comes_out_sorted_and_complete(names: dict[str, bool]) -> None:
    incoming = [FileStatus(name, DIRECTORY if names[name] else FILE) for name in sorted(names)]
    ordered = list(in_key_order(incoming))
    assert [row.key for row in ordered] == sorted(row.key for row in incoming)


def test_a_relative_path_in_front_changes_nothing() -> None:
    names = rows("d/a/", "d/a-b", "d/b")
    assert [row.key for row in in_key_order(names)] == ["d/a-b", "d/a/", "d/b"]


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a"), ("a", "a/"), ("a", "c", "b")])
def test_disorder_raises(names: tuple[str, ...]) -> None:
    with pytest.raises(SurveyError, match="out of order"):
        list(in_key_order(rows(*names)))

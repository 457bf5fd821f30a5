"""The order of keys, and ranges of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.values import DIRECTORY, FILE, FileStatus
from hdfs2oss.rules.keys import ALL_KEYS, KeyRange, behind, child_key, is_within, parent_of

names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=4)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("children", "held", "not_held"),
    [
        (ALL_KEYS, ["", "a", "a/", "\U0010ffff"][1:], []),
        (KeyRange("b"), ["b/", "b0", "c"], ["a", "b"]),
        (KeyRange("b/"), ["b0", "c"], ["a", "b", "b/"]),
        (KeyRange("", "b/"), ["a", "b", "b-c", "b/"], ["b0", "c/"]),
        (KeyRange("a/", "c/"), ["b", "c", "c/"], ["a", "a/", "c0", "d"]),
    ],
)
def test_a_range_begins_behind_its_first_key_and_ends_with_its_last(children, held, not_held) -> None:
    assert [key for key in held if not children.holds(key)] == []
    assert [key for key in not_held if children.holds(key)] == []


@pytest.mark.slow
@given(st.lists(names.map(lambda name: name + "/"), unique=True, min_size=1), st.data())
def test_ranges_that_follow_each_other_hold_each_key_once(keys, data) -> None:
    borders = sorted(data.draw(st.lists(st.sampled_from(keys), unique=True)))
    ranges = [KeyRange(after, until) for after, until in zip(["", *borders], [*borders, ""], strict=True)]
    assert all(sum(one.holds(key) for one in ranges) == 1 for key in keys)


@given(paths, paths)
def test_what_lies_in_a_directory_stands_together_right_behind_its_own_key(directory, other) -> None:
    inner = FileStatus(f"{directory}/{other}", FILE).key
    assert FileStatus(directory, DIRECTORY).key < inner < behind(directory)
    if not is_within(other, directory):
        key = FileStatus(other, FILE).key
        assert key < FileStatus(directory, DIRECTORY).key or key >= behind(directory)


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        ("a/b", "a", True),
        ("a", "a", True),
        ("a-b", "a", False),
        ("ab/c", "a", False),
        ("a", "", True),
        ("", "a", False),
    ],
)
def test_a_path_lies_in_a_directory_by_whole_names(path, directory, expected) -> None:
    assert is_within(path, directory) is expected


@given(paths)
def test_a_directory_has_its_key_among_the_children_of_its_parent(directory) -> None:
    parent = parent_of(directory)
    assert (f"{parent}/" if parent else "") + child_key(directory, parent) == directory + "/"

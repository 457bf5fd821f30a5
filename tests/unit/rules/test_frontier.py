"""What a survey left out comes up again: all of it, once, in a bounded number of ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.rules.frontier import Frontier, SurveyUnit
from hdfs2oss.rules.keys import ALL_KEYS, KeyRange, child_key, parent_of

names = st.sampled_from(["a", "a-b", "a.b", "a0", "b", "é", "数"])
trees = st.lists(st.lists(names, min_size=1, max_size=3), max_size=25).map(
    lambda found: sorted(
        {"/".join(parts[:depth]) for parts in found for depth in range(1, len(parts) + 1)}, key=lambda path: path + "/"
    )
)


def holders(units: list[SurveyUnit], directory: str) -> int:
    """How many units begin at this directory: hold it among the children of its parent."""
    parent = parent_of(directory)
    return sum(one.directory == parent and one.children.holds(child_key(directory, parent)) for one in units)


@given(trees, st.integers(0, 25))
def test_what_was_entered_never_comes_back_and_what_was_left_out_comes_back_once(directories, entered) -> None:
    frontier = Frontier(SurveyUnit(""))
    inside, outside = [], []
    for number, directory in enumerate(directories):
        if number < entered:
            frontier.enter(directory)
            inside.append(directory)
        elif parent_of(directory) in ("", *inside):
            frontier.leave_out(directory)
            outside.append(directory)
    units = frontier.units()
    assert [holders(units, one) for one in inside] == [0] * len(inside)
    assert [holders(units, one) for one in outside] == [1] * len(outside)


def test_a_hundred_thousand_names_make_at_most_32_ranges_of_about_equal_size() -> None:
    frontier = Frontier(SurveyUnit("d", KeyRange("", "")))
    all_names = [f"{number:06d}" for number in range(100_000)]
    for name in all_names:
        frontier.leave_out(f"d/{name}")
    units = frontier.units()
    assert 16 <= len(units) <= 32
    some = all_names[::10]
    sizes = [sum(unit.children.holds(f"{name}/") for name in some) for unit in units]
    assert sum(sizes) == len(some)
    assert max(sizes) < 3 * min(sizes)


def test_ranges_keep_to_the_range_of_the_unit_they_come_from() -> None:
    frontier = Frontier(SurveyUnit("", KeyRange("b/", "m/"), resumed=True))
    frontier.enter("c")
    for name in "def":
        frontier.leave_out(name)
    units = frontier.units()
    assert units[0].children.after == "c/"
    assert units[-1].children.until == "m/"
    assert all(unit.resumed and unit.children != ALL_KEYS for unit in units)

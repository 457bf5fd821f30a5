"""A range of names is listed without what lies before it, whatever the names are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.filesystems.hdfs.ranges import leap
from hdfs2oss.filesystems.name_order import listing_key
from hdfs2oss.rules.keys import KeyRange

# Before the slash, behind it, beyond ASCII, and at the ends of what a name can be made of.
names = st.text(alphabet="-.0ab\x01\x7fé数\ud7ff\ue000\U0010ffff", min_size=1, max_size=4)
keys = st.builds(lambda name, slash: name + slash, names, st.sampled_from(["", "/"]))
PAGE = 3


def wanted(name: str, children: KeyRange) -> bool:
    """Whether a file or a directory of this name is in the range."""
    return children.holds(name) or children.holds(name + "/")


def listed(directory: list[str], children: KeyRange) -> tuple[list[str], int]:
    """The names that are seen, page by page, and the number of pages."""
    seen: list[str] = []
    pages = 0
    at = leap("", children)
    while at is not None:
        page = [name for name in directory if not at or listing_key(name) > listing_key(at)][:PAGE]
        pages += 1
        if not page:
            break
        seen += page
        at = leap(page[-1], children)
        assert at is None or listing_key(at) >= listing_key(page[-1])
    return seen, pages


@given(st.sets(names, max_size=40), keys, keys, st.booleans())
def test_all_names_of_a_range_are_listed_once_in_the_order_of_the_namenode(there, one, other, is_last) -> None:
    children = KeyRange(min(one, other), "" if is_last else max(one, other))
    directory = sorted(there, key=listing_key)
    seen, _ = listed(directory, children)
    assert seen == sorted(set(seen), key=listing_key)
    assert [name for name in seen if wanted(name, children)] == [name for name in directory if wanted(name, children)]


@pytest.mark.parametrize(
    ("last", "after", "until", "expected"),
    [
        ("", "", "", ""),
        ("m", "", "", "m"),
        # What is not ASCII comes first, and belongs behind every ASCII name.
        ("", "b/", "", ""),
        ("é", "b/", "", "é"),
        ("a9", "b/", "", "b"),
        ("a9", "bcd/", "", "b"),
        ("b9", "bcd/", "", "bc"),
        ("c", "bcd/", "", "c"),
        # Both ends begin the same way: so does all between them.
        ("", "b1/", "b3/", "b1"),
        ("b2", "b1/", "b3/", "b2"),
        # `b3-` as a directory comes before `b3` as one.
        ("b3", "b1/", "b3/", "b3"),
        ("b30", "b1/", "b3/", None),
        ("c", "b1/", "b3/", None),
        # `b` as a directory comes behind `b-`.
        ("", "b-1", "b1", "a\x7f"),
        # Not back to what was listed, though that is as good.
        ("a\x7f\x7f", "b-1", "b1", "a\x7f\x7f"),
        ("", "\x01-", "\x01b", "\U0010ffff\x7f"),
        # Behind what is not ASCII nothing of it follows.
        ("a", "数/", "", None),
        ("é", "数/", "", "数"),
    ],
)
def test_where_a_listing_goes_on(last, after, until, expected) -> None:
    assert leap(last, KeyRange(after, until)) == expected


def test_what_lies_before_a_range_costs_a_page_for_each_character_at_most() -> None:
    directory = [f"sub-{number:05d}" for number in range(50_000)]
    for after, until in ((31_245, 31_250), (49_990, 0), (10, 20)):
        children = KeyRange(f"sub-{after:05d}/", f"sub-{until:05d}/" if until else "")
        seen, pages = listed(directory, children)
        count = (until or 49_999) - after
        assert len([name for name in seen if wanted(name, children)]) == count
        assert pages <= count // PAGE + 11

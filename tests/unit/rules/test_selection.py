"""What globs take and leave out: each row is a pattern, a path, and whether it matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.errors import UsageError
from hdfs2oss.rules.selection import Selection

FILE, DIRECTORY = False, True
MATCHES = [
    # pattern, files that it matches, files that it does not match
    ("a.gz", ["a.gz", "d/a.gz", "d/e/a.gz"], ["a.gz.tmp", "ba.gz", "a_gz"]),
    ("*.gz", [".gz", "a.gz", "d/a.gz"], ["a.gz.tmp", "a.gz/x"]),
    ("part-?", ["part-0", "d/part-é"], ["part-", "part-00", "part-/"]),
    ("[a-c]x[!0-9]", ["axy", "d/cx_"], ["dxy", "ax1", "ax/"]),
    ("*.{gz,bz2}", ["a.gz", "d/a.bz2"], ["a.xz", "gz"]),
    (r"\*", ["*", "d/*"], ["a"]),
    (r"a\**", ["a*", "a*b"], ["ab"]),
    ("/a", ["a"], ["d/a"]),
    ("./a", ["a"], ["d/a"]),
    ("d/a", ["d/a"], ["a", "x/d/a", "d/a/b"]),
    ("*/a", ["d/a"], ["a", "x/d/a"]),
    ("**/a", ["a", "d/a", "x/d/a"], ["da"]),
    ("d/**", ["d/a", "d/e/a"], ["d", "dd/a", "x/d/a"]),
    ("d/**/a", ["d/a", "d/x/a", "d/x/y/a"], ["d/xa", "a", "x/d/a"]),
    ("**", ["a", "d/a"], []),
    ("**/d/**", ["d/a", "x/d/a", "x/d/e/a"], ["d", "x/a"]),
    ("a b+(c)", ["a b+(c)", "d/a b+(c)"], ["a bb(c)"]),
    ("数*", ["数据", "d/数"], ["x数"]),
    ("a\nb", ["a\nb"], ["a"]),
    ("d/{a,e/**}", ["d/a", "d/e/x"], ["d/b", "d/e"]),
]


@pytest.mark.parametrize(("pattern", "matching", "other"), MATCHES, ids=lambda value: str(value))
def test_a_pattern_matches(pattern, matching, other) -> None:
    exclude, include = Selection(exclude=[pattern]), Selection(include=[pattern])
    assert [path for path in [*matching, *other] if exclude.leaves_out(path, FILE)] == matching
    assert [path for path in [*matching, *other] if include.leaves_out(path, FILE)] == other


@pytest.mark.parametrize(
    ("include", "exclude", "left_out", "kept"),
    [
        ([], ["tmp"], ["tmp", "a/tmp"], ["tmp2", "a"]),
        ([], ["tmp/"], ["tmp", "a/tmp"], ["tmp2", "a"]),
        ([], ["/tmp"], ["tmp"], ["a/tmp"]),
        ([], ["d/**"], ["d/e", "d/e/f"], ["d"]),
        (["*.gz"], [], [], ["a", "a/b", "x.gz"]),
        (["/a/*.gz"], [], ["b", "a/b", "ab"], ["a"]),
        (["a/b/c"], [], ["b", "a/c", "a/b/c", "a/b/c/d"], ["a", "a/b"]),
        (["a/**/c"], [], ["b"], ["a", "a/b", "a/b/c", "a/x/y"]),
        (["a*/b/**"], [], ["b", "a1/c"], ["a", "ab", "a1/b", "a1/b/c"]),
        (["logs/"], [], [], ["logs", "a", "a/logs/b"]),
        (["/logs/"], [], ["a", "a/logs"], ["logs", "logs/b"]),
        (["a/x", "b/y"], ["b"], ["b", "c"], ["a"]),
        (["f"], [], [], ["a"]),
        (["/f"], [], ["a"], []),
    ],
)
def test_directories_are_left_out_where_nothing_below_can_be_taken(include, exclude, left_out, kept) -> None:
    selection = Selection(include, exclude)
    assert [path for path in [*left_out, *kept] if selection.leaves_out(path, DIRECTORY)] == left_out


def test_an_exclusion_wins_over_an_inclusion() -> None:
    selection = Selection(["*.gz"], ["old*"])
    assert [path for path in ("a.gz", "old.gz", "a") if selection.leaves_out(path, FILE)] == ["old.gz", "a"]


def test_a_slash_at_the_end_excludes_directories_and_includes_what_is_in_them() -> None:
    assert not Selection(exclude=["tmp/"]).leaves_out("tmp", FILE)
    selection = Selection(["logs/"])
    assert [path for path in ("logs/a", "x/logs/y/a", "logs", "a") if selection.leaves_out(path, FILE)] == ["logs", "a"]


def test_without_patterns_nothing_is_asked_and_nothing_left_out() -> None:
    assert Selection().is_empty
    assert not Selection(["a"]).is_empty
    assert not Selection(exclude=["a"]).is_empty
    assert not Selection().leaves_out("a", FILE)


@pytest.mark.parametrize("patterns", [(["a"], ["b"]), ([], ["**"])])
def test_the_source_itself_is_never_left_out(patterns) -> None:
    assert not Selection(*patterns).leaves_out("", DIRECTORY)


@pytest.mark.parametrize("where", ["include", "exclude"])
@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "names nothing"),
        ("/", "names nothing"),
        ("a**", r"has \*\* beside other characters"),
        ("x/***/y", r"has \*\* beside other characters"),
        ("!a", "begins with a !"),
        ("[a", r"has a \[ without \]"),
        ("{a", r"has a \{ without \}"),
        ("[b-a]", "cannot be read"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused(where, pattern, reason) -> None:
    with pytest.raises(UsageError, match=reason):
        Selection(**{where: [pattern]})


ELEMENTS = st.lists(st.sampled_from(["a", "b", "ab", "*", "a*", "?", "**"]), min_size=1, max_size=4)
PATTERNS = st.builds(
    lambda first, elements, last: first + "/".join(elements) + last,
    st.sampled_from(["", "/"]),
    ELEMENTS,
    st.sampled_from(["", "/"]),
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "ba"]), min_size=1, max_size=4).map("/".join)


def plainly_matches(pattern: str, path: str) -> bool:
    """The meaning of a pattern for a file, element by element."""
    elements = [element for element in pattern.split("/") if element]
    if "/" not in pattern:
        elements = ["**", *elements]

    def match(patterns: list[str], names: list[str]) -> bool:
        if not patterns or not names:
            return not patterns and not names
        if patterns[0] == "**" and len(patterns) == 1:
            return True
        if patterns[0] == "**":
            return match(patterns[1:], names) or match(patterns, names[1:])
        element = patterns[0].replace("*", ".*").replace("?", ".")
        return re.fullmatch(element, names[0]) is not None and match(patterns[1:], names[1:])

    return match(elements, path.split("/"))


@given(PATTERNS.filter(lambda pattern: not pattern.endswith("/")), PATHS)
def test_a_pattern_means_what_its_elements_mean(pattern, path) -> None:
    assert Selection(exclude=[pattern]).leaves_out(path, FILE) == plainly_matches(pattern, path)


@given(st.lists(PATTERNS, min_size=1, max_size=3), PATHS)
def test_no_directory_above_an_included_file_is_left_out(include, path) -> None:
    selection = Selection(include)
    above = [path[: at.start()] for at in re.finditer("/", path)]
    if not selection.leaves_out(path, FILE):
        assert [one for one in above if selection.leaves_out(one, DIRECTORY)] == []


ANCHORED = st.lists(st.sampled_from(["a", "b", "*", "a*", "?b"]), min_size=1, max_size=3).map(
    lambda elements: "/" + "/".join(elements)
)


@given(st.lists(ANCHORED, min_size=1, max_size=2), PATHS)
def test_a_directory_is_left_out_when_no_included_file_can_lie_below(include, directory) -> None:
    selection = Selection(include)
    below = [directory]
    found = False
    for _ in range(2):
        below = [f"{one}/{name}" for one in below for name in ("a", "b", "ab")]
        found = found or any(not selection.leaves_out(one, FILE) for one in below)
    assert selection.leaves_out(directory, DIRECTORY) == (not found)

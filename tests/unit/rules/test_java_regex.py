r"""Java's regular expressions: what matches here is what `java.util.regex.Pattern.matches` was seen to match."""

import re
import warnings

import pytest

from hdfs2oss.rules.java_regex import python_pattern


def matches(java: str, text: str) -> bool:
    return re.fullmatch(python_pattern(java, has_atomic=True), text) is not None


@pytest.mark.parametrize(
    ("java", "yes", "no"),
    [
        (r".*/_temporary/.*", ["/a/_temporary/b"], ["/a/_temporary"]),
        (r"[^a-c\d_.-]+", ["xyz"], ["a", "1", "-", "_"]),
        (r"[]a]+", ["]a"], ["b"]),
        (r"[a-]+", ["a-"], ["b"]),
        (r"(a|b)\1", ["aa", "bb"], ["ab"]),
        (r"(?<day>\d+)/\k<day>", ["7/7"], ["7/8"]),
        (r"\d", ["7"], ["٣"]),
        (r"\w+", ["a_1"], ["é"]),
        (r"\s", [" ", "\x0b"], ["\u00a0"]),
        (r"[\h]\h", [" \u00a0"], ["\n\n"]),
        (r"\v", ["\n", "\x0b", "\u2028"], [" "]),
        (r"\H\V", ["ab"], ["a\n", " b"]),
        (r"(?i)straße", ["STRAßE"], ["STRASSE"]),
        (r"(?i)é", ["é"], ["É"]),
        (r"a(?i:b)", ["aB"], ["AB"]),
        (r"a.b", ["a b", "a\x0bb"], ["a\nb", "a\rb", "a\x85b", "a\u2028b"]),
        (r"(?s)a.b", ["a\nb", "a\u2028b"], ["ab"]),
        (r"(?is)A.b", ["a\nB"], ["ab"]),
        (r"a$", ["a"], ["a\n"]),
        (r"a$\s*", ["a", "a\n", "a\r\n"], ["a "]),
        (r"a\s$\s*", ["a\n", "a\r"], ["a\r\n", "a"]),
        (r"a\Z\s*", ["a", "a\r"], ["a \n"]),
        (r"a\z\s*", ["a"], ["a\n"]),
        (r"é\b.*", ["é b"], ["éé"]),
        (r"\B", [""], ["a"]),
        (r"\Qa.b*\E+", ["a.b*", "a.b**"], ["axb*"]),
        (r"\Qa.b", ["a.b"], ["axb"]),
        (r"\x41\x{e9}\u00e9\e", ["Aéé\x1b"], ["A"]),
        (r"[\x{1F600}]", ["\U0001f600"], ["x"]),
        (r"[a&b||c~~d]+", ["a&b|c~d"], ["e"]),
        (r"[--/]", [".", "-"], ["a"]),
        (r"a\{2}", ["a{2}"], ["aa"]),
        (r"x{2,}?y", ["xxy"], ["xy"]),
    ],
)
def test_a_pattern_matches_what_it_matches_in_java(java: str, yes: list[str], no: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [text for text in (*yes, *no) if matches(java, text)] == yes


@pytest.mark.parametrize(
    ("java", "reason"),
    [
        (r"[\w&&[^\d]]+", "&& inside of .* is an intersection in Java"),
        (r"[a[bc]]", r"\[ inside of .* is a set of its own in Java"),
        (r"[[:alpha:]]", "a set of its own"),
        (r"\p{Lower}+", r"\\p at character 1"),
        (r"[\P{Lower}]", r"\\P at character 2"),
        (r"\R", r"\\R"),
        (r"\X", r"\\X"),
        (r"\G", r"\\G"),
        (r"\cA", r"\\c"),
        (r"\012", r"\\0"),
        (r"(a)\12", "means different things"),
        (r"[\1]", r"\\1"),
        (r"[\b]", r"\\b"),
        (r"\U00000041", r"\\U"),
        (r"\ud83d\ude00", "is no character"),
        (r"a(?i)b", r"\(\?i\)\.\.\. at character 2"),
        (r"(?m)^a", r"\(\?m\)"),
        (r"(?x)a b", r"\(\?x\)"),
        (r"(?s:a.b)", r"\(\?s:"),
        (r"(?P<n>a)", r"\(\?P<"),
        (r"(?P=n)", r"\(\?P="),
        (r"(?#note)a", r"\(\?#n"),
        (r"(a)?(?(1)b|c)", r"\(\?\(1"),
        (r"a{,2}", "repeats nothing"),
        (r"a{b", "repeats nothing"),
        (r"[\d-z]", "has no ends"),
        (r"\y", r"\\y"),
        (r"[abc", "is not closed"),
        (r"(a", "missing \\)"),
        (r"*a", "nothing to repeat"),
        ("a\\", "ends with a backslash"),
    ],
)
def test_what_means_something_else_here_is_refused_with_the_reason(java: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        python_pattern(java, has_atomic=True)


@pytest.mark.parametrize("java", ["a*+b", "a{2}+", "(?>a*)b"])
def test_groups_that_never_give_back_need_a_python_that_has_them(java: str) -> None:
    with pytest.raises(ValueError, match=r"needs Python 3\.11"):
        python_pattern(java, has_atomic=False)

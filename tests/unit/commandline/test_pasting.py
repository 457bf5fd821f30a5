"""Commands that a document has changed are refused with the whole command as it was meant."""

import shlex

import pytest

from hdfs2oss.commandline.command import parse
from hdfs2oss.model.errors import UsageError

GUIDE = "-pbugpcax -m 1000 -bandwidth 30"
OLD = "hdfs://oldclusterip:8020"


def meant(line: str) -> str:
    """The command that is shown instead of this one, and that it can be pasted."""
    with pytest.raises(UsageError) as caught:
        parse(shlex.split(line), lambda words: shlex.join(["hdfs2oss", *words]))
    assert "a document had changed it" in str(caught.value)
    shown = caught.value.hint.splitlines()[-1].strip()
    assert shlex.split(shown)[0] == "hdfs2oss"
    return shown.removeprefix("hdfs2oss ")


@pytest.mark.parametrize(
    ("pasted", "command"),
    [
        (
            f"{GUIDE} {OLD} /user/hive/warehouse /user/hive/warehouse",
            f"{GUIDE} {OLD}/user/hive/warehouse /user/hive/warehouse",
        ),
        (
            f"{GUIDE} -update \u2013delete {OLD} /user/hive/warehouse /user/hive/warehouse",
            f"{GUIDE} -update -delete {OLD}/user/hive/warehouse /user/hive/warehouse",
        ),
        (f"{OLD} /a hdfs://new:8020 /a", f"{OLD}/a hdfs://new:8020/a"),
        ("hdfs://ns1 /a oss://b/t", "hdfs://ns1/a oss://b/t"),
        ("HDFS://ns1 '/a b' oss://b/t", "'HDFS://ns1/a b' oss://b/t"),
        (f"-f list {OLD} /t", f"-f list {OLD}/t"),
        ("/a /b -update \u2014overwrite", "/a /b -update -overwrite"),
        ("\u2014layout named /a /b", "--layout named /a /b"),
        ("\u2013\u2013part-size=1m /a /b", "--part-size=1m /a /b"),
        ("\u2013m20 \u2013pugp /a /b", "-m20 -pugp /a /b"),
        ("\u2013nosuch \u2212update /a /b", "-nosuch -update /a /b"),
        ("-update\u00a0-delete /a /b", "-update -delete /a /b"),
        ("-update\u202f\u2013delete\u00a0-m\u00a05 /a /b", "-update -delete -m 5 /a /b"),
        (f"-update {OLD}\u00a0/a /b", f"-update {OLD}/a /b"),
        (f"-update '{OLD} /a' /b", f"-update {OLD}/a /b"),
        ("/a\u00a0/b", "/a /b"),
        ("hdfs://n/a\u00a0oss://b/t", "hdfs://n/a oss://b/t"),
        ("\u201c/a\u201d \u2018oss://b/t\u2019", "/a oss://b/t"),
        ("\u201e/a\u201c \u00aboss://b/t\u00bb", "/a oss://b/t"),
        ("\u201c-update -delete\u201d /a /b", "-update -delete /a /b"),
        ("\u200b-update /a\ufeff /b\u00a0", "-update /a /b"),
    ],
)
def test_all_is_mended_at_once(pasted, command) -> None:
    assert meant(pasted) == command


@pytest.mark.parametrize("dash", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
def test_each_dash_is_named(dash) -> None:
    with pytest.raises(UsageError, match=f"U\\+{ord(dash):04X}"):
        parse([f"{dash}update", "/a", "/b"])


def test_each_character_is_named() -> None:
    for word, said in (
        ("/b\u00a0", "a blank that is none to a shell (U+00A0)"),
        ("/b\u200b", "a character that is none to a shell (U+200B)"),
        ("\u201c/b\u201d", "a quote that is none to a shell (U+201C)"),
        (f"{OLD} /b", f"a blank stands in '{OLD} /b'"),
    ):
        with pytest.raises(UsageError) as caught:
            parse(["/a", "/c", word])
        assert said in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ["/a\u00a0b", "/c"],
        ["/boys\u2019", "/c"],
        ["/a\u200bb", "/it\u2019s \u201cx\u201d"],
        ["--", "/a\u00a0", "\u201c/c\u201d"],
        ["/a /b", "/c d/ e"],
    ],
)
def test_odd_characters_within_names_and_behind_two_dashes_are_names(words) -> None:
    assert parse(words).paths == [word for word in words if word != "--"]


@pytest.mark.parametrize(
    "line",
    [
        f"{OLD} /backup",
        f"{OLD}/ /a /b",
        f"{OLD} /a",
        f"/a {OLD}",
        f"{OLD}/a {OLD} file:///x",
        f"-log {OLD} /a /b",
        "oss://bucket /a /b",
        "hdfs:/// /a /b",
        "-- \u2013update /b",
        "-f list /t",
    ],
)
def test_what_may_have_been_meant_is_left_as_it_is(line) -> None:
    paths = [word for word in shlex.split(line) if word not in ("--", "-f", "list", "-log")]
    assert parse(shlex.split(line)).paths == paths[-len(parse(shlex.split(line)).paths) :]


def test_who_was_called_is_called_again() -> None:
    with pytest.raises(UsageError) as caught:
        parse(["\u2013update", "/a b", "/c"], lambda words: shlex.join(["spark-submit", "jobs/hdfs2oss.py", *words]))
    assert caught.value.hint.endswith("\n  spark-submit jobs/hdfs2oss.py -update '/a b' /c")

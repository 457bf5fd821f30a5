"""How words are read, with options of no particular program."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from hdfs2oss.commandline.grammar import option_words, path_words, read_words
from hdfs2oss.model.errors import UsageError


class Option(NamedTuple):
    words: tuple[str, ...]
    takes: int = 0
    glued: Callable[[str], bool] | None = None


FAST = Option(("-fast", "--fast"))
LEVEL = Option(("-l", "--level"), 1, str.isdigit)
SETTING = Option(("-S", "--setting"), 1, bool)
NAME = Option(("--name",), 1)
KEEP = Option(("-k", "--keep"), 0, str.isalpha)
BOTH = Option(("-both",), 2)


def read(*argv: str) -> tuple[list[tuple[Option, tuple[str, ...]]], list[str]]:
    return read_words(argv, (FAST, LEVEL, SETTING, NAME, KEEP, BOTH))


@pytest.mark.parametrize(
    ("argv", "options", "paths"),
    [
        ([], [], []),
        (["a", "b"], [], ["a", "b"]),
        (["-fast"], [(FAST, ())], []),
        (["--fast", "-fast"], [(FAST, ()), (FAST, ())], []),
        (["a", "-fast", "b"], [(FAST, ())], ["a", "b"]),
        (["--level=4"], [(LEVEL, ("4",))], []),
        (["--level", "4", "a"], [(LEVEL, ("4",))], ["a"]),
        (["-l4"], [(LEVEL, ("4",))], []),
        (["--l=4"], [(LEVEL, ("4",))], []),
        (["--l", "4"], [(LEVEL, ("4",))], []),
        (["-l=x"], [(LEVEL, ("x",))], []),
        (["-l", "-4"], [(LEVEL, ("-4",))], []),
        (["--name=", "a"], [(NAME, ("",))], ["a"]),
        (["--name=a=b"], [(NAME, ("a=b",))], []),
        (["-Sk=v"], [(SETTING, ("k=v",))], []),
        (["-S", "k=v", "--setting=x"], [(SETTING, ("k=v",)), (SETTING, ("x",))], []),
        (["-k", "a"], [(KEEP, ())], ["a"]),
        (["-kab", "a"], [(KEEP, ("ab",))], ["a"]),
        (["--keep=ab"], [(KEEP, ("ab",))], []),
        (["-both", "1", "2", "a"], [(BOTH, ("1", "2"))], ["a"]),
        (["--both=1", "2"], [(BOTH, ("1", "2"))], []),
        (["-"], [], ["-"]),
        (["-fast", "--", "-fast", "--", "--none"], [(FAST, ())], ["-fast", "--", "--none"]),
        (["--name", "--"], [(NAME, ("--",))], []),
        ([""], [], [""]),
    ],
)
def test_words_are_options_with_their_values_and_paths(argv, options, paths) -> None:
    assert read(*argv) == (options, paths)


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["-fast=1"], "the option -fast takes no value"),
        (["--level"], "the option --level needs a value"),
        (["-l"], "the option -l needs a value"),
        (["--name", "-fast"], "the option --name needs a value"),
        (["--name", "-l4"], "the option --name needs a value"),
        (["--name", "-Sk=v"], "the option --name needs a value"),
        (["-both", "1"], "the option -both needs 2 values"),
        (["-both", "1", "-fast"], "the option -both needs 2 values"),
        (["-k1"], "the option -k1 is not known"),
        (["-lx"], "the option -lx is not known"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_not_understood_is_refused(argv, reason) -> None:
    with pytest.raises(UsageError) as caught:
        read(*argv)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("word", "guess"),
    [
        ("-fas", "did you mean --fast? "),
        ("--leve=3", "did you mean --level? "),
        ("--nam", "did you mean --name? "),
        ("-hel", "did you mean --help? "),
        ("-zzz", ""),
    ],
)
def test_an_unknown_option_gets_the_nearest_known_word_or_none(word, guess) -> None:
    with pytest.raises(UsageError, match="is not known") as caught:
        read(word)
    assert caught.value.hint == f"{guess}See hdfs2oss --help."


@pytest.mark.parametrize(
    ("option", "values"),
    [
        (FAST, ()),
        (LEVEL, ("4",)),
        (LEVEL, ("-4",)),
        (SETTING, ("k=v",)),
        (KEEP, ()),
        (KEEP, ("ab",)),
        (BOTH, ("1", "2")),
    ],
)
@pytest.mark.parametrize("paths", [["a", "b"], ["-a", "b"], ["a", "-"], ["--", "-l"]], ids=" ".join)
def test_options_and_paths_are_written_as_they_are_read(option, values, paths) -> None:
    assert read(*option_words(option, values), *path_words(paths)) == ([(option, values)], paths)

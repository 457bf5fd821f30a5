"""How the words of a command line are read. Knows no particular option.

-update --update    are two spellings of one option, if its row names both
-m --m              one dash or two: a spelling with one dash may have two
--maps=4 --maps 4   a value stands behind an equals sign, or is the next word
-m20 -Dkey=value    or is glued to the first spelling, where the option allows it
-p -pugp            an option that needs none takes a value only where it is glued
-diff s1 s2         a few take two words, none of which may be an option
-                   is a path, and so is every word without a dash
--                  all words behind it are paths
-updat              an unknown option is refused with the nearest known one; nothing is ever guessed
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, Protocol, TypeVar

from ..model.errors import UsageError

USAGE_HINT = "See hdfs2oss --help."
# How help is asked for, wherever it stands on the line: whoever asks for it gets it before anything is read.
HELP_WORDS = ("-h", "-help", "--help")
_NEAR = 0.5


class Option(Protocol):
    """What the grammar must know of an option."""

    @property
    def words(self) -> tuple[str, ...]:
        """Its spellings, with their dashes."""

    @property
    def takes(self) -> int:
        """How many words belong to it."""

    @property
    def glued(self) -> Callable[[str], bool] | None:
        """Whether a text may follow its first spelling at once, as its value; None when none may.

        An option that takes no word otherwise may have a value in this way."""


AnyOption = TypeVar("AnyOption", bound=Option)


def read_words(
    argv: Sequence[str], options: Sequence[AnyOption]
) -> tuple[list[tuple[AnyOption, tuple[str, ...]]], list[str]]:
    """The options of a command line with the values each was given, and its paths, in order.

    Raises UsageError for a word that is not understood.
    """
    by_word = _by_word(options)
    given: list[tuple[AnyOption, tuple[str, ...]]] = []
    paths: list[str] = []
    waiting = list(argv)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return given, paths + waiting
        if not word.startswith("-") or word == "-":
            paths.append(word)
            continue
        name, value = _split_value(word, options)
        option = by_word.get(name)
        if option is None:
            _refuse_unknown(name, by_word)
        values = () if value is None else (value,)
        if values and not option.takes and not option.glued:
            raise UsageError(f"the option {name} takes no value", USAGE_HINT)
        while len(values) < option.takes:
            if not waiting or _split_value(waiting[0], options)[0] in by_word:
                what = "a value" if option.takes == 1 else f"{option.takes} values"
                raise UsageError(f"the option {name} needs {what}", USAGE_HINT)
            values = (*values, waiting.pop(0))
        given.append((option, values))
    return given, paths


def is_option(word: str, options: Sequence[Option]) -> bool:
    """Whether a word is one of these options, with or without a value."""
    return _split_value(word, options)[0] in _by_word(options)


def option_words(option: Option, values: Sequence[str]) -> tuple[str, ...]:
    """Words that are read as this option with these values."""
    name = option.words[0]
    if not option.takes:
        return ("".join([name, *values]),)
    if len(values) == 1 and values[0].startswith("-"):
        return (f"{name}={values[0]}",)
    return (name, *values)


def path_words(paths: Sequence[str]) -> list[str]:
    """Words that are read as these paths, behind all options."""
    dashed = any(path.startswith("-") and path != "-" for path in paths)
    return ["--", *paths] if dashed else list(paths)


def _by_word(options: Iterable[AnyOption]) -> dict[str, AnyOption]:
    """Options by all their spellings; DistCp's command line takes two dashes wherever it takes one."""
    exact = {word: option for option in options for word in option.words}
    doubled = {f"-{word}": option for word, option in exact.items() if not word.startswith("--")}
    return {**{word: option for word, option in doubled.items() if word not in exact}, **exact}


def _split_value(word: str, options: Iterable[Option]) -> tuple[str, str | None]:
    """The spelling in a word, and the value that the same word holds."""
    for option in options:
        short = option.words[0]
        if option.glued and word.startswith(short) and option.glued(word[len(short) :]):
            return short, word[len(short) :]
    name, equals, value = word.partition("=")
    return name, value if equals else None


def _refuse_unknown(name: str, known: Iterable[str]) -> NoReturn:
    bare = name.lstrip("-")
    spellings = {word.lstrip("-"): word for word in (*HELP_WORDS, *known)}
    near = difflib.get_close_matches(bare, spellings, 1, _NEAR)
    guess = f"did you mean {spellings[near[0]]}? " if near else ""
    raise UsageError(f"the option {name} is not known", guess + USAGE_HINT)

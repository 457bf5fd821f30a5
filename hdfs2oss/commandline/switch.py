"""What an option is: its words, whose field it fills, and how what is typed becomes a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..model.attributes import PRESERVABLE
from ..model.errors import UsageError
from .grammar import USAGE_HINT

# What -p keeps without letters (DistCp).
_USUALLY_KEPT = "rbugpct"
_STRATEGIES = ("uniformsize", "dynamic", "static")
_CLIENTS = ("native", "jvm")


class Switch(NamedTuple):
    """One option: its spellings, whose field it fills (of CopyOptions, else of CopyCommand), and how."""

    words: tuple[str, ...]
    field: str
    help: str
    # Makes the value of the typed texts or raises ValueError; None for an option that is just given.
    parse: Callable[..., object] | None = None
    metavar: str = ""
    # What holds where the field itself has no default, in words.
    unset: str = ""
    # Whether a text that follows the first spelling at once is its value.
    glued: Callable[[str], bool] | None = None
    # How many words it takes.
    takes: int = 0
    # Whether it may be given several times, all of which count.
    is_list: bool = False


class Group(NamedTuple):
    """Options that belong together, and the heading they have in --help."""

    title: str
    switches: tuple[Switch, ...]


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"invalid int value: {text!r}") from None


def number(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"invalid float value: {text!r}") from None


def key_and_value(text: str) -> tuple[str, str]:
    """KEY=VALUE. Raises UsageError."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"-D {key} is not of the form KEY=VALUE", USAGE_HINT)
    return key, value


def pair(first: str, second: str) -> tuple[str, str]:
    """Two words."""
    return first, second


def kept(letters: str = _USUALLY_KEPT) -> str:
    """Letters of -p."""
    return letters.lower()


def are_kept(letters: str) -> bool:
    """Also those that are unknown: whoever checks them names the letters there are."""
    return bool(letters) and letters.isalpha() and set(letters.lower()) & set(PRESERVABLE) != set()


def instead(what: str, check: Callable[..., object] | None = None) -> Callable[..., str]:
    """What is said of an option of DistCp that has nothing to change here; its value is checked all the same."""

    def said(*texts: str) -> str:
        if check is not None:
            check(*texts)
        return what

    return said


def strategy(text: str) -> str:
    """One of DistCp's."""
    if text.lower() not in _STRATEGIES:
        raise ValueError(f"{text!r} is no strategy; there are {', '.join(_STRATEGIES)}")
    return text


def client(text: str) -> str:
    """A client of HDFS."""
    if text.lower() not in _CLIENTS:
        raise ValueError(f"{text!r} is no client of HDFS; there are {' and '.join(_CLIENTS)}")
    return text.lower()


def flag(word: str, field: str, help_text: str, *aliases: str) -> Switch:
    """An option that is just given."""
    return Switch((word, *aliases), field, help_text)


def valued(
    words: tuple[str, ...],
    field: str,
    help_text: str,
    metavar: str,
    parse: Callable[..., object] = str,
    unset: str = "",
) -> Switch:
    """An option that takes one word."""
    return Switch(words, field, help_text, parse, metavar, unset, takes=1)

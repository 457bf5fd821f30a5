"""The words of a verb that is about copies without being one: what it is about, and what is asked."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ..model.errors import UsageError
from .command import CopyCommand
from .grammar import HELP_WORDS, read_words
from .switch import Switch
from .switches import SWITCHES


class Inquiry(NamedTuple):
    """The copy that is meant, with what is needed to reach it, and the values of the verb's own options by field."""

    command: CopyCommand
    asked: dict[str, Any]


def gives_help(words: Sequence[str], text: str, usage: str) -> bool:
    """Whether help was asked for, and is given. Who gives no words at all sees the usage before they are refused."""
    if any(word in HELP_WORDS for word in words):
        sys.stdout.write(text)
        return True
    if not words:
        sys.stderr.write(f"usage: {usage}\n")
    return False


def read_inquiry(argv: Sequence[str], own: Sequence[Switch], shared: Collection[str], hint: str) -> Inquiry:
    """Read words of which `own` are the verb's options; `shared` names the fields of those it has in common with the
    copy. Raises UsageError, with `hint`.
    """
    options, paths = read_words(argv, (*own, *(one for one in SWITCHES if one.field in shared)))
    asked: dict[str, Any] = {}
    places: dict[str, Any] = {"properties": {}}
    for switch, texts in options:
        try:
            value: Any = True if switch.parse is None else switch.parse(*texts)
        except ValueError as error:
            raise UsageError(f"option {switch.words[0]}: {error}", hint) from None
        if switch.field == "properties":
            places["properties"][value[0]] = value[1]
        else:
            (asked if switch in own else places)[switch.field] = value
    return Inquiry(CopyCommand(paths, {}, **places), asked)

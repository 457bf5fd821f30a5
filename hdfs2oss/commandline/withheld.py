"""Options that are understood and not carried out yet: a command that relies on one must not run without it."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.errors import UsageError
from .grammar import USAGE_HINT

# By field of the row.
_WITHHELD = {
    "preserve": "preserving attributes",
    "update_root": "preserving attributes of the root",
}


def refuse_withheld(given: Iterable[tuple[str, str]]) -> None:
    """Raise UsageError for the first of these options, each as its field and its spelling, that is withheld."""
    for field, word in given:
        if field in _WITHHELD:
            raise UsageError(f"the option {word} is not available in this version ({_WITHHELD[field]})", USAGE_HINT)

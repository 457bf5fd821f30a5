"""Failures of one cause told as one: a lost permission fails a thousand files, and is one thing to mend."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..model.values import DIRECTORY, CopyResult

# What differs from answer to answer of one store: ids of requests, and numbers.
_NUMBERED = re.compile(r"\b(?:[0-9A-Fa-f]{16,}|\d+)\b")
_PLACEHOLDER = "..."
# So many causes of one task are counted; what is beyond is a heap of single failures.
_MOST_CAUSES = 50


class FailureGroup(NamedTuple):
    """Failures of one cause; `cause` is the message without what is of one file only."""

    outcome: str
    cause: str
    first: CopyResult
    files: int

    def line(self) -> str:
        """One line for the operator. A failure that is alone has its whole message."""
        if self.files == 1:
            return f"{self.outcome}: {self.first.message}"
        what = "directories" if self.first.kind == DIRECTORY else "files"
        return f"{self.outcome}: {self.files} {what}: {self.cause} (first: {self.first.path})"


def cause_of(failure: CopyResult) -> str:
    """The same text for failures of the same cause: of one class, that say the same but for their paths and numbers."""
    words = _NUMBERED.sub("#", without_path(failure.message, failure.path))
    return f"{failure.outcome} {failure.error_class} {failure.kind == DIRECTORY} {words}"


def counted(failures: Iterable[CopyResult]) -> dict[str, int]:
    """How many there are of each cause, the most frequent ones."""
    return dict(Counter(map(cause_of, failures)).most_common(_MOST_CAUSES))


def examples(failures: Sequence[CopyResult], most: int) -> tuple[CopyResult, ...]:
    """So many failures at most: the first one of each cause, then others in their order."""
    seen: set[str] = set()
    firsts: list[CopyResult] = []
    others: list[CopyResult] = []
    for one in failures:
        cause = cause_of(one)
        (others if cause in seen else firsts).append(one)
        seen.add(cause)
    return tuple((firsts + others)[:most])


def grouped(failures: Iterable[CopyResult], counts: Mapping[str, int]) -> list[FailureGroup]:
    """The failures by cause, the most frequent first; those of one cause in the order in which they came.

    `failures` are examples, `counts` says how many there are of each cause where that is more.
    """
    groups: dict[str, FailureGroup] = {}
    for one in failures:
        key = cause_of(one)
        known = groups.get(key)
        words = without_path(one.message, one.path)
        groups[key] = known._replace(files=known.files + 1) if known else FailureGroup(one.outcome, words, one, 1)
    found = (group._replace(files=max(group.files, counts.get(key, 0))) for key, group in groups.items())
    return sorted(found, key=lambda group: -group.files)


def without_path(message: str, path: str) -> str:
    """The message, with `...` for the relative path wherever it ends a place, such as `oss://b/t/<path>`."""
    if not path:
        return message
    return re.sub(rf"(?<=[/'\"]){re.escape(path)}(?![\w/-])", _PLACEHOLDER, message)

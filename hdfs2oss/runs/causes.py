"""Failures of one cause told as one: a lost permission fails a thousand files, and is one thing to mend."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..model.values import DIRECTORY, CopyResult

# What differs from answer to answer of one store: ids of requests, and numbers.
_NUMBERED = re.compile(r"\b(?:[0-9A-Fa-f]{16,}|\d+)\b")
_PLACEHOLDER = "..."


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


def grouped(failures: Iterable[CopyResult]) -> list[FailureGroup]:
    """The failures by cause, the most frequent first; those of one cause in the order in which they came.

    Two have the same cause when they are of one class, and say the same but for their paths and numbers.
    """
    groups: dict[tuple[str, str, bool, str], FailureGroup] = {}
    for one in failures:
        cause = without_path(one.message, one.path)
        key = (one.outcome, one.error_class, one.kind == DIRECTORY, _NUMBERED.sub("#", cause))
        known = groups.get(key)
        groups[key] = known._replace(files=known.files + 1) if known else FailureGroup(one.outcome, cause, one, 1)
    return sorted(groups.values(), key=lambda group: -group.files)


def without_path(message: str, path: str) -> str:
    """The message, with `...` for the relative path wherever it ends a place, such as `oss://b/t/<path>`."""
    if not path:
        return message
    return re.sub(rf"(?<=[/'\"]){re.escape(path)}(?![\w/-])", _PLACEHOLDER, message)

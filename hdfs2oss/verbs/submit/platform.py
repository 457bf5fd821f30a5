"""What is asked of a platform that runs jobs elsewhere."""

from __future__ import annotations

import re
from typing import Any, Protocol

from ...model.errors import Unreachable, UsageError
from ...model.submission import Progress

_CODE = re.compile(r"(?i)\bexit(?:ed)?(?: with)?(?: an?)?(?: error)?[ _]?(?:code|status)\D{0,5}(\d{1,3})\b")
# Exit codes of hdfs2oss that say more than that it failed.
_TELLING = {2, 3, 4, 5, 6, 7, 8, 129, 130, 143}


class NotReached(Unreachable):
    """No connection was made, so nothing was sent."""


class Platform(Protocol):
    """A platform; both raise UsageError for what it refuses, Unreachable where it does not answer, else StoreError."""

    def body(self) -> dict[str, Any]:
        """What `start` sends, without keys."""

    def start(self) -> str:
        """Submit the job; its id. After an Unreachable that is no NotReached nobody knows whether it was."""

    def progress(self, job_id: str) -> Progress:
        """Where a job is."""


def exit_code_in(reason: str) -> int | None:
    """The exit code of hdfs2oss that a platform mentions, None where it names none or one that says nothing."""
    found = _CODE.search(reason)
    return int(found[1]) if found and int(found[1]) in _TELLING else None


def missing_package(what: str, extra: str) -> UsageError:
    """What is raised where the SDK of a platform is not installed."""
    return UsageError(f"{what} is not installed", f"pip install 'hdfs2oss[{extra}]'; --print works without it.")

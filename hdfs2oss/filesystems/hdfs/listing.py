"""The rows of a directory, or of a range of its children, in the NameNode's order.

The native client lists a directory from its first name only, WebHDFS from any (LISTSTATUS_BATCH, Hadoop 3.2). So what
begins at the first name is listed natively, which is several times faster, and where something is to be leapt over,
WebHDFS goes on. It only saves: where it does not answer, or fails on the way, the native client lists, and what is not
wanted is passed over.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from ...model.errors import NotFound, PermissionDenied, StoreError, Unreachable
from ...model.values import DIRECTORY, FILE, FileStatus
from ...rules.keys import ALL_KEYS, KeyRange
from ...rules.retry import StorePause
from ..name_order import LAST_ASCII, listing_key
from .client import PERMISSION_BITS, HdfsClient, row_of
from .ranges import leap
from .webhdfs import WebHdfs, member

_OPERATION = "LISTSTATUS_BATCH"
_SECONDS = 20.0
_PAUSE_SECONDS = 60.0
# Hardly any name sorts behind it.
_LATE = 2 * LAST_ASCII


class HdfsListing:
    """Of one HDFS; safe for threads."""

    def __init__(self, client: HdfsClient, web: WebHdfs) -> None:
        self._client = client
        self._web = web
        self._lock = threading.Lock()
        self._can_leap: bool | None = None
        self._pause = StorePause(_PAUSE_SECONDS)

    @property
    def can_leap(self) -> bool:
        """Whether a listing can begin behind any name. Found out once."""
        with self._lock:
            if self._can_leap is None:
                self._can_leap = not self._web.silent_because() and self._knows_operation()
            return self._can_leap

    def pages(self, path: str, children: KeyRange = ALL_KEYS) -> Iterator[list[FileStatus]]:
        """Pages of rows: all of the range, and some of other ranges; their paths are names. Raises NotFound for a file
        too."""
        last = ""
        start = leap(last, children)
        pages = self._pages(path, start or "")
        while (page := next(pages, None)) is not None:
            yield page
            last = page[-1].path
            start = leap(last, children)
            if start is None:
                return
            if start != last and self.can_leap:
                pages = self._pages(path, start)

    def _pages(self, path: str, behind: str) -> Iterator[list[FileStatus]]:
        """The rows behind a name; "" for all."""
        while behind and self.can_leap:
            try:
                page, remaining = self.page(path, behind)
            except StoreError:
                # Also where it says that nothing is there: who is asked next is the one that answers for it.
                break
            if page:
                yield page
                behind = page[-1].path
            if not page or not remaining:
                return
        for rows in self._client.pages(path, behind):
            yield [row_of(status.path.rpartition("/")[2], status) for status in rows]

    def page(self, path: str, behind: str) -> tuple[list[FileStatus], int]:
        """What WebHDFS lists next behind a name, and how many rows come behind that. NotFound for a file too.

        Only where `can_leap`."""
        # The documentation has it with a capital letter, which servers up to 3.5 pass over.
        asked = {"startafter": behind, "startAfter": behind}
        found = self._pause.call(lambda: self._web.get(path, _OPERATION, asked, _SECONDS))
        answer = _Answer(member(found, "DirectoryListing", path), path)
        self._client.traffic.listed()
        rows = [_row_of(row, path) for row in answer.rows]
        if any(not row.path for row in rows):
            raise NotFound(f"cannot list {path}: it is not a directory")
        keys = [listing_key(behind), *(listing_key(row.path) for row in rows)]
        if any(one >= other for one, other in pairwise(keys)) or (answer.remaining and not rows):
            raise Unreachable(f"WebHDFS does not list {path} as it was asked to")
        return rows, answer.remaining

    def _knows_operation(self) -> bool:
        try:
            self.page("/", _LATE)
        except PermissionDenied:
            return True
        except StoreError:
            return False
        return True


class _Answer(NamedTuple):
    """What an answer to LISTSTATUS_BATCH holds."""

    listing: dict[str, Any]
    path: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        found = member(member(self.listing, "partialListing", self.path), "FileStatuses", self.path).get("FileStatus")
        if not isinstance(found, list):
            raise Unreachable(f"WebHDFS does not say what lies in {self.path}")
        return found

    @property
    def remaining(self) -> int:
        found = self.listing.get("remainingEntries")
        if not isinstance(found, int):
            raise Unreachable(f"WebHDFS does not say whether more lies in {self.path}")
        return found


def _row_of(row: dict[str, Any], path: str) -> FileStatus:
    """What WebHDFS says of a child as `row_of` has it of the native client."""
    try:
        return FileStatus(
            row["pathSuffix"],
            DIRECTORY if row["type"] == "DIRECTORY" else FILE,
            row["length"],
            row["modificationTime"],
            row["accessTime"],
            row["owner"],
            row["group"],
            int(row["permission"], 8) & PERMISSION_BITS,
            row["replication"],
            row["blockSize"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreachable(f"WebHDFS does not say what lies in {path}: {error!r}") from None

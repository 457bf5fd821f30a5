"""Children of one directory, from the order of their names to the order of their keys.

Names arrive in the order of their UTF-8 bytes (the order of Python strings). Keys differ from names only
for directories, which count as `name/`: so `a` comes before `a-b` as a name, but `a/` after `a-b` as a key.

    names   a (directory)   a b   a-b   a0
    keys    a b   a-b   a/   a0
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from ..model.errors import SurveyError
from ..model.values import DIRECTORY, FileStatus


def in_key_order(rows: Iterable[FileStatus]) -> Iterator[FileStatus]:
    """Give rows that arrive in the order of their paths in the order of their keys.

    A directory waits until nothing can come before `name/`. The waiting ones are prefixes of each other,
    so there are never more of them than a name has characters. Raises SurveyError when the rows are out
    of order or one comes twice, because then nothing may be concluded from what is missing.
    """
    waiting: list[tuple[str, FileStatus]] = []
    previous: str | None = None
    for row in rows:
        path = row.path
        if previous is not None and path <= previous:
            raise out_of_order(previous, path)
        previous = path
        # A path below "a/" or beyond it proves that whatever sorts before "a/" has been seen.
        while waiting and waiting[0][0] <= path:
            yield heapq.heappop(waiting)[1]
        if row.kind == DIRECTORY:
            heapq.heappush(waiting, (path + "/", row))
        else:
            yield row
    while waiting:
        yield heapq.heappop(waiting)[1]


def out_of_order(previous: str, current: str) -> SurveyError:
    """The error for a listing that cannot be trusted."""
    return SurveyError(
        f"the listing is out of order: {current!r} came after {previous!r}",
        "Run again; if it stays, the store does not list the way this tool needs.",
    )

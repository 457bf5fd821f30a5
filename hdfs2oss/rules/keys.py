"""Key order: the one order in which everything is listed, merged, cut into ranges and handed back.

The key of a file is its path, the key of a directory its path with a slash behind it. Keys are compared by
their UTF-8 bytes, which is how OSS lists and how Python compares strings.

    names   a (directory)   a b   a-b   a0   é
    keys    a b   a-b   a/   a/x   a0   é

So all that lies in a directory stands together, right behind the directory's own key; a tree that is walked
depth first, each level in key order, comes out in key order as a whole, and any listing can be merged with
any other without holding either. The price: a name that sorts before the slash, such as `a-b`, stands between
the file `a` and the directory `a/`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import lt
from typing import NamedTuple

from ..model.errors import SurveyError
from ..model.values import DIRECTORY, FileStatus

# Sorts behind everything that begins the same way.
BEHIND_ALL = "\U0010ffff"


class KeyRange(NamedTuple):
    """Some children of one directory: those with after < key <= until; "" leaves that end open.

    Keys count from the directory. What lies in a child belongs to the range that holds the child.
    """

    after: str = ""
    until: str = ""

    def holds(self, key: str) -> bool:
        """Whether the child with this key (`name` or `name/`) is in the range."""
        return key > self.after and not self.ends_before(key)

    def ends_before(self, key: str) -> bool:
        """Whether this key, and so every later one, is beyond the range."""
        return bool(self.until) and key > self.until


ALL_KEYS = KeyRange()


def parent_of(path: str) -> str:
    """The directory a relative path lies in; "" for those directly below the base."""
    return path.rpartition("/")[0]


def child_key(directory: str, parent: str) -> str:
    """The key of a sub-directory among its parent's children: `name/`."""
    return (directory[len(parent) + 1 :] if parent else directory) + "/"


def is_within(path: str, directory: str) -> bool:
    """Whether a path is this directory or lies in it; everything lies in the base, ""."""
    return not directory or path == directory or path.startswith(directory + "/")


def is_directly_in(directory: str, path: str) -> bool:
    """Whether a row that is no directory is seen with the directory's own files: `f`, and keys such as `/f`, `../f`."""
    name, slash, _ = (path[len(directory) + 1 :] if directory else path).partition("/")
    return not slash or name in ("", ".", "..")


def behind(directory: str) -> str:
    """The first key that cannot lie in the directory: `0` is the character behind the slash."""
    return directory + "0"


def possible_parents(key: str) -> list[str]:
    """Paths `p` before `key` whose `p/` is not: `a` and `a-b` for `a-b-c`, as `-` sorts before the slash."""
    return [key[:at] for at in range(1, len(key)) if key[at] <= "/" and key[at - 1] != "/"]


def just_before(key: str) -> str:
    """A string that sorts before `key`, with few names, if any, between the two."""
    last = ord(key[-1]) - 1
    if last < 0 or 0xD800 <= last <= 0xDFFF:
        return key[:-1]
    return key[:-1] + chr(last) + BEHIND_ALL


def is_ascending(paths: Sequence[str]) -> bool:
    """Whether each of them sorts behind the one before it."""
    return all(map(lt, paths, paths[1:]))


def in_key_order(rows: Iterable[FileStatus]) -> Iterator[FileStatus]:
    """Give rows that arrive in the order of their paths in the order of their keys.

    A directory waits until nothing can come before `name/`. The waiting ones are prefixes of each other,
    so there are never more of them than a name has characters. Raises SurveyError when the rows are out
    of order or one comes twice, because then nothing may be concluded from what is missing.
    """
    return chain.from_iterable(portions_in_key_order((row,) for row in rows))


def portions_in_key_order(portions: Iterable[Sequence[FileStatus]]) -> Iterator[Sequence[FileStatus]]:
    """The same for rows that come several at once; where these are files only, they pass as they come."""
    waiting: list[tuple[str, FileStatus]] = []
    previous: str | None = None
    for rows in portions:
        paths = [row.path for row in rows]
        is_plain = not waiting and all(row.kind != DIRECTORY for row in rows) and is_ascending(paths)
        if is_plain and (previous is None or not paths or previous < paths[0]):
            yield rows
        else:
            yield [*_due(previous, rows, waiting)]
        previous = paths[-1] if paths else previous
    while waiting:
        yield (heapq.heappop(waiting)[1],)


def _due(
    previous: str | None, rows: Sequence[FileStatus], waiting: list[tuple[str, FileStatus]]
) -> Iterator[FileStatus]:
    """What these rows, and the directories that wait, give by now; `previous` is the path of the row before them."""
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


def out_of_order(previous: str, current: str) -> SurveyError:
    """The error for a listing that cannot be trusted."""
    return SurveyError(
        f"the listing is out of order: {current!r} came after {previous!r}",
        "Run again; if it stays, the store does not list the way this tool needs.",
    )

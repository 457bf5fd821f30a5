"""Putting a file together of others, by CONCAT: blocks change hands, no byte travels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...model.errors import CorruptData, NotFound, StoreError
from ..base import Stored
from .client import HdfsClient
from .webhdfs import Unanswered, WebHdfs

# The sources of one call stand in its URL.
_MOST_AT_ONCE = 32
_CONCAT_SECONDS = 60.0


def join(
    client: HdfsClient,
    web: WebHdfs,
    path: str,
    pieces: Sequence[tuple[str, int]],
    check: Callable[[str, Stored], None],
) -> Stored:
    """Append all pieces to the first one, in order, check it, and rename it to `path`; see `FileSystem.join`.

    Each step finds out how far an earlier try of it came, by lengths: the first piece has grown by so many others, or
    is gone because it is published.
    """
    whole = sum(length for _, length in pieces)
    first = pieces[0][0]
    there = client.status(first)
    if there is None:
        published = client.status(path)
        if published is None or published.length != whole:
            raise NotFound(f"cannot join {path}: its first piece {first} is gone")
        stored = Stored(published.length, mtime_ms=published.modification_time)
        check(path, stored)
        return stored
    length, left = _left_of(path, there.length, pieces)
    while left:
        batch, left = left[:_MOST_AT_ONCE], left[_MOST_AT_ONCE:]
        _concat(client, web, first, [piece for piece, _ in batch], length + sum(size for _, size in batch))
        length += sum(size for _, size in batch)
    found = client.status(first)
    if found is None:
        raise StoreError(f"{first} vanished before it could be published")
    stored = Stored(found.length, mtime_ms=found.modification_time)
    check(first, stored)
    client.rename(first, path)
    _refuse_another(client, path, stored, pieces[0][1])
    return stored


def _refuse_another(client: HdfsClient, path: str, stored: Stored, first_length: int) -> None:
    """Raise CorruptData where something else was published: an attempt that was given up, and still lives, may have
    put its first piece in the place of the joined one. Such a piece does not stay under the name of the whole."""
    found = client.status(path)
    if found is not None and found.length == stored.length:
        return
    if found is not None and found.length == first_length:
        client.remove(path)
    raise CorruptData(
        f"{path} was joined with {stored.length} bytes, and what stands there has "
        f"{'gone' if found is None else f'{found.length} bytes'}"
    )


def _left_of(path: str, length: int, pieces: Sequence[tuple[str, int]]) -> tuple[int, list[tuple[str, int]]]:
    """The pieces that the first one does not hold yet, which has `length` bytes."""
    reached = 0
    for number, (_, size) in enumerate(pieces, 1):
        reached += size
        if reached == length:
            return length, list(pieces[number:])
    raise CorruptData(f"cannot join {path}: its first piece has {length} bytes, which no number of pieces has")


def _concat(client: HdfsClient, web: WebHdfs, first: str, others: list[str], expected: int) -> None:
    client.traffic.wrote()
    try:
        web.change("POST", first, "CONCAT", {"sources": ",".join(others)}, timeout_seconds=_CONCAT_SECONDS)
    except Unanswered:
        found = client.status(first)
        if found is None or found.length != expected:
            raise

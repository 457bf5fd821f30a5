"""Directories of a bucket moved by their keys: whatever lies below, markers included, but for what is spared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, FileStatus
from ...rules.keys import parent_of
from .answers import content_length
from .client import OssClient, key_of
from .copying import copy_key
from .listing import PAGE_KEYS, OssEntry, list_entries
from .objects import find_object
from .removal import remove_keys


def copy_subtree(client: OssClient, path: str, new_path: str, spares: Sequence[str], threads: int) -> Tally:
    """Copy the object `path` and all keys below it, by the store, so many at once; how many there were."""
    start, new_key = len(key_of(path)), key_of(new_path)
    copied = Tally()
    with ThreadPoolExecutor(threads, "copy-within") as pool:

        def copy(entry: OssEntry) -> None:
            copy_key(client, entry.key, new_key + entry.key[start:])

        _in_portions(client, path, spares, lambda entries: list(pool.map(copy, entries)), copied)
    return copied


def remove_subtree(client: OssClient, path: str, spares: Sequence[str]) -> Tally:
    """Remove the object `path` and all keys below it; how many there were."""
    removed = Tally()

    def remove(entries: list[OssEntry]) -> None:
        for one in remove_keys(client, [entry.key for entry in entries]):
            if one.error is not None:
                raise one.error

    _in_portions(client, path, spares, remove, removed)
    return removed


def _in_portions(
    client: OssClient,
    path: str,
    spares: Sequence[str],
    take: Callable[[list[OssEntry]], object],
    taken: Tally,
) -> None:
    entries = _entries(client, path, frozenset(key_of(spare) for spare in spares))
    while portion := list(itertools.islice(entries, PAGE_KEYS)):
        take(portion)
        for entry in portion:
            taken.add(FileStatus("", DIRECTORY if entry.key.endswith("/") else FILE, entry.size))


def _entries(client: OssClient, path: str, spares: frozenset[str]) -> Iterator[OssEntry]:
    key = key_of(path)
    alone = find_object(client, path, key)
    if alone is not None:
        yield OssEntry(key, content_length(alone, path))
    for entry in list_entries(client, key + "/"):
        if not (spares and _is_spared(entry.key, spares)):
            yield entry


def _is_spared(key: str, spares: frozenset[str]) -> bool:
    path = key.rstrip("/")
    while path:
        if path in spares:
            return True
        path = parent_of(path)
    return False

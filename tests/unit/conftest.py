"""A run in memory: sources, target and job directory in one store that a scheme is told to use."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from hdfs2oss.filesystems.base import FileSystem
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.rules.layout import SourceFact, lay_out
from hdfs2oss.tasks.context import RunContext
from tests.stores.memory import MemoryFileSystem

_runs = itertools.count(1)
MakeContext = Callable[..., RunContext]


def place(path: str) -> Uri:
    return Uri("file", "", path)


@pytest.fixture
def make_context() -> Iterator[MakeContext]:
    """`make_context(store, ["/s"], "/t", update=True)`: the context of a run that talks to `store` only."""
    stores = StoreConfig()

    def make(
        store: FileSystem, sources: list[str], target: str, kind: type[CopyOptions] = CopyOptions, **options: object
    ) -> RunContext:
        seat_filesystem(place("/"), stores, store)
        checked = kind(sources=tuple(map(place, sources)), target=place(target), **options)  # type: ignore[arg-type]
        kinds = {path: _kind(store, path) for path in [*sources, target]}
        facts = [SourceFact(place(path), kinds[path] or DIRECTORY) for path in sources]
        layout = lay_out(facts, place(target), kinds[target], checked.sync)
        return RunContext(checked, layout, stores, place("/jobs"), f"run-{next(_runs)}")

    yield make
    close_filesystems()


@pytest.fixture
def memory() -> MemoryFileSystem:
    return MemoryFileSystem()


def _kind(store: FileSystem, path: str) -> str | None:
    status = store.status(path)
    return None if status is None else FILE if status.kind == FILE else DIRECTORY

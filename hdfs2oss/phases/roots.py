"""The beginning: what the sources are, what stands at the target, and so where everything goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import NotFound, SourceNotFound, StoreError, SurveyError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..model.values import DIRECTORY, FILE
from ..rules.glob import expand, is_pattern
from ..rules.layout import Layout, SourceFact, lay_out, refuse_to_delete_sources

Answer = TypeVar("Answer")
_THREADS = 16


def find_roots(options: CopyOptions, stores: StoreConfig) -> Layout:
    """Expand patterns, look at every source and at the target, apply the path rules.

    Raises SourceNotFound (3) for a source that is not there, UsageError (2) for places that cannot go
    together, SurveyError (3) when a store cannot be asked.
    """
    # The target first: a wrong key or bucket should be known before a long list of sources is looked at.
    target_kind = _ask("looking at the target", options.target, lambda: _kind(options.target, stores))
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda source: _find(source, stores), dict.fromkeys(options.sources))
        facts = [fact for facts in found for fact in facts]
    layout = lay_out(facts, options.target, target_kind, options.sync, options.layout)
    if options.delete:
        refuse_to_delete_sources(layout, options.target)
    return layout


def _find(source: Uri, stores: StoreConfig) -> list[SourceFact]:
    return _ask("looking for the source", source, lambda: _facts(source, stores))


def _facts(source: Uri, stores: StoreConfig) -> list[SourceFact]:
    filesystem = open_filesystem(source, stores)
    if is_pattern(source.path):
        matches = expand(source.path, _children(filesystem), lambda path: filesystem.status(path) is not None)
        facts = [
            SourceFact(uri, kind)
            for uri in (source._replace(path=path) for path in matches)
            if (kind := _kind(uri, stores)) is not None
        ]
        if facts:
            return facts
    # A pattern that matches nothing may be the very name of a file.
    kind = _kind(source, stores)
    if kind is None:
        what = "pattern matches nothing" if is_pattern(source.path) else "source does not exist"
        raise SourceNotFound(f"the {what}: {source}", "Check the path; nothing was copied.")
    return [SourceFact(source, kind)]


def _children(filesystem: FileSystem) -> Callable[[str], Iterable[str]]:
    def children(path: str) -> Iterable[str]:
        try:
            return [row.path for row in filesystem.walk(path, recursive=False) if row.kind in (FILE, DIRECTORY)]
        except NotFound:
            return []

    return children


def _kind(uri: Uri, stores: StoreConfig) -> str | None:
    status = open_filesystem(uri, stores).status(uri.path)
    if status is None:
        return None
    if status.kind not in (FILE, DIRECTORY):
        raise SurveyError(
            f"{uri} is neither a file nor a directory: {status.problem or 'a symbolic link'}",
            "Name what it points to.",
        )
    return status.kind


def _ask(what: str, uri: Uri, question: Callable[[], Answer]) -> Answer:
    try:
        return question()
    except StoreError as error:
        raise SurveyError(f"{what} {uri}: {error}", error.hint) from error

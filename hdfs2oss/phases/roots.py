"""The beginning: what the sources are, what stands at the target, and so where everything goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple, TypeVar

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..filesystems.snapshots import find_snapshot, what_there_is
from ..model.errors import NotFound, SourceNotFound, StoreError, SurveyError, UsageError
from ..model.options import CopyOptions
from ..model.uri import Uri, join_path
from ..model.values import DIRECTORY, FILE
from ..rules.glob import Children, expand, fixed_part, is_pattern
from ..rules.layout import Layout, SourceFact, lay_out, refuse_to_delete_sources
from ..rules.snapshot_paths import SnapshotPlace, is_in_snapshot
from ..rules.verification import Standing, layout_found

Answer = TypeVar("Answer")
_THREADS = 16


def find_roots(options: CopyOptions, stores: StoreConfig) -> Layout:
    """Expand patterns, look at every source and at the target, apply the path rules.

    Sources are looked for where they will be read: in a snapshot, unless it is yet to be made.
    Raises SourceNotFound (3) for a source that is not there, UsageError (2) for places that cannot go
    together, SurveyError (3) when a store cannot be asked.
    """
    if options.from_diff is not None:
        layout = find_copied_roots(options, stores).layout
    else:
        facts, target_kind = _look(options, stores)
        layout = lay_out(facts, options.target, target_kind, options.sync, options.layout, bool(options.rdiff))
    if options.delete:
        refuse_to_delete_sources(layout)
        refuse_to_delete_sources(_without_links(layout))
    return layout


class CopiedRoots(NamedTuple):
    """Where a copy has put its sources: `rules` is what --layout would say, `is_guess` where it was told from what
    stands at the target."""

    layout: Layout
    rules: str
    is_guess: bool
    target_exists: bool


def find_copied_roots(options: CopyOptions, stores: StoreConfig) -> CopiedRoots:
    """Where everything went, after a copy: by --layout or -update, else by what stands at the target.

    A plain copy made the target, or put its sources below it under their names: by now the target is there either way.
    Raises as `find_roots`, and UsageError where both may have been.
    """
    facts, target_kind = _look(options, stores)
    directories = [fact for fact in facts if fact.kind == DIRECTORY]
    rules: str = options.layout
    is_guess = False
    if rules == "distcp" and directories and target_kind == DIRECTORY:
        is_guess = not options.sync
        rules = _layout_found(options, directories, stores) if is_guess else "contents"
    layout = lay_out(facts, options.target, target_kind, options.sync, rules)
    if rules == "distcp" and directories:
        rules = "named" if any(root.prefix for root in layout.roots if not root.is_file) else "contents"
    return CopiedRoots(layout, rules, is_guess, target_kind is not None)


def _layout_found(options: CopyOptions, directories: list[SourceFact], stores: StoreConfig) -> str:
    names = {fact.uri.name for fact in directories if fact.uri.name}
    named = {
        name
        for name in names
        if _ask("looking at the target", options.target, lambda name=name: _kind(options.target.join(name), stores))  # type: ignore[misc]
        == DIRECTORY
    }
    doubtful = {
        name
        for name in named
        for fact in directories
        if open_filesystem(fact.uri, stores).status(join_path(fact.read_path or fact.uri.path, name)) is not None
    }
    found = layout_found(Standing(frozenset(named), frozenset(doubtful)))
    if not found:
        name = sorted(doubtful)[0]
        raise UsageError(
            f"{options.target.join(name)} may be the copy of a source of that name, or of what is called {name} in it",
            "Say how it was copied: --layout named (under its name) or --layout contents (-update copies so).",
        )
    return found


def _look(options: CopyOptions, stores: StoreConfig) -> tuple[list[SourceFact], str | None]:
    """The sources as they are found, and the kind of the target."""
    # The target first: a wrong key or bucket should be known before a long list of sources is looked at.
    target_kind = _ask("looking at the target", options.target, lambda: _kind(options.target, stores))
    snapshot = options.snapshot_to_read
    if snapshot or options.make_snapshot:
        _refuse_without_snapshots(options, stores)
    # Those of the second pool never wait for each other.
    with ThreadPoolExecutor(_THREADS) as pool, ThreadPoolExecutor(_THREADS) as lookers:
        sources = dict.fromkeys(options.sources)
        found = pool.map(lambda source: _find(source, stores, snapshot, lookers), sources)
        return [fact for facts in found for fact in facts], target_kind


def _without_links(layout: Layout) -> Layout:
    """The same with the true paths of this machine's directories."""

    def real(place: Uri) -> Uri:
        return place._replace(path=os.path.realpath(place.path)) if place.scheme == "file" else place

    roots = tuple(root._replace(source=real(root.source)) for root in layout.roots)
    return layout._replace(base=real(layout.base), roots=roots)


def _refuse_without_snapshots(options: CopyOptions, stores: StoreConfig) -> None:
    """A directory of this machine may hold snapshots that its file server makes, but nobody compares them."""
    for source in options.sources:
        has_none = not open_filesystem(source, stores).capabilities.snapshots
        if source.scheme == "oss" or (has_none and (options.diff or options.rdiff)):
            raise UsageError(f"{source} has no snapshots; HDFS has", "Leave out --from-snapshot, -diff, -rdiff.")
        if is_in_snapshot(source.path):
            raise UsageError(
                f"the source {source} names a snapshot already",
                "Name the directory itself.",
            )


def _find(source: Uri, stores: StoreConfig, snapshot: str, lookers: ThreadPoolExecutor) -> list[SourceFact]:
    return _ask("looking for the source", source, lambda: _facts(source, stores, snapshot, lookers))


def _facts(source: Uri, stores: StoreConfig, snapshot: str, lookers: ThreadPoolExecutor) -> list[SourceFact]:
    if is_pattern(source.path):
        facts = _matches(source, stores, snapshot, lookers)
        if facts:
            return facts
    # A pattern that matches nothing may be the very name of a file.
    fact = _fact(source, stores, snapshot, None)
    if fact is None:
        what = "pattern matches nothing" if is_pattern(source.path) else "source does not exist"
        where = f" in its snapshot {snapshot}" if snapshot else ""
        raise SourceNotFound(f"the {what}{where}: {source}", "Check the path; nothing was copied.")
    return [fact]


def _matches(source: Uri, stores: StoreConfig, snapshot: str, lookers: ThreadPoolExecutor) -> list[SourceFact]:
    """What a pattern matches; directories are listed, and paths looked at, by several threads."""
    filesystem = open_filesystem(source, stores)
    # Within the snapshot of a directory above all matches; where each match has its own, what is there now is
    # what they are looked for in.
    place = find_snapshot(filesystem, fixed_part(source.path), snapshot) if snapshot else None

    def read_at(path: str) -> str:
        return place.inside(path) if place is not None and place.holds(path) else path

    children = _children(filesystem)
    kinds = expand(
        source.path,
        lambda path: children(read_at(path)),
        lambda path: _kind(source._replace(path=read_at(path)), stores),
        lookers.map,
    )

    def fact_of(path: str) -> SourceFact | None:
        uri = source._replace(path=path)
        if snapshot and (place is None or not place.holds(path)):
            return _fact(uri, stores, snapshot, place)
        return SourceFact(uri, kinds[path], place.inside(path) if place is not None else "")

    return [fact for fact in lookers.map(fact_of, kinds) if fact is not None]


def _fact(source: Uri, stores: StoreConfig, snapshot: str, place: SnapshotPlace | None) -> SourceFact | None:
    """A source as it was found; None where there is none. Raises SourceNotFound where there is no such snapshot."""
    if not snapshot:
        kind = _kind(source, stores)
        return None if kind is None else SourceFact(source, kind)
    store = open_filesystem(source, stores)
    place = place or find_snapshot(store, source.path, snapshot)
    if place is None:
        raise SourceNotFound(
            f"there is no snapshot {snapshot} of {source}: {what_there_is(store, source.path)}",
            f"Make it first: hdfs dfs -createSnapshot DIRECTORY {snapshot} (--make-snapshot: for --from-snapshot).",
        )
    read_path = place.inside(source.path)
    kind = _kind(source._replace(path=read_path), stores)
    return None if kind is None else SourceFact(source, kind, read_path)


def _children(filesystem: FileSystem) -> Children:
    def children(path: str) -> Iterator[tuple[str, str]]:
        with suppress(NotFound):
            for row in filesystem.walk(path, recursive=False):
                if row.kind in (FILE, DIRECTORY):
                    yield row.path, row.kind

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

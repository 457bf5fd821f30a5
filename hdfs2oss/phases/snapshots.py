"""The snapshots that a run makes for itself: sources that stand still while they are copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..filesystems.registry import open_filesystem
from ..filesystems.snapshots import find_snapshot, snapshottable_root
from ..model.counters import OWN
from ..model.errors import AlreadyExists, StoreError, SurveyError, UsageError
from ..model.uri import Uri
from ..records import leavings
from ..records.jobdir import JobDir
from ..records.leavings import Leaving
from ..rules.snapshot_paths import SnapshotPlace
from ..runs.run import Run
from ..tasks.context import RunContext


@contextmanager
def standing_still(context: RunContext, run: Run) -> Iterator[RunContext]:
    """With --make-snapshot, the block is given a context whose sources are read in snapshots made for it.

    1. Nothing is made before it is on record; a run that is killed leaves that to the next one.
    2. They are dropped whatever the block raises; what cannot be dropped is said and counted (SNAPSHOTS_LEFT).

    Raises UsageError when a snapshot may not be made, SurveyError when it could not be.
    """
    name = context.options.from_snapshot
    if not context.options.make_snapshot:
        yield context
        return
    job_dir = context.open_job_dir()
    made: list[Leaving] = []
    try:
        with run.phase("snapshot"):
            for number, root in enumerate(_roots(context)):
                made.append(_announce(context, job_dir, root, number))
                try:
                    made[-1] = _make(context, job_dir, made[-1], number)
                except UsageError:
                    made.pop()  # somebody else's, who was faster by a moment
                    raise
            run.report.counters.add(OWN, "SNAPSHOTS_MADE", len(made))
        yield _reading(context, [SnapshotPlace(one.place.path, name) for one in made], [one.place for one in made])
    finally:
        for one in made:
            _drop(context, run, one)


def _roots(context: RunContext) -> list[Uri]:
    """The snapshottable directories of all sources, each once."""
    found = []
    for root in context.layout.roots:
        store = open_filesystem(root.source, context.stores)
        if not store.capabilities.snapshots:
            raise UsageError(f"--make-snapshot: no snapshot can be made of {root.source}", "Leave the option out.")
        try:
            path = snapshottable_root(store, root.source.path)
        except StoreError as error:
            raise SurveyError(f"looking for the snapshots of {root.source}: {error}", error.hint) from error
        if path is None:
            raise UsageError(
                f"no snapshot can be made of {root.source}: no directory at or above it allows snapshots",
                f"Let an administrator run: hdfs dfsadmin -allowSnapshot {root.source.path}",
            )
        found.append(root.source._replace(path=path))
    return list(dict.fromkeys(found))


def _announce(context: RunContext, job_dir: JobDir, root: Uri, number: int) -> Leaving:
    name = context.options.from_snapshot
    store = open_filesystem(root, context.stores)
    if store.status(SnapshotPlace(root.path, name).path) is not None:
        raise _taken(root, name)
    return leavings.announce(job_dir, Leaving(leavings.SNAPSHOT, root, name), number)


def _make(context: RunContext, job_dir: JobDir, leaving: Leaving, number: int) -> Leaving:
    store = open_filesystem(leaving.place, context.stores)
    try:
        store.make_snapshot(leaving.place.path, leaving.name)
    except AlreadyExists as error:
        leavings.confirm(job_dir, leaving, 0, number)
        raise _taken(leaving.place, leaving.name) from error
    except StoreError as error:
        place = find_snapshot(store, leaving.place.path, leaving.name) if error.retryable else None
        if place is None:
            raise SurveyError(f"no snapshot could be made: {error}", error.hint) from error
    place = find_snapshot(store, leaving.place.path, leaving.name)
    if place is None or place.root != leaving.place.path:
        raise SurveyError(f"the snapshot {leaving.name} of {leaving.place} has gone since it was made")
    return leavings.confirm(job_dir, leaving, place.made_ms, number)


def _taken(root: Uri, name: str) -> UsageError:
    return UsageError(
        f"{root} has a snapshot {name} already",
        "Leave out --make-snapshot to read that one, or give another name.",
    )


def _reading(context: RunContext, places: list[SnapshotPlace], roots: list[Uri]) -> RunContext:
    """The same run with its sources read in those snapshots."""
    read = []
    for root in context.layout.roots:
        at = next(number for number, one in enumerate(roots) if one.holds(root.source))
        read.append(root._replace(read_path=places[at].inside(root.source.path)))
    return context.with_layout(context.layout._replace(roots=tuple(read)))


def _drop(context: RunContext, run: Run, leaving: Leaving) -> None:
    try:
        if leavings.remove(leaving, context.stores):
            run.report.counters.add(OWN, "SNAPSHOTS_DROPPED")
    except StoreError as error:
        run.report.counters.add(OWN, "SNAPSHOTS_LEFT")
        run.report.notices.append(
            f"the snapshot {leaving.name} of {leaving.place} was made for this run and could not be dropped: {error}; "
            f"the next run of the command tries again, or: hdfs dfs -deleteSnapshot {leaving.place.path} {leaving.name}"
        )

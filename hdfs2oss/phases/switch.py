"""-atomic: the copy goes into a work directory, which becomes the target by one rename once all of it is there.

<target's parent, or -tmp>/._WIP_<target's name>-<run>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import AlreadyExists, CommitError, StoreError, UsageError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records import leavings
from ..records.leavings import Leaving
from ..rules.layout import Layout
from ..runs.run import Run
from ..tasks.context import RunContext

_PREFIX = "._WIP_"


def refuse_unfit_switch(options: CopyOptions, layout: Layout, stores: StoreConfig, homes: Sequence[Uri] = ()) -> None:
    """Raise UsageError where -atomic cannot keep its promise. The first of `homes` has the records by default."""
    if not options.atomic:
        return
    target = options.target
    if not open_filesystem(target, stores).capabilities.atomic_move:
        raise UsageError(
            f"-atomic: nothing renames a tree at once where {target} is, so it cannot appear as a whole",
            "Leave -atomic out: each file appears whole or not at all.",
        )
    if layout.onto_file or (layout.base == target and layout.base_exists):
        raise UsageError(f"-atomic: the target {target} exists", "Name one that does not, or leave -atomic out.")
    # Where the operator names no job directory, it lies in the first home.
    own = (*options.own_places, *homes[: 0 if options.job_dir else 1])
    held = next((place for place in own if target.holds(place)), None)
    if held is not None:
        raise UsageError(
            f"-atomic: the records of the copy would be in {held}, so the target {target} would exist before its end",
            "Name places outside the target: --job-dir, -log, -xtrack.",
        )
    folder = options.work_dir or target.parent
    if folder._replace(path="/") != target._replace(path="/"):
        raise UsageError(f"-tmp: {folder} is on another file system than the target {target}", "Name one on the same.")
    if target.holds(folder):
        raise UsageError(f"-tmp: {folder} lies in the target {target}", "Name a directory beside it.")
    inside = next((root.source for root in layout.roots if not root.is_file and root.source.holds(folder)), None)
    if inside is not None:
        raise UsageError(f"-tmp: {folder} lies in the source {inside}", "Name a directory outside the sources.")


@contextmanager
def switching(context: RunContext, run: Run) -> Iterator[RunContext]:
    """With -atomic, the block is given a context whose target is the work directory.

    the block                         the work directory
    -------------------------------   ---------------------------------------------------------------------
    went through, and nothing failed  becomes the target. Where that fails it stays, and CommitError says so
    went through, something failed    is removed, and nothing was published: said among the notices
    raised, or the run was killed     is removed, here or by the next run of the command
    """
    if not context.options.atomic:
        yield context
        return
    layout = _at_work(context)
    is_file = layout.roots[0].is_file and context.layout.base != context.options.target
    work = layout.base.join(layout.roots[0].prefix) if is_file else layout.base
    store = open_filesystem(work, context.stores)
    leavings.announce(context.open_job_dir(), Leaving(leavings.WORK_DIRECTORY, work))
    is_whole = False
    try:
        if not is_file:
            _make(store, work)
        yield context.with_layout(layout)
        report = run.report
        is_whole = not (report.failed_files or report.problems or report.stopped)
    finally:
        if not is_whole:
            run.report.notices.append(
                f"nothing was published, as not all arrived: {context.options.target} is still missing (-atomic)"
            )
            with suppress(StoreError):
                store.remove(work.path, recursive=True)
    if is_whole:
        run.check_lock()
        with run.phase("switch"):
            _switch(store, work, context.options.target)


def _at_work(context: RunContext) -> Layout:
    """The layout with the work directory in place of the target."""
    options, layout = context.options, context.layout
    name = f"{_PREFIX}{options.target.name}-{context.run_id}"
    folder = options.work_dir or options.target.parent
    if layout.base == options.target:
        return layout._replace(base=folder.join(name), base_exists=False)
    return layout._replace(base=folder, roots=(layout.roots[0]._replace(prefix=name),))


def _make(store: FileSystem, work: Uri) -> None:
    try:
        store.make_directory(work.path)
    except StoreError as error:
        raise CommitError(f"making the work directory {work}: {error}", error.hint) from error


def _switch(store: FileSystem, work: Uri, target: Uri) -> None:
    try:
        store.move(work.path, target.path)
    except StoreError as error:
        if not isinstance(error, AlreadyExists) and _has_happened(store, work, target):
            return
        raise CommitError(
            f"the copy is whole, in {work}, and could not become {target}: {error}",
            f"Move it (hdfs dfs -mv {work} {target}); or mend the cause and run the same command again, which removes "
            "it and begins anew.",
        ) from error


def _has_happened(store: FileSystem, work: Uri, target: Uri) -> bool:
    """Whether a rename whose answer was lost was made all the same."""
    with suppress(StoreError):
        return store.status(work.path) is None and store.status(target.path) is not None
    return False

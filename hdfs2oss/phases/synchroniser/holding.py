"""What is on record of the snapshot that a target holds, or is on its way to. Any other copy to it forgets that."""

from __future__ import annotations

import hashlib

from ...filesystems.registry import open_filesystem
from ...filesystems.snapshots import find_snapshot
from ...model.counters import COPY_MAPPER
from ...model.errors import CommitError, StoreError
from ...model.options import CURRENT_STATE, CopyOptions
from ...model.uri import Uri
from ...records.state import Held, PairState, read_state, write_state
from ...rules.filters import work_path_beside
from ...rules.snapshot_paths import SnapshotPlace
from ...runs.run import Run
from ...tasks.context import RunContext


def forget_snapshot(context: RunContext) -> None:
    """Before a copy that is no -diff: whatever is known of the target's snapshot is so no more. Raises CommitError."""
    job_dir = context.open_job_dir()
    state = read_state(job_dir)
    if state.towards is not None:
        try:
            open_filesystem(context.layout.base, context.stores).remove(hidden_place(context), recursive=True)
        except StoreError as error:
            raise CommitError(f"removing what an interrupted -diff left: {error}", error.hint) from error
    if state.held is not None or state.towards is not None:
        write_state(job_dir, PairState())


def note_full_copy(context: RunContext, run: Run) -> None:
    """Put on record which snapshot the target holds now, where that is certain.

    It is when one directory was copied from one that stays there, nothing failed, and no file that was at the target
    was passed over without being compared.
    """
    options, roots, counters = context.options, context.layout.roots, run.report.counters
    compared = options.sync and options.compares_times
    if (
        not options.from_snapshot
        or options.make_snapshot
        or run.report.exit_code
        or len(roots) != 1
        or roots[0].is_file
    ):
        return
    if not compared and counters.get(COPY_MAPPER, "SKIP"):
        return
    source = roots[0].source
    place = find_snapshot(open_filesystem(source, context.stores), source.path, options.from_snapshot)
    if place is not None:
        run.check_lock()
        write_state(context.open_job_dir(), PairState(held_of(context, place)))


def held_of(context: RunContext, place: SnapshotPlace) -> Held:
    """A snapshot as a target holds it: where in it, and without what was left out."""
    return Held(place.name, place.made_ms, context.layout.roots[0].prefix, _digest(context.options))


def _digest(options: CopyOptions) -> str:
    """What is left out, as one word; "" where all is copied."""
    patterns = [*options.filters, "", *options.include, "", *options.exclude]
    if not any(patterns):
        return ""
    return hashlib.sha256("\n".join(patterns).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def hidden_place(context: RunContext) -> str:
    """A place of this pair below its target that no listing shows."""
    base: Uri = context.layout.base
    return work_path_beside(base.join("x").path, f"diff-{context.job_dir.name}")


def name_of(held: Held | None) -> str:
    """As the operator gives it."""
    return (held.snapshot if held is not None else "") or CURRENT_STATE

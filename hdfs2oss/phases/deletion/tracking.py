"""-xtrack: what -delete would remove is written down instead."""

from __future__ import annotations

from ...filesystems.registry import open_filesystem
from ...model.errors import CommitError, StoreError
from ...model.values import DIRECTORY, PlanSlice
from ...records.listings import write_listing
from ...records.plan_order import read_in_order
from ...runs.run import Run
from ...tasks.context import RunContext


def track(context: RunContext, run: Run, files: list[PlanSlice], directories: dict[int, list[PlanSlice]]) -> None:
    """Write `DIR/<run>/missing-00000.txt` ...: the target's places that no source has, sorted, `/` behind directories.

    Nothing is written where a part of the trees could not be listed. Raises CommitError that names the directory.
    """
    if context.options.xtrack_path is None:
        return
    if run.report.problems:
        run.report.withhold_deletion("")
        run.report.notices.append("-xtrack wrote nothing down, as a part of the trees could not be listed")
        return
    place = context.options.xtrack_path.join(context.run_id)
    layout = context.layout
    slices = [*files, *(piece for depth in directories for piece in directories[depth])]
    with run.phase("track"):
        items = read_in_order(context.open_job_dir(), slices)
        lines = (str(layout.target_of(one.path)) + ("/" if one.kind == DIRECTORY else "") for one in items)
        try:
            write_listing(open_filesystem(place, context.stores), place.path, "missing", lines)
        except StoreError as error:
            raise CommitError(f"the -xtrack directory {place} cannot be written: {error}", error.hint) from error
    run.report.withhold_deletion("")
    run.report.tracked = str(place)

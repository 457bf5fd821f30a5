"""Large files whose sources changed while their chunks were sent: planned anew, once, as what they are by now.

A committer leaves them without a row, so nothing is counted of them so far. A task of this phase drops what was sent,
looks at each source, and writes down what is to be done, which has waves of its own:

    what stands at the source by now        plan
    -------------------------------------   -----------------------------------------------------------------
    nothing, no file, or nobody can say     REFUSED: a failure on record, as a source that changed
    a file above the chunk size             to be cut, into other uploads, or chunks of other names
    any other file                          to be copied whole

On record before any of it begins, so another driver goes on with the same versions. Nothing in that plan has a third
try.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..filesystems.registry import open_filesystem
from ..model.counters import OWN, Counters, Counts
from ..model.errors import SourceChanged, StoreError
from ..model.uri import Uri
from ..model.values import FILE, CopyItem, FileStatus, PlanSlice, Work
from ..records import fence, ledger
from ..records.intents import chunk_path_of
from ..records.past_runs import WORK_FILES_LEFT
from ..records.planfile import read_slices
from ..rules.packing import cut
from ..rules.renewal import planned_anew
from ..runners.base import is_last_try
from ..runs.run import Run
from ..runs.sent import Outdated
from ..tasks.context import RunContext
from ..tasks.copy_plan import CopyPlan
from ..tasks.desk import TaskDesk
from ..tasks.outage import leave_to_another_try

_THREADS = 8


@dataclass(slots=True)
class Renewal:
    """The plan: slices of what is copied whole, or refused, and of what is to be cut; and the traffic."""

    slices: list[PlanSlice] = field(default_factory=list)
    large_slices: list[PlanSlice] = field(default_factory=list)
    counters: Counts = field(default_factory=dict)

    def add(self, other: Renewal) -> None:
        """Take over what another task planned."""
        self.slices += other.slices
        self.large_slices += other.large_slices
        counters = Counters(self.counters)
        counters.merge(other.counters)
        self.counters = counters.as_dict()


class RenewalTask(NamedTuple):
    """The uploads of a commit task, of which those are planned anew that have no row in its ledgers."""

    number: int
    outdated: Outdated


def renew(context: RunContext, run: Run, outdated: Sequence[Outdated]) -> Renewal:
    """Plan anew, as a wave, what committers left because its source had changed; unless an earlier driver has."""
    found = Renewal()
    ended = run.course.end_of("renewal")
    if ended is not None:
        whole, large = ([PlanSlice(*piece) for piece in ended[name]] for name in ("slices", "large_slices"))
        return Renewal(whole, large, ended["counters"])
    tasks = [RenewalTask(number, one) for number, one in enumerate(outdated)]
    run.wave("renewal", partial(renew_task, context), tasks, found.add)
    if tasks:
        record = {"slices": found.slices, "large_slices": found.large_slices, "counters": found.counters}
        run.course.end("renewal", record)
    return found


def renew_task(context: RunContext, task: RenewalTask, attempt: str) -> Renewal:
    """Drop what was sent of each file, and write down what it is by now. A task function; safe to run twice.

    Raises StoreGone where a store gave no answer and another try of the task follows.
    """
    desk = TaskDesk(context, f"renewal-{task.number:05d}", attempt)
    target = open_filesystem(context.layout.base, context.stores)
    plan = CopyPlan(desk, target)
    with ThreadPoolExecutor(_THREADS) as pool:

        def renewed(item: CopyItem) -> tuple[CopyItem, int]:
            fence.check(desk.job_dir, context.fence)
            left = _drop(context, target, item)
            source = context.layout.source_of(item.root, item.path)
            try:
                now = open_filesystem(source, context.stores).status(source.path)
            except StoreError as error:
                leave_to_another_try(error, is_last_try(attempt))
                return _refused(item, f"nobody can say what it is by now: {error}"), left
            return _as_it_is(item, now, plan), left

        for item, left in pool.map(renewed, list(_left(desk, task.outdated))):
            plan.add(item)
            if left:
                # So the next run looks for what this one left.
                desk.counters.add(OWN, WORK_FILES_LEFT, left)
    slices, large_slices = plan.publish()
    return Renewal(slices, large_slices, desk.counts())


def _left(desk: TaskDesk, outdated: Outdated) -> Iterator[CopyItem]:
    rows = (row for file in outdated.ledger_files for row in ledger.read_results(desk.job_dir, file))
    settled = {row.upload_id for row in rows}
    return (item for item in read_slices(desk.job_dir, outdated.uploads) if item.upload_id not in settled)


def _as_it_is(item: CopyItem, now: FileStatus | None, plan: CopyPlan) -> CopyItem:
    if now is None:
        return _refused(item, "it has gone since")
    if now.kind != FILE:
        return _refused(item, "it is no file any more")
    return planned_anew(item, now, *plan.sizes(now))


def _refused(item: CopyItem, why: str) -> CopyItem:
    problem = f"the source changed while it was copied, and {why}"
    return item._replace(work=Work.REFUSED, upload_id="", problem=problem, problem_class=SourceChanged.__name__)


def _drop(context: RunContext, target: FileSystem, item: CopyItem) -> int:
    """Remove what was sent of a file; how many of its chunks may be left, as that failed.

    An upload is found at the end of this run, chunks by the next one.
    """
    place: Uri = context.layout.target_of(item.path)
    if target.capabilities.multipart:
        with suppress(StoreError):
            target.abort_upload(place.path, item.upload_id)
        return 0
    left = 0
    for chunk in cut(item.length, item.part_size_bytes, item.chunk_size_bytes):
        try:
            target.remove(chunk_path_of(context.run_id, place.path, chunk.offset))
        except StoreError:
            left += 1
    return left

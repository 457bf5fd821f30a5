"""The sweeper: removes what runs left that died, and what this one leaves when it is given up.

Only under the lock of the pair, and only what is ours: an upload whose file stands in the plan of an attempt that was
on record before the upload began, and work files whose names follow from the records. No tree is walked, but where
somebody asks for it as a plan is damaged: work files bear the name of their run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from ..filesystems.base import FileSystem, OpenUpload
from ..filesystems.registry import open_filesystem
from ..model.counters import OWN
from ..model.errors import LockLost, NotFound, StoreError
from ..model.units import several
from ..model.uri import Uri, join_path
from ..model.values import CopyItem, Work
from ..records import fence, intents, leavings, ledger, state
from ..records.intents import Intent
from ..records.jobdir import HASTE, JobDir
from ..records.past_runs import LEFT, SWEPT, names_in, settled_among
from ..records.planfile import PlanDamaged, read_slices
from ..rules.filters import WORK_PREFIX, work_path_beside
from ..rules.packing import cut
from ..runs.run import Run
from ..tasks.context import RunContext
from ..tasks.leftovers import MOST_TRIES

_THREADS = 16
# How far back a run looks for one that did not come to a good end.
_MOST_RUNS = 50


class Cleared(NamedTuple):
    """How much a dead run had left; `unknown` says in words what else may be there, as a plan of it is damaged."""

    uploads: int
    work_files: int
    leavings: int
    unknown: str = ""


def sweep_dead_runs(context: RunContext, run: Run) -> None:
    """Remove what earlier runs of the pair left, and count it. What fails now is left for the next run."""
    here = context.open_job_dir()
    if run.incarnation:
        # Its files at the target are tidied by the tasks that are done again.
        with suppress(StoreError):
            Sweeper(context, here).tidy_records()
    earlier = run.earlier[-_MOST_RUNS:]
    try:
        run.report.settled = settled_among(here, earlier, run.last_report)
    except StoreError:
        return
    run.report.rowless = [name for name in names_in(run.last_report, "rowless") if name in run.report.settled]
    dead = [name for name in earlier if name not in run.report.settled]
    if not dead:
        return
    with run.phase("sweep"):
        for name in dead:
            # Records that cannot be read are a ValueError; they must not keep every later run from its work.
            with suppress(StoreError, ValueError):
                cleared = clear_away(context, here.of_run(name), here.run_id)
                run.report.counters.add(OWN, "LEAVINGS_REMOVED", cleared.leavings)
                run.report.counters.add(OWN, "UPLOADS_DROPPED", cleared.uploads)
                run.report.counters.add(OWN, "WORK_FILES_REMOVED", cleared.work_files)
                if cleared.unknown:
                    run.report.notices.append(cleared.unknown)


def clear_away(context: RunContext, job_dir: JobDir, by: str, walks: bool = False) -> Cleared:
    """Remove what a dead run left, and put on record that it is gone: uploads, work files, other leavings.

    It is not put on record where somebody who `walks` would find more. Raises StoreError.
    """
    left = _remove_leavings(context, job_dir)
    sweeper = Sweeper(context, job_dir, walks=walks)
    uploads, work_files = sweeper.sweep()
    if not sweeper.may_find_more:
        job_dir.publish_json(SWEPT, {"by": by, "uploads": uploads, "work_files": work_files})
    return Cleared(uploads, work_files, left, sweeper.unknown())


def look_over(context: RunContext, job_dir: JobDir) -> Cleared:
    """How much `clear_away` would find, walking; of other leavings those that are on record. Raises StoreError."""
    sweeper = Sweeper(context, job_dir, walks=True)
    return Cleared(*sweeper.look(), len(leavings.read_leavings(job_dir)), sweeper.unknown())


def clear_up(context: RunContext, keeps_chunks: bool) -> None:
    """This run ends early: remove what its tasks left, as far as the stores answer; a later run does the rest.

    With `keeps_chunks` what large files have sent so far stays: the same command goes on with it. Nothing is removed by
    a driver that lost the lock, as another one goes on with the run.
    """
    job_dir = context.open_job_dir().of_run(context.run_id, HASTE)
    with suppress(StoreError, LockLost):
        fence.check(job_dir, context.fence)
        Sweeper(context, job_dir, keeps_chunks).sweep()


def tidy(context: RunContext, run: Run) -> None:
    """This run went through: drop uploads that a task could not drop. Where that fails too, the next run does it."""
    try:
        dropped = Sweeper(context, context.open_job_dir()).drop_uploads()
    except StoreError:
        run.report.counters.add(OWN, LEFT[0])
    else:
        if dropped:
            run.report.counters.add(OWN, "UPLOADS_DROPPED", dropped)


class Sweeper:
    """Removes what one run left that runs no more."""

    def __init__(self, context: RunContext, job_dir: JobDir, keeps_chunks: bool = False, walks: bool = False) -> None:
        """`keeps_chunks`: uploads that the cutter opened, and chunks that are files, are still needed. Whoever `walks`
        looks through the target for work files whose plan is damaged."""
        self._job_dir = job_dir
        self._keeps_chunks = keeps_chunks
        self._walks = walks
        # Attempts whose plan is damaged; uploads that may be theirs.
        self._unread: dict[Intent, None] = {}
        self._suspects: dict[str, OpenUpload] = {}
        self._target = open_filesystem(context.layout.base, context.stores)

    def sweep(self) -> tuple[int, int]:
        """Dropped uploads, removed work files. Raises StoreError when a store cannot be asked."""
        uploads = self.drop_uploads()
        found = list(intents.read_intents(self._job_dir))
        with ThreadPoolExecutor(_THREADS, "sweep") as pool:
            files = sum(pool.map(partial(_remove, self._target), self._work_paths(found)))
        self.tidy_records()
        return uploads, files

    def look(self) -> tuple[int, int]:
        """Open uploads, work files that are there. Raises StoreError."""
        found = list(intents.read_intents(self._job_dir))
        uploads = sum(1 for _ in self._uploads(found)) if self._target.capabilities.multipart else 0
        with ThreadPoolExecutor(_THREADS, "sweep") as pool:
            return uploads, sum(pool.map(lambda path: self._target.status(path) is not None, self._work_paths(found)))

    @property
    def may_find_more(self) -> bool:
        """Whether there may be work files that only who walks would find."""
        return bool(self._unread) and not self._walks and not self._target.capabilities.atomic_put

    def unknown(self) -> str:
        """What may have been left beside what was found, in words; "" where that is all."""
        told = f"a plan file of run {self._job_dir.run_id} has gone or is damaged: "
        if self._suspects:
            first = next(iter(self._suspects.values()))
            return (
                f"{told}{several(len(self._suspects), 'upload')} begun since then may be its own, and nobody knows; "
                f"the first is {first.upload_id} of {first.path}"
            )
        return f"{told}more of its work files may be left, which hdfs2oss clean looks for" * self.may_find_more

    def tidy_records(self) -> None:
        """Remove records that were being written. Raises StoreError."""
        with ThreadPoolExecutor(_THREADS, "sweep") as pool:
            sum(pool.map(partial(_remove, self._job_dir.filesystem), self._own_work_paths()))

    def drop_uploads(self) -> int:
        """Drop the open uploads of the run; how many there were. Raises StoreError when the store cannot be asked."""
        if not self._target.capabilities.multipart:
            return 0
        with ThreadPoolExecutor(_THREADS, "sweep") as pool:
            found = [one for one in intents.read_intents(self._job_dir) if not self._keeps(one)]
            return sum(pool.map(self._drop, self._uploads(found)))

    def _uploads(self, found: Sequence[Intent]) -> Iterator[OpenUpload]:
        for base in {one.base for one in found}:
            there = {one.upload_id: one for one in self._target.find_uploads(base)}
            for intent in (one for one in found if one.base == base):
                # Mostly none is left, and then no plan is read.
                paths = set(self._paths(intent)) if there else set()
                for upload in list(there.values()):
                    if upload.path in paths and upload.begun_ms >= intent.not_before_ms:
                        yield there.pop(upload.upload_id)
            since = min((one.not_before_ms for one in self._unread if one.base == base), default=math.inf)
            self._suspects |= {name: one for name, one in there.items() if one.begun_ms >= since}

    def _work_paths(self, found: Sequence[Intent]) -> Iterator[str]:
        if self._target.capabilities.atomic_put:
            return
        finished = set(self._job_dir.names("ledger"))
        for intent in found:
            if ledger.file_of(intent.task) in finished or self._keeps(intent):
                continue
            for path, item in self._items(intent):
                if intent.task.startswith("cut-"):
                    # The chunks themselves; what their tasks left, intents of theirs tell.
                    for chunk in cut(item.length, item.part_size_bytes, item.chunk_size_bytes):
                        yield intents.chunk_path_of(self._job_dir.run_id, path, chunk.offset, item.is_renewed)
                    continue
                if item.work is Work.CHUNK:
                    path = intents.chunk_path_of(self._job_dir.run_id, path, item.offset, item.is_renewed)
                for attempt in range(1, MOST_TRIES + 1):
                    yield intents.work_path_of(self._job_dir.run_id, intent.task, intent.number, path, attempt)

        if self._walks:
            yield from self._found_by_name()

    def _found_by_name(self) -> Iterator[str]:
        """Work files of the attempts whose plan is damaged."""
        run = f"{WORK_PREFIX}{self._job_dir.run_id}-"
        attempts = tuple(f"{run}{one.task}-{one.number}-" for one in self._unread)
        for base in {one.base for one in self._unread}:
            with suppress(NotFound):
                for row in self._target.walk(base):
                    name = row.path.rpartition("/")[2]
                    if name.startswith(attempts) or (name.startswith(run) and "-chunk-" in name):
                        yield join_path(base, row.path)

    def _own_work_paths(self) -> Iterable[str]:
        """Records that were being written, and the lock."""
        run_path, store = self._job_dir.run_path, self._job_dir.filesystem
        for name in ("", "plan", "ledger", "uploads", "tasks", "ends", intents.DIRECTORY, leavings.DIRECTORY):
            with suppress(NotFound):
                for row in store.walk(join_path(run_path, name), recursive=False):
                    if row.path.startswith(WORK_PREFIX):
                        yield join_path(join_path(run_path, name), row.path)
        yield work_path_beside(join_path(self._job_dir.path, "_lock"), f"lock-{self._job_dir.run_id}")
        yield state.work_path_of(self._job_dir)

    def _keeps(self, intent: Intent) -> bool:
        return self._keeps_chunks and intent.task.startswith("cut-")

    def _paths(self, intent: Intent) -> Iterator[str]:
        """The targets of an attempt's files."""
        return (path for path, item in self._items(intent) if item.work is Work.FILE)

    def _items(self, intent: Intent) -> Iterator[tuple[str, CopyItem]]:
        """An attempt's files and chunks, by their targets, as far as its plan can be read."""
        base = Uri("", "", intent.base)
        try:
            for item in read_slices(self._job_dir, intent.slices):
                if item.work in (Work.FILE, Work.CHUNK):
                    yield base.join(item.path).path, item
        except PlanDamaged:
            self._unread[intent] = None

    def _drop(self, upload: OpenUpload) -> int:
        self._target.abort_upload(upload.path, upload.upload_id)
        return 1


def _remove(store: FileSystem, path: str) -> int:
    return int(store.remove(path))


def _remove_leavings(context: RunContext, job_dir: JobDir) -> int:
    """Remove the snapshots and the work directory that a run made and left; how many there were."""
    return sum(leavings.remove(one, context.stores) for one in leavings.read_leavings(job_dir))

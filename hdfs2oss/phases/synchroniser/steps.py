"""The steps of a plan carried out at a target: by keys, a wave of tasks, or by renames of a NameNode.

Either way a phase can be taken again from its beginning: see `rules/snapshot_diff.py`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from ...filesystems.base import FileSystem
from ...filesystems.registry import open_filesystem
from ...model.counters import OWN, Counts
from ...model.errors import NotFound, StoreError
from ...model.tally import Tally
from ...model.uri import Uri, join_path
from ...records.fence import Fence
from ...rules.keys import is_within
from ...rules.snapshot_diff import Step
from ...runners.base import is_last_try
from ...runners.stop import checkpoint
from ...runs.run import Run
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk
from ...tasks.outage import leave_to_another_try

_TASKS_PER_SLOT = 4
# Requests of one task, and steps that it takes beside each other.
_REQUESTS_AT_ONCE = 32
_STEPS_AT_ONCE = 8


class Phase(str, enum.Enum):
    """What is done, in this order; each is on record when it begins."""

    STAGE = "STAGE"
    PLACE = "PLACE"
    DROP = "DROP"
    COPY = "COPY"


class StepsTask(NamedTuple):
    """Some steps at the directory `base`, by way of the hidden place `hidden`."""

    name: str
    work: str
    base: Uri
    hidden: str
    steps: tuple[Step, ...]


class StepsReport(NamedTuple):
    """What a task did, and why it did not do all of it."""

    counts: Counts
    failure: str = ""
    hint: str = ""


class Places(NamedTuple):
    """Where the steps are carried out; `own` are paths below the base that nobody may touch."""

    base: Uri
    hidden: str
    own: tuple[str, ...] = ()


def carry_out_by_keys(context: RunContext, run: Run, phase: Phase, steps: Sequence[Step], places: Places) -> None:
    """One phase at a store that copies objects by itself, as waves. Raises StoreError."""
    spared = [_sparing(step, places.own) for step in steps if not step.stays and not _is_own(step.path, places.own)]
    waves: dict[Phase, list[tuple[str, list[Step]]]] = {
        Phase.STAGE: [("stage", [step for step in spared if step.is_staged and step.new_path is not None])],
        Phase.PLACE: [
            ("clear", [step for step in spared if step.is_staged]),
            ("place", [step for step in spared if step.new_path is not None]),
        ],
        Phase.DROP: [("drop", [step for step in spared if not step.is_staged])],
    }
    store = open_filesystem(places.base, context.stores)
    if phase is Phase.STAGE:
        # What an earlier one may have left there is not ours to place.
        store.remove_tree(places.hidden, ())
    for work, chosen in waves.get(phase, []):
        bins = min(len(chosen), max(1, run.slots) * _TASKS_PER_SLOT)
        tasks = [
            StepsTask(f"{work}-{number:05d}", work, places.base, places.hidden, tuple(chosen[number::bins]))
            for number in range(bins)
        ]

        def take(report: StepsReport) -> None:
            run.report.counters.merge(report.counts)
            if report.failure:
                raise StoreError(report.failure, report.hint)

        run.wave(work, partial(steps_task, context), tasks, take)
    if phase is Phase.DROP:
        store.remove_tree(places.hidden, ())


def steps_task(context: RunContext, task: StepsTask, attempt: str) -> StepsReport:
    """Carry out one kind of work for some steps. A task function; safe to run twice, as the whole phase is.

    Raises StoreGone where the store gave no answer and another try of the task follows.
    """
    desk = TaskDesk(context, task.name, attempt)
    store = open_filesystem(task.base, context.stores)
    fence = Fence(desk.job_dir, context.fence)
    steps_at_once = min(_STEPS_AT_ONCE, max(1, len(task.steps)))

    def carry_out(step: Step) -> Tally:
        checkpoint()
        fence.pass_through()
        return _carry_out(store, task, step, _REQUESTS_AT_ONCE // steps_at_once)

    done = Tally()
    try:
        with ThreadPoolExecutor(steps_at_once, "step") as pool:
            for one in pool.map(carry_out, task.steps):
                done.merge(one)
    except StoreError as error:
        leave_to_another_try(error, is_last_try(attempt))
        return StepsReport(_counted(desk, task.work, done), str(error), error.hint)
    return StepsReport(_counted(desk, task.work, done))


def _carry_out(store: FileSystem, task: StepsTask, step: Step, threads: int) -> Tally:
    """One step; the objects that were copied or removed."""
    path = task.base.join(step.path).path
    spares = [task.base.join(spare).path for spare in step.spares]
    staged = join_path(task.hidden, str(step.number))
    if task.work in ("clear", "drop"):
        return store.remove_tree(path, spares)
    if task.work == "stage":
        return store.copy_tree(path, staged, spares, threads)
    new_path = task.base.join(step.new_path or "").path
    if step.is_staged:
        return store.copy_tree(staged, new_path, (), threads)
    return store.copy_tree(path, new_path, spares, threads)


def _counted(desk: TaskDesk, work: str, done: Tally) -> Counts:
    removed = work in ("clear", "drop")
    desk.counters.add(OWN, "OBJECTS_REMOVED" if removed else "OBJECTS_COPIED_IN_STORE", done.files + done.directories)
    if work == "place":
        desk.counters.add(OWN, "BYTES_RENAMED", done.size_bytes)
    return desk.counts()


def carry_out_by_renames(store: FileSystem, phase: Phase, steps: Sequence[Step], places: Places) -> None:
    """One phase at a store that renames at once; what has been done before is found to be so. Raises StoreError.

    All that moves or goes is taken out of the tree first, the deepest paths before those above them; then what moves
    is put where it belongs, the topmost first; what goes is removed last.
    """
    if phase is Phase.STAGE:
        for step in sorted(steps, key=lambda one: one.path.count("/"), reverse=True):
            checkpoint()
            staged = join_path(places.hidden, str(step.number))
            if _is_own(step.path, places.own) or store.status(staged) is not None:
                continue
            try:
                store.move(places.base.join(step.path).path, staged)
            except NotFound:
                # With --include, directories in which nothing was taken are not there.
                if step.new_path is not None:
                    raise
    elif phase is Phase.PLACE:
        moving = [step for step in steps if step.new_path is not None]
        for step in sorted(moving, key=lambda one: (one.new_path or "").count("/")):
            checkpoint()
            staged = join_path(places.hidden, str(step.number))
            if store.status(staged) is not None:
                store.move(staged, places.base.join(step.new_path or "").path)
    elif phase is Phase.DROP:
        store.remove(places.hidden, recursive=True)


def _is_own(path: str, own: Sequence[str]) -> bool:
    return any(is_within(path, one) for one in own)


def _sparing(step: Step, own: Sequence[str]) -> Step:
    held = tuple(one for one in own if one.startswith(step.path + "/"))
    return step._replace(spares=(*step.spares, *held)) if held else step

"""The wave of a verify: tasks that ask both stores, and write down what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from ...model.counters import Counters
from ...model.differences import Finding
from ...model.tally import Tally
from ...model.uri import Uri
from ...model.values import DIRECTORY, CopyItem, CopyTask, FileStatus, PlanSlice, Work
from ...model.verify_options import VerifyOptions
from ...records.differences import DifferenceFiles, PartReport, pair_of
from ...records.planfile import read_slices
from ...rules.packing import pack, threads_for
from ...rules.verification import EXTRA_ERRORS
from ...runners.base import Runner, is_last_try
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk
from ...tasks.outage import Outage
from .examiner import Examined, Examiner

_FEWEST_FAILURES = 8
# Work that is over sooner than a process has started is one task, which runs where the driver is.
_WORTH_SHARING_SECONDS = 1.0


def verify(
    context: RunContext,
    runner: Runner,
    slices: Sequence[PlanSlice],
    place: Uri,
    on_report: Callable[[PartReport], None],
) -> None:
    """Settle all that the survey left open; what differs is written to `place` (records/differences.py)."""
    tasks = _tasks(slices, runner.slots)
    if tasks:
        runner.run_wave("verify", partial(verify_task, context, place), tasks, on_report)


def _tasks(slices: Sequence[PlanSlice], slots: int) -> list[CopyTask]:
    if slices and sum(piece.cost for piece in slices) < _WORTH_SHARING_SECONDS:
        return [CopyTask(0, tuple(sorted(slices, key=lambda one: (one.file, one.row_group))))]
    return pack(slices, slots)


def verify_task(context: RunContext, place: Uri, task: CopyTask, attempt: str) -> PartReport:
    """Settle the items of a task. A task function; safe to run twice."""
    options = context.options
    assert isinstance(options, VerifyOptions)
    name, files = f"part-{task.number:05d}", DifferenceFiles(place, context.stores)
    done = files.earlier(name, options.shown)
    if done is not None:
        return done
    desk = TaskDesk(context, name, attempt)
    threads = threads_for(0.0, options.threads)
    outage = Outage(max(_FEWEST_FAILURES, threads), is_last_try(attempt), context.layout.base.path)
    examiner = Examiner(context, options, outage)
    account, rows = _Account(), []
    for item, found in _examined(examiner, read_slices(desk.job_dir, task.slices), threads, outage):
        account.take(item, found)
        if found.difference is not None:
            rows.append(found.difference)
    outage.refuse_to_end()
    account.count(desk.counters)
    rows.sort(key=lambda row: (row.path, row.difference))
    return files.publish_part(name, pair_of(context.layout), desk.measured(), rows, options.shown)


def _examined(
    examiner: Examiner, items: Iterable[CopyItem], threads: int, outage: Outage
) -> Iterator[tuple[CopyItem, Examined]]:
    """Twice as many items are in memory as there are threads."""
    running: dict[Future[Examined], CopyItem] = {}
    with ThreadPoolExecutor(threads, "verify") as pool:
        for item in items:
            running[pool.submit(examiner.examine, item)] = item
            if len(running) >= 2 * threads:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                yield from ((running.pop(future), future.result()) for future in done)
                outage.refuse_to_go_on()
        yield from ((item, future.result()) for future, item in running.items())


class _Account:
    """Sums of what became of the items, by the words that they are counted under."""

    def __init__(self) -> None:
        self._sums: dict[str, Tally] = {}

    def take(self, item: CopyItem, found: Examined) -> None:
        if found.difference is not None:
            self._add(f"DIFFERING_{found.difference.difference}", item)
            if item.work is Work.DELETE and found.difference.difference == Finding.ERROR:
                self._add(EXTRA_ERRORS, item)
        elif found.evidence is not None:
            self._add("EQUAL" if item.kind == DIRECTORY else f"EQUAL_BY_{found.evidence.value}", item)

    def count(self, counters: Counters) -> None:
        for name, tally in self._sums.items():
            tally.count(name, counters)

    def _add(self, name: str, item: CopyItem) -> None:
        self._sums.setdefault(name, Tally()).add(FileStatus(item.path, item.kind, max(item.length, 0)))

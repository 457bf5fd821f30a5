"""The copy mapper: carries out the items of a task and publishes its ledger file.

A file-level failure never raises out of a task: it becomes a FAILED (or CHANGED) result that names both ends.
A task raises only when it cannot do its own work: read the plan, publish the ledger, reach a store (StoreGone, as
long as another try of the task follows), or when every file of the run would fail likewise (WaveEnded).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

from ..filesystems.pace import task_throttle
from ..filesystems.registry import open_filesystem
from ..model.counters import INPUT_FORMAT, OWN
from ..model.errors import (
    Hdfs2ossError,
    Interrupted,
    StoreError,
    StoreGone,
    TransferError,
    WaveEnded,
    WriteError,
    of_class,
)
from ..model.uri import Uri
from ..model.values import CopyItem, CopyResult, CopyTask, FileAction, Outcome, PlanSlice, TaskReport, Work
from ..records import ledger
from ..records.fence import Fence
from ..records.intents import chunk_path_of
from ..records.planfile import read_slices
from ..rules.memory import BUFFER_BYTES
from ..rules.packing import files_at_once, threads_for
from ..runners.base import is_last_try
from ..runners.stop import checkpoint, pause
from ..runs.report import failed_in
from ..runs.run import Run
from ..runs.sent import Sent, again_name, task_name
from ..tasks.context import RunContext
from ..tasks.desk import TaskDesk, earlier_report
from ..tasks.leftovers import MOST_TRIES, Leftovers
from ..tasks.outage import Outage, refuse_more_failures
from ..tasks.preserving import Preserving
from ..transfer.buffers import BufferBudget, is_address_space_limited, keep_freed_memory, keep_stacks_small
from ..transfer.chunk import SentParts, send_chunk
from ..transfer.comparison import Side, settle
from ..transfer.ends import Ends, reading, refuse_other_status
from ..transfer.growth import Grown, grow
from ..transfer.handfuls import Fetched, Handful, deal, work_off
from ..transfer.lanes import Lanes
from ..transfer.proving import witnesses
from ..transfer.renewal import second_try
from ..transfer.results import copied_result, failed_result, result_of, skipped_result
from ..transfer.stream import Transfer

_PARTS_AT_ONCE = 4
_TRIES_A_ROUND = MOST_TRIES // 2
_FIRST_PAUSE_SECONDS = 0.5
_FEWEST_FAILURES = 8
# Chunks that the first wave left to a second one; their tasks count them.
SENT_AGAIN = "CHUNKS_SENT_AGAIN"


def copy(context: RunContext, run: Run, slices: Sequence[PlanSlice], is_anew: bool = False) -> Sent:
    """Carry out a plan, as a wave; chunks that failed and may arrive after all have a second one. `is_anew` where it is
    the plan of files whose sources changed."""
    tasks = run.course.pack("copy", slices, is_anew=is_anew)
    most, before, foreseen = context.options.max_failures, run.report.failed_files, [0]
    again: set[str] = set()

    def take(report: TaskReport) -> None:
        run.take(report)
        if report.counters.get(OWN, {}).get(SENT_AGAIN):
            again.add(report.task)
        refuse_more_failures(run.report.failed_files, most)

    def foresee(report: TaskReport) -> None:
        foreseen[0] += failed_in(report.counters)
        try:
            refuse_more_failures(before + foreseen[0], most)
        except WaveEnded as ended:
            run.runner.end_wave(ended)

    run.follow("copy", tasks, foresee=foresee)
    run.ledger_wave("copy", partial(copy_task, context), tasks, task_name, take)
    second = [task for task in tasks if task_name(task) in again]
    run.ledger_wave("copy again", partial(copy_again_task, context), second, again_name, run.take)
    return Sent(tasks, frozenset(again))


def copy_task(context: RunContext, task: CopyTask, attempt: str) -> TaskReport:
    """Copy the items of a task. A task function; safe to run twice."""
    return _carry_out_once(context, task, attempt, task_name(task), lambda item: True)


def copy_again_task(context: RunContext, task: CopyTask, attempt: str) -> TaskReport:
    """Send the chunks that a task of the first wave could not send, into the same uploads. A task function."""
    rows = ledger.read_results(context.open_job_dir(), ledger.file_of(task_name(task)))
    failed = {(row.path, row.offset) for row in rows if _may_be_sent_again(row)}

    def concerns(item: CopyItem) -> bool:
        return item.work is Work.CHUNK and (item.path, item.offset) in failed

    return _carry_out_once(context, task, attempt, again_name(task), concerns)


def _carry_out_once(
    context: RunContext, task: CopyTask, attempt: str, name: str, concerns: Callable[[CopyItem], bool]
) -> TaskReport:
    keep_freed_memory()
    keep_stacks_small()
    done = earlier_report(context, name)
    if done is not None:
        return done
    desk = TaskDesk(context, name, attempt)
    mapper = Mapper(context, task, name, is_last_try(attempt))
    is_first = name == task_name(task)
    has_failed = False
    for result in mapper.copy_all(item for item in read_slices(desk.job_dir, task.slices) if concerns(item)):
        desk.take(result)
        has_failed = has_failed or result.has_failed
        if is_first and _may_be_sent_again(result):
            desk.counters.add(OWN, SENT_AGAIN)
    mapper.refuse_if_taken_over(has_failed)
    mapper.preserving.count(desk.counters)
    desk.counters.add(INPUT_FORMAT, "Bytes Read", desk.job_dir.bytes_read)
    return desk.publish(mapper.throttle)


def _may_be_sent_again(result: CopyResult) -> bool:
    return result.is_chunk and result.has_failed and result.retryable


class Mapper:
    """The threads, limits and stores of one task."""

    _parts: Executor  # while `copy_all` lasts

    def __init__(self, context: RunContext, task: CopyTask, name: str, is_last_try: bool) -> None:
        self._context = context
        self._is_first_wave = name == task_name(task)
        self._target = open_filesystem(context.layout.base, context.stores)
        self._leftovers = Leftovers(context, name, task.slices, self._target)
        can, asked = self._target.capabilities, context.options.threads
        self._threads = files_at_once(can.close_seconds, asked, is_address_space_limited())
        self._lanes = Lanes(threads_for(can.close_seconds, asked))
        # Elsewhere a file has to be prepared before it is read, or may turn out to need no reading.
        has_handfuls = can.atomic_put and not (context.options.preserve and context.options.update)
        self._in_handfuls = sum(piece.items for piece in task.slices) if has_handfuls else 0
        self.throttle = task_throttle(context.options.bytes_per_second)
        self._buffers = BufferBudget(BUFFER_BYTES)
        most, base = max(_FEWEST_FAILURES, self._threads), context.layout.base.path
        self._outage = Outage(most, is_last_try, base, denies_alike=not can.real_directories)
        self._fence = Fence(context.open_job_dir(), context.fence)
        self.preserving = Preserving(context)
        self._transfers: dict[Uri, Transfer] = {}
        self._witnesses: Executor | None = None
        self._sent: defaultdict[tuple[str, int], SentParts] = defaultdict(SentParts)

    def copy_all(self, items: Iterable[CopyItem]) -> Iterator[CopyResult]:
        """Results as they come; what failed and may arrive after all has a second round at the end.

        Twice as many handfuls are in memory as there are threads, and the items for the second round.
        Raises StoreGone, and nothing of the task may be published, when another try of it may do better; WaveEnded
        when no file would.
        """
        with (
            ThreadPoolExecutor(self._threads, "copy") as pool,
            ThreadPoolExecutor(2 * _PARTS_AT_ONCE, "part") as self._parts,
            witnesses(self._context.options.proof == "end-to-end") as self._witnesses,
        ):
            failed: list[CopyItem] = []
            for item, result in self._round(pool, deal(items, self._in_handfuls, self._threads), 1):
                again = None
                # Half a minute later it may well arrive; but not where the store has gone.
                if result.has_failed and not self._outage.reason:
                    again = second_try(item, result, self._ends(item), self._context.stores, self._target)
                if again is None:
                    yield result
                else:
                    failed.append(again)
            self._outage.second_round()
            for _, result in self._round(pool, deal(failed, 0, 1), 1 + _TRIES_A_ROUND):
                yield result
            self._outage.refuse_to_end()

    def refuse_if_taken_over(self, has_failed: bool) -> None:
        """Raise StoreGone for failures that a later attempt at the task may have caused: it clears what it finds."""
        if has_failed and self._leftovers.are_taken_over():
            raise StoreGone("another attempt at the same task has come after this one")

    def _round(self, pool: Executor, handfuls: Iterable[Handful], first: int) -> Iterator[tuple[CopyItem, CopyResult]]:
        for done in work_off(pool, partial(self._copy_handful, first), handfuls, 2 * self._threads):
            yield from done
            self._outage.refuse_to_go_on()

    def _copy_handful(self, first: int, items: Handful) -> list[CopyResult]:
        results: list[CopyResult] = []
        if len(items) > 1 and not self._outage.reason:
            ends = [self._ends(item) for item in items]
            with self._transfer(ends[0].source).fetching(list(zip(ends, items, strict=True))) as fetched:
                results = [self._copy_item(item, first, one) for item, one in zip(items, fetched, strict=False)]
        return results + [self._copy_item(item, first) for item in items[len(results) :]]

    def _copy_item(self, item: CopyItem, first: int, fetched: Fetched | Hdfs2ossError | None = None) -> CopyResult:
        started = time.monotonic() - (fetched.seconds if isinstance(fetched, Fetched) else 0.0)
        return self._try_item(item, first, fetched)._replace(seconds=round(time.monotonic() - started, 6))

    def _try_item(self, item: CopyItem, first: int, fetched: Fetched | Hdfs2ossError | None) -> CopyResult:
        ends = self._ends(item)
        for number in range(first, first + _TRIES_A_ROUND):
            if self._outage.reason:
                not_tried = TransferError(f"copying {ends.source} to {ends.target}: {self._outage.reason}")
                return failed_result(item, not_tried)
            try:
                with self._lanes.one():
                    self._checkpoint()
                    item = self._settle(item, ends)
                    result = self._carry_out(item, self._prepare(item, ends, number), fetched)
            except Interrupted:
                raise
            except Hdfs2ossError as error:
                fetched = None
                if number < first + _TRIES_A_ROUND - 1 and self._may_try_again(error):
                    pause(_FIRST_PAUSE_SECONDS * 2 ** (number - first))
                    continue
                self._outage.failed(error, item.work is Work.CHUNK and self._is_first_wave)
                return failed_result(item, error)
            except Exception as error:  # noqa: BLE001 - one file must never take the others of its task along
                failure = TransferError(f"copying {ends.source} to {ends.target}: {type(error).__name__}: {error}")
                self._outage.failed(failure)
                return failed_result(item, failure)
            self._outage.succeeded()
            return result
        raise AssertionError("the last try returns")

    def _may_try_again(self, error: Hdfs2ossError) -> bool:
        """A store that publishes at once has sent its requests again by itself, with the bytes still in hand."""
        if isinstance(error, WriteError) and self._target.capabilities.atomic_put:
            return False
        return error.retryable

    def _carry_out(self, item: CopyItem, ends: Ends, fetched: Fetched | Hdfs2ossError | None) -> CopyResult:
        match item.work:
            case Work.REFUSED:
                raise of_class(item.problem_class)(f"copying {ends.source} to {ends.target}: {item.problem}")
            case Work.DIRECTORY:
                self._make_directory(ends)
                return result_of(item, Outcome.MADE)
            case Work.ATTRIBUTES:
                return self._refresh(item, ends)
            case Work.CHUNK:
                return self._send_chunk(item, ends, self._transfer(ends.source))
            case Work.FILE if item.action == FileAction.SKIP:
                return self._refresh(item, ends)
            case Work.FILE if item.action == FileAction.APPEND:
                return self._append(item, ends, self._transfer(ends.source))
            case Work.FILE:
                return copied_result(item, self._transfer(ends.source).copy(ends, item, fetched))
            case Work.UPLOAD | Work.DELETE:
                raise TransferError(f"copying {ends.source} to {ends.target}: {item.work.value} is work of other tasks")

    def _settle(self, item: CopyItem, ends: Ends) -> CopyItem:
        if self._is_restored(item, ends):
            return item._replace(action=FileAction.SKIP.value, crc64=None, crc32c=None)
        if item.action != FileAction.CHECK:
            return item
        source = self._transfer(ends.source).source
        return settle(item, Side(source, ends.source), Side(self._target, ends.target), self._context.options)

    def _make_directory(self, ends: Ends) -> None:
        try:
            self._target.make_directory(ends.target.path)
        except StoreError as error:
            message = f"making the directory {ends.target} for {ends.source}: {error}"
            raise TransferError.caused_by(message, error) from error

    def _refresh(self, item: CopyItem, ends: Ends) -> CopyResult:
        preservation = self.preserving.of(ends.source)
        vouch = partial(refuse_other_status, open_filesystem(ends.source, self._context.stores), ends, item)
        is_new = preservation is not None and preservation.refresh(ends.source, ends.target, item.kind, vouch)
        return result_of(item, Outcome.REFRESHED) if is_new else skipped_result(item)

    def _is_restored(self, item: CopyItem, ends: Ends) -> bool:
        """Whether only the time rule asks about a file that an earlier run brought back with its own time."""
        if not self._context.options.preserve or not self._context.options.update or item.work is not Work.FILE:
            return False
        preservation = self.preserving.of(ends.source)
        if preservation is None or item.length != item.target_length or item.action == FileAction.SKIP:
            return False
        with reading(ends):
            return preservation.is_restored(ends.source.path, item.target_mtime_ms)

    def _append(self, item: CopyItem, ends: Ends, transfer: Transfer) -> CopyResult:
        found = grow(transfer, ends, item)
        if isinstance(found, Grown):
            if not self._target.capabilities.multipart:
                # Times at least are others since bytes were appended in place; an upload has brought all along.
                self._refresh(item, ends)
            return copied_result(item, found.copied)._replace(bytes_copied=found.tail_bytes)
        whole = item._replace(action=FileAction.OVERWRITE.value, problem=found.why)
        return copied_result(whole, transfer.copy(ends, whole))

    def _send_chunk(self, item: CopyItem, ends: Ends, transfer: Transfer) -> CopyResult:
        key = item.upload_id, item.offset
        result = send_chunk(transfer, ends, item, self._sent[key])
        del self._sent[key]
        return result

    def _transfer(self, source: Uri) -> Transfer:
        store = source._replace(path="/")
        if store not in self._transfers:
            self._transfers[store] = Transfer(
                open_filesystem(store, self._context.stores),
                self._target,
                self.throttle,
                self._buffers,
                self._parts,
                _PARTS_AT_ONCE,
                self._checkpoint,
                self.preserving.of(store),
                self._witnesses,
                self._lanes,
            )
        return self._transfers[store]

    def _checkpoint(self) -> None:
        """Raise Interrupted when the run was cancelled, or lost its job directory."""
        checkpoint()
        self._fence.pass_through()

    def _ends(self, item: CopyItem) -> Ends:
        source = self._context.layout.source_of(item.root, item.path)
        return Ends(source, self._context.layout.target_of(item.path), "")

    def _prepare(self, item: CopyItem, ends: Ends, number: int) -> Ends:
        """Before try number `number` of a file: what it may leave is on record, and what was left is removed."""
        if item.work is Work.CHUNK and not self._target.capabilities.multipart:
            # A file of its own, under a name that the committer knows.
            path = chunk_path_of(self._context.run_id, ends.target.path, item.offset, item.is_renewed)
            ends = ends._replace(chunk_path=path)
        elif item.work is not Work.FILE or item.action == FileAction.SKIP:
            return ends
        if number == 1:
            self._leftovers.enter(item, ends.published_path)
        return ends._replace(work_path=self._leftovers.work_path(ends.published_path, number))

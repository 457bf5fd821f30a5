"""A run from outside: who holds the job directory, which waves run, and what is on record of it.

with open_run(options, stores, place, runner, timeline) as run:
    with run.phase("copy"):
        run.wave("copy", work, tasks, run.take)
    run.settle()
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from signal import Signals
from typing import Protocol

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.counters import JOB
from ..model.errors import Hdfs2ossError, Interrupted
from ..model.options import CopyOptions
from ..model.uri import Uri, mask_secrets
from ..model.values import PlanSlice, TaskReport
from ..records import fence
from ..records.heartbeat import Heartbeat
from ..records.jobdir import HASTE, JobDir, patiently
from ..records.lock import PACE, Lock, Pace
from ..records.silence import Silence
from ..runners.base import Report as Answer
from ..runners.base import Runner, Task, TaskFunction
from ..runners.signals import arrived
from .account import complete_predecessor, fold_ledgers, publish_account
from .place import beginning, naming
from .report import Report
from .timeline import Timeline

# A run that a signal ends has ten seconds in all.
_FOLD_SECONDS = 4.0


class Sliced(Protocol):
    """A task over slices of plan files."""

    @property
    def slices(self) -> tuple[PlanSlice, ...]: ...


class Run:
    """What a verb has in hand while its run holds the lock of the job directory."""

    def __init__(
        self, runner: Runner, timeline: Timeline, job_dir: JobDir, heartbeat: Heartbeat, report: Report
    ) -> None:
        self.runner = runner
        self.report = report
        report.phase_seconds = timeline.seconds
        self._timeline = timeline
        self._job_dir = job_dir
        self._heartbeat = heartbeat
        self._folded: set[str] = set()

    @property
    def id(self) -> str:
        """The name of the run, unique in its job directory."""
        return self._job_dir.run_id

    @property
    def fence(self) -> int:
        """The fencing number, which tasks compare before they publish; see records/fence.py."""
        return self._heartbeat.lock.number

    @property
    def slots(self) -> int:
        """How many tasks run at once."""
        return self.runner.slots

    def phase(self, name: str) -> AbstractContextManager[None]:
        """The block is a phase: announced and timed."""
        return self._timeline.phase(name)

    def wave(
        self, name: str, work: TaskFunction[Task, Answer], tasks: Sequence[Task], on_report: Callable[[Answer], None]
    ) -> None:
        """Run work(task, attempt) for each task, where there are any; see Runner.run_wave."""
        if tasks:
            self.runner.run_wave(name, work, tasks, on_report)

    def follow(
        self,
        phase: str,
        tasks: Sequence[Sliced],
        files: int | None = None,
        foresee: Callable[[TaskReport], None] | None = None,
    ) -> None:
        """From now on progress tells how many of these tasks, their files and bytes are done.

        `files` is how many there are; without it, those that were planned and are not copied yet. Where a wave hands
        its reports over only at its end, `foresee` is given each as soon as it is on record.
        """
        slices = [piece for task in tasks for piece in task.slices]
        polled = None if self.runner.reports_live else self._job_dir
        size_bytes = sum(one.size_bytes for one in slices)
        files = self.report.files_to_come if files is None else files
        self._timeline.progress.begin(phase, len(tasks), files, size_bytes, polled, foresee)

    def take(self, report: TaskReport) -> None:
        """Fold the report of a task."""
        self._folded.add(report.ledger_file)
        self.report.add_task(report)
        self._timeline.progress.task_done(report)

    def check_lock(self) -> None:
        """Before anything is published: is the job directory still ours? Raises LockLost."""
        fence.check(self._job_dir, self.fence)

    def settle(self) -> None:
        """All phases are over: the report is completed, and its accounts are checked.

        What tasks of a wave that was ended had on record already belongs to it.
        """
        if self.report.stopped:
            fold_ledgers(self._job_dir, self.report, self._folded)
        self.report.add_job(self.runner.describe())
        self.report.check_identities()
        self.report.tell_not_compared()
        self.report.tell_not_proven()
        self.report.tell_throttled()

    def end_badly(self, error: BaseException) -> None:
        """The run did not come to its end: what is known of it is folded, and left on record while the lock is ours.

        Never raises for a store: why the run ends matters more.
        """
        report, records = self.report, self._job_dir.of_run(self.id, HASTE)
        report.ended_by = mask_secrets(_cause(error))
        report.ended_code = _exit_code(error)
        if not report.counters.get(JOB, "Launched map tasks"):
            report.add_job(self.runner.describe())
        with suppress(Hdfs2ossError):
            fold_ledgers(records, report, self._folded, _FOLD_SECONDS if arrived() else math.inf)
            self._heartbeat.lock.check()
            publish_account(records, report)


@contextmanager
def open_run(
    options: CopyOptions, stores: StoreConfig, place: Uri, runner: Runner, timeline: Timeline, pace: Pace = PACE
) -> Iterator[Run]:
    """Begin a run in the job directory `place`; the block is the run.

    1. The lock is taken first. Raises BrakeError when another run holds it.
    2. What was asked is on record while the phases run; the report after them, whatever the block raises.
    3. A store error that leaves the block is the job directory's.
    4. When the lock is lost the runner is cancelled, nothing more is published, and LockLost (5) is raised.
    5. The lock is given back whatever happens.
    6. That the job directory is waited for is said, from the taking of the lock on.
    """
    run_id = new_run_id()
    job_dir = JobDir(open_filesystem(place, stores), place.path, run_id)
    lock = Lock(job_dir.filesystem, job_dir.path, run_id, pace=pace)
    silence = Silence(str(place), timeline.progress.say)
    heartbeat = Heartbeat(lock, runner.cancel, pace, silence.watched)
    with beginning(place):
        patiently(lock.acquire, on_repeat=silence.failed)
        silence.answered()
    heartbeat.start()
    try:
        run = Run(runner, timeline, job_dir, heartbeat, empty_report(run_id, options, place))
        if lock.predecessor is not None:
            dead = empty_report(lock.predecessor.run, options, place)
            for line in complete_predecessor(job_dir, lock.predecessor, dead):
                timeline.progress.say(line)
        try:
            # Closing a small file on HDFS takes half a second, so records are written beside each other.
            with naming(place), ThreadPoolExecutor(1) as pool:
                described = pool.submit(job_dir.publish_json, "run.json", _description(run, options))
                yield run
                described.result()
                run.check_lock()
                publish_account(job_dir, run.report)
        except BaseException as error:
            run.end_badly(error)
            if heartbeat.loss is not None and not arrived():
                raise heartbeat.loss from error
            raise
    finally:
        silence.end()
        heartbeat.stop()


def _cause(error: BaseException) -> str:
    """Why a run ends; what a store or a cluster says while a signal tears it down is not it."""
    if arrived() and not isinstance(error, Interrupted):
        return f"{Interrupted.__name__}: {Signals(arrived()).name} arrived"
    return f"{type(error).__name__}: {error}"


def _exit_code(error: BaseException) -> int:
    if arrived():
        return 128 + arrived()
    return error.exit_code if isinstance(error, Hdfs2ossError) else Hdfs2ossError.exit_code


def new_run_id() -> str:
    """A name for a run, after all earlier ones."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return time.strftime("%Y%m%d-%H%M%S-", time.localtime(seconds)) + f"{rest // 1000:06d}"


def empty_report(run_id: str, options: CopyOptions, place: Uri) -> Report:
    """The report of a run of which nothing is known yet; `place` is the job directory."""
    return Report(run_id, _shown(options.sources), str(options.target), f"{place}/runs/{run_id}")


def _description(run: Run, options: CopyOptions) -> dict[str, object]:
    """The content of run.json: what was asked."""
    return {
        "run": run.id,
        "fence": run.fence,
        "sources": [str(source) for source in options.sources],
        "target": str(options.target),
        "log": str(options.log_path or ""),
        "options": options.model_dump(mode="json", exclude={"sources", "target", "job_dir", "log_path"}),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _shown(sources: Sequence[Uri]) -> str:
    shown = [str(source) for source in sources]
    return ", ".join(shown) if len(shown) <= 3 else f"{shown[0]} and {len(shown) - 1} more"

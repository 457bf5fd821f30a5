"""A run from outside: who holds the job directory, which waves run, and what is on record of it.

with open_run(options, stores, place, runner, timeline) as run:
    with run.phase("copy"):
        run.wave("copy", work, tasks, run.take)
    run.settle()
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from signal import Signals
from typing import Any, Protocol

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.counters import JOB
from ..model.errors import BrakeError, Hdfs2ossError, Interrupted, UsageError, WaveEnded
from ..model.options import CopyOptions
from ..model.uri import Uri, mask_secrets
from ..model.values import PlanSlice, TaskReport
from ..records import ledger
from ..records.generation import Series
from ..records.heartbeat import Heartbeat
from ..records.jobdir import HASTE, JobDir, patiently
from ..records.lock import PACE, Lock, Pace
from ..records.silence import Silence
from ..runners.base import Report as Answer
from ..runners.base import Runner, Task, TaskFunction
from ..runners.signals import arrived
from .account import fold_ledgers, publish_account, read_reports
from .course import Course
from .opening import Opening, begin_again, description, empty_report, find_opening
from .place import beginning, naming
from .report import Report
from .timeline import Timeline
from .unfinished import Unfinished, can_be_continued

# A run that a signal ends has ten seconds in all.
_FOLD_SECONDS = 4.0
_RECORDS_AT_ONCE = 4


class Sliced(Protocol):
    """A task over slices of plan files."""

    @property
    def slices(self) -> tuple[PlanSlice, ...]: ...


class Run:
    """What a verb has in hand while its run holds the lock of the job directory."""

    def __init__(
        self,
        runner: Runner,
        timeline: Timeline,
        job_dir: JobDir,
        heartbeat: Heartbeat,
        report: Report,
        course: Course,
    ) -> None:
        self.runner = runner
        self.report = report
        self.course = course
        # What an earlier driver left of this run.
        self.continued: Unfinished | None = None
        # The other runs of the pair on record, the oldest first: nobody adds one while this one holds the lock.
        self.earlier: list[str] = []
        self.last_report: Mapping[str, Any] = {}
        # The same goes for the ledger of the pair.
        self.series = Series(job_dir)
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
    def incarnation(self) -> int:
        """How often the run was gone on with."""
        return self.course.incarnation

    @property
    def fence(self) -> int:
        """The fencing number, which tasks compare before they publish; see records/fence.py."""
        return self._heartbeat.lock.number

    @property
    def slots(self) -> int:
        """How many tasks run at once."""
        return self.runner.slots

    def look_back(self, opening: Opening) -> None:
        """Take over what the runs before this one have left on record, now that this one holds the lock."""
        self.continued = opening.continued
        self.earlier = [name for name in opening.past.runs if name != self.id]
        self.last_report = opening.past.report

    def phase(self, name: str) -> AbstractContextManager[None]:
        """The block is a phase: announced and timed."""
        return self._timeline.phase(name)

    def wave(
        self, name: str, work: TaskFunction[Task, Answer], tasks: Sequence[Task], on_report: Callable[[Answer], None]
    ) -> None:
        """Run work(task, attempt) for each task, where there are any; see Runner.run_wave.

        Whatever was to be on record by then is.
        """
        self.course.written()
        if tasks:
            self.runner.run_wave(name, work, tasks, on_report)

    def ledger_wave(
        self,
        name: str,
        work: TaskFunction[Task, TaskReport],
        tasks: Sequence[Task],
        name_of: Callable[[Task], str],
        on_report: Callable[[TaskReport], None],
    ) -> None:
        """The same for tasks that publish a ledger file under their name: one that has is not begun again."""
        finished = self.course.finished
        files = {ledger.file_of(name_of(task)): task for task in tasks}
        for report in read_reports(self._job_dir, [file for file in files if file in finished]):
            self.report.add_task_before(report)
            on_report(report)
        self._timeline.progress.count_from_here()
        self.wave(name, work, [task for file, task in files.items() if file not in finished], on_report)

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
        self._job_dir.patiently(self._heartbeat.lock.check)

    def tell_old_survey(self) -> None:
        """A notice that the survey is an earlier driver's: whoever reads only the end must not take it for today's."""
        if self.continued is not None:
            self.report.notices.append(self.continued.not_looked_at())

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

    def stays_open(self, error: BaseException) -> bool:
        """Whether the same command goes on with the run after this error.

        What a driver was told to do wrongly, it would do wrongly again; a wave that was ended leaves a run that is
        over; and before the end of its survey there is nothing to go on with but the layout.
        """
        if not self.report.can_go_on or isinstance(error, WaveEnded):
            return False
        return bool(arrived()) or ("survey" in self.course.ended and not isinstance(error, UsageError | BrakeError))

    def end_badly(self, error: BaseException) -> None:
        """The run did not come to its end: what is known of it is folded, and left on record while the lock is ours.

        Never raises for a store: why the run ends matters more.
        """
        report, records = self.report, self._job_dir.of_run(self.id, HASTE)
        report.ended_by = mask_secrets(_cause(error))
        report.ended_code = _exit_code(error)
        report.is_open = self.stays_open(error)
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

    1. The lock is taken first, and given back whatever happens. Raises BrakeError when another run holds it.
    2. What was asked is on record while the phases run; the report after them, whatever the block raises.
    3. A store error that leaves the block is the job directory's, which is waited for: that is said.
    4. When the lock is lost the runner is cancelled, nothing more is published, and LockLost (5) is raised.
    5. A run that came to no end is gone on with, under its own id, or given up. Raises UsageError, with the run left
       as it is, where the options mean another copy.
    """
    store, silence = open_filesystem(place, stores), Silence(str(place), timeline.progress.say)
    with beginning(place):
        opening = find_opening(store, place, options, silence, stores, is_locked=False)
    job_dir = JobDir(store, place.path, opening.run_id)
    lock = Lock(job_dir.filesystem, job_dir.path, opening.run_id, pace=pace)
    heartbeat = Heartbeat(lock, runner.cancel, pace, silence.watched)
    with beginning(place):
        patiently(lock.acquire, on_repeat=silence.failed)
        silence.answered()
    heartbeat.start()
    try:
        with beginning(place):
            now = opening.still_so(find_opening(store, place, options, silence, stores, is_locked=True))
            asked = description(opening.run_id, lock.number, options)
            incarnation = begin_again(opening.continued, job_dir, options, asked) if opening.continued else 0
        for line in opening.lines(job_dir, options, place):
            timeline.progress.say(line)
        pool = ThreadPoolExecutor(_RECORDS_AT_ONCE, "records")
        report = empty_report(opening.run_id, options, place)
        report.can_go_on = can_be_continued(options)
        run = Run(runner, timeline, job_dir, heartbeat, report, Course(job_dir, runner, incarnation, pool))
        run.look_back(now)
        try:
            with naming(place), pool:
                if opening.continued is None:
                    run.course.write(job_dir.publish_json, "run.json", asked)
                yield run
                run.course.written()
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

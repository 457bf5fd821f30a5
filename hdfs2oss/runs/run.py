"""A run from outside: who holds the job directory, which waves run, and what is on record of it.

with open_run(options, stores, place, runner, timeline) as run:
    with run.phase("copy"):
        run.wave("copy", work, tasks, run.take)
    run.settle()
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..model.values import CopyTask, TaskReport
from ..records.jobdir import JobDir
from ..records.lock import Lock
from ..runners.base import Report as Answer
from ..runners.base import Runner, Task, TaskFunction
from .place import beginning, naming
from .report import Report
from .timeline import Timeline


class Run:
    """What a verb has in hand while its run holds the lock of the job directory."""

    def __init__(self, runner: Runner, timeline: Timeline, job_dir: JobDir, lock: Lock, report: Report) -> None:
        self.runner = runner
        self.report = report
        self._timeline = timeline
        self._job_dir = job_dir
        self._lock = lock

    @property
    def id(self) -> str:
        """The name of the run, unique in its job directory."""
        return self._job_dir.run_id

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

    def follow(self, phase: str, tasks: Sequence[CopyTask]) -> None:
        """From now on progress tells how many of these tasks, their files and bytes are done."""
        slices = [piece for task in tasks for piece in task.slices]
        polled = None if self.runner.reports_live else self._job_dir
        size_bytes = sum(one.size_bytes for one in slices)
        self._timeline.progress.begin(phase, len(tasks), self.report.files_to_come, size_bytes, polled)

    def take(self, report: TaskReport) -> None:
        """Fold the report of a task."""
        self.report.add_task(report)
        self._timeline.progress.task_done(report)

    def check_lock(self) -> None:
        """Before anything is published: is the job directory still ours? Raises CommitError."""
        self._lock.check()

    def settle(self) -> None:
        """All phases are over: the report is completed, and its accounts are checked."""
        self.report.add_job(self.runner.describe())
        self.report.check_identities()


@contextmanager
def open_run(
    options: CopyOptions, stores: StoreConfig, place: Uri, runner: Runner, timeline: Timeline
) -> Iterator[Run]:
    """Begin a run in the job directory `place`; the block is the run.

    1. The lock is taken first. Raises BrakeError when another run holds it.
    2. What was asked is on record while the phases run; the report after them, unless the block raises.
    3. A store error that leaves the block is the job directory's.
    4. The lock is given back whatever happens.
    """
    run_id = time.strftime("%Y%m%d-%H%M%S-") + f"{time.time_ns() % 1_000_000:06d}"
    job_dir = JobDir(open_filesystem(place, stores), place.path, run_id)
    lock = Lock(job_dir.filesystem, job_dir.path, run_id)
    report = Report(run_id, _shown(options.sources), str(options.target), f"{place}/runs/{run_id}")
    report.phase_seconds = timeline.seconds
    with beginning(place):
        lock.acquire()
    try:
        # Closing a small file on HDFS takes half a second, so records are written beside each other.
        with naming(place), ThreadPoolExecutor(2) as pool:
            described = pool.submit(job_dir.publish_json, "run.json", _description(run_id, options))
            yield Run(runner, timeline, job_dir, lock, report)
            described.result()
            lock.check()
            text = "".join(f"{line}\n" for line in report.counters.lines())
            printed = pool.submit(job_dir.publish, "counters.txt", text.encode())
            job_dir.publish_json("report.json", report.as_dict())
            printed.result()
    finally:
        lock.release()


def _description(run_id: str, options: CopyOptions) -> dict[str, object]:
    """The content of run.json: what was asked."""
    return {
        "run": run_id,
        "sources": [str(source) for source in options.sources],
        "target": str(options.target),
        "log": str(options.log_path or ""),
        "options": options.model_dump(mode="json", exclude={"sources", "target", "job_dir", "log_path"}),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _shown(sources: Sequence[Uri]) -> str:
    shown = [str(source) for source in sources]
    return ", ".join(shown) if len(shown) <= 3 else f"{shown[0]} and {len(shown) - 1} more"

"""The copy: its phases in order. This is the only place that knows the order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from ...filesystems.registry import StoreConfig, open_filesystem
from ...model.counters import Counters
from ...model.errors import AlreadyExists, CommitError, PermissionDenied, StoreError, Throttled, UsageError
from ...model.options import CopyOptions
from ...model.uri import Uri, join_path
from ...model.values import CopyTask, PlanSlice, TaskReport
from ...phases.committer import CommitTask, commit_task, drop_uploads
from ...phases.cutter import CutReport, cut_task
from ...phases.mapper import copy_task, ledger_file_of
from ...phases.roots import find_roots
from ...phases.survey import survey
from ...records.jobdir import JobDir, default_base, pair_name
from ...records.lock import Lock
from ...rules.filters import work_path_beside
from ...rules.layout import Layout
from ...rules.packing import pack
from ...runners.base import Runner
from ...runs.progress import Progress
from ...runs.report import Report
from ...tasks.context import RunContext


class CopyJob:
    """One run of one copy."""

    def __init__(
        self,
        options: CopyOptions,
        stores: StoreConfig,
        runner: Runner,
        progress: Progress,
        homes: Sequence[Uri],
    ) -> None:
        """`homes` are the places where the job directory may go, the best first, unless an option names it."""
        self._options = options
        self._stores = stores
        self._runner = runner
        self._progress = progress
        self._homes = homes
        self._run_id = time.strftime("%Y%m%d-%H%M%S-") + f"{time.time_ns() % 1_000_000:06d}"
        self._phase_seconds: dict[str, float] = {}

    def run(self) -> Report:
        """Look at the roots, survey, cut, copy, commit, report. Raises what keeps the copy from being tried."""
        with self._phase("roots"):
            layout = find_roots(self._options, self._stores)
        context = self._context(layout)
        self._open_log_directory()
        job_dir = context.open_job_dir()
        lock = Lock(job_dir.filesystem, job_dir.path, self._run_id)
        with _naming(context.job_dir):
            lock.acquire()
        try:
            # Closing a small file on HDFS takes half a second, so records are written beside each other.
            with _naming(context.job_dir), ThreadPoolExecutor(2) as pool:
                described = pool.submit(job_dir.publish_json, "run.json", self._description())
                report = self._carry_out(context, job_dir, lock)
                described.result()
                lock.check()
                text = "".join(f"{line}\n" for line in report.counters.lines())
                printed = pool.submit(job_dir.publish, "counters.txt", text.encode())
                job_dir.publish_json("report.json", report.as_dict())
                printed.result()
        finally:
            lock.release()
        return report

    def _carry_out(self, context: RunContext, job_dir: JobDir, lock: Lock) -> Report:
        report = Report(
            self._run_id, self._sources(), str(self._options.target), f"{context.job_dir}/runs/{self._run_id}"
        )
        with self._phase("survey"):
            found = survey(context, self._runner)
        report.add_survey(found.counters, found.problems)
        lock.check()
        cuts = CutReport()
        try:
            with self._phase("copy"):
                self._cut(context, found.large_slices, cuts)
                report.counters.merge(cuts.counters)
                tasks = self._copy(context, found.slices + cuts.chunks, report, job_dir)
            with self._phase("commit"):
                self._commit(context, cuts, tasks, report)
        except BaseException:
            drop_uploads(context, cuts.uploads)
            raise
        report.add_job(self._runner.describe())
        report.check_identities()
        report.phase_seconds = self._phase_seconds
        if report.exit_code == 0:
            self._finish_log()
        return report

    def _cut(self, context: RunContext, slices: list[PlanSlice], cuts: CutReport) -> None:
        """Open an upload for each large file; `cuts` grows with each report, so that none is forgotten."""
        counters = Counters()

        def on_report(one: CutReport) -> None:
            cuts.chunks += one.chunks
            cuts.uploads += one.uploads
            counters.merge(one.counters)
            cuts.counters = counters.as_dict()

        if slices:
            self._runner.run_wave("cut", partial(cut_task, context), pack(slices, self._runner.slots), on_report)

    def _copy(self, context: RunContext, slices: list[PlanSlice], report: Report, job_dir: JobDir) -> list[CopyTask]:
        """Copy everything; the tasks that did it."""
        tasks = pack(slices, self._runner.slots)
        files, size_bytes = sum(one.items for one in slices), sum(one.size_bytes for one in slices)
        polled = None if self._runner.reports_live else job_dir
        self._progress.begin("copy", len(tasks), files, size_bytes, polled)

        def on_report(one: TaskReport) -> None:
            report.add_task(one)
            self._progress.task_done(one)

        if tasks:
            self._runner.run_wave("copy", partial(copy_task, context), tasks, on_report)
        return tasks

    def _commit(self, context: RunContext, cuts: CutReport, copied: list[CopyTask], report: Report) -> None:
        """Complete the uploads; only the ledger files of tasks that sent chunks are read for that."""
        if not cuts.uploads:
            return
        chunk_files = {one.file for one in cuts.chunks}
        ledger_files = tuple(
            ledger_file_of(task) for task in copied if any(one.file in chunk_files for one in task.slices)
        )
        tasks = [CommitTask(task.number, task.slices, ledger_files) for task in pack(cuts.uploads, self._runner.slots)]
        self._runner.run_wave("commit", partial(commit_task, context), tasks, report.add_task)

    def _context(self, layout: Layout) -> RunContext:
        with _naming(self._options.job_dir or self._homes[0]):
            base = self._options.job_dir or self._writable_home()
        place = base.join(pair_name(self._options.sources, self._options.target))
        return RunContext(self._options, layout, self._stores, place, self._run_id)

    def _writable_home(self) -> Uri:
        """The first home in which a job directory can be made."""
        refusals = []
        for home in self._homes:
            if home.scheme == "file" and not self._runner.shares_disk:
                continue
            base = default_base(home)
            try:
                open_filesystem(base, self._stores).make_directory(base.path)
            except (PermissionDenied, AlreadyExists, Throttled) as error:
                refusals.append(str(error))
                continue
            return base
        raise UsageError(
            "there is no place for the job directory" + "".join(f"; {refusal}" for refusal in refusals),
            "Name one that all executors can reach: --job-dir hdfs://.../dir (or oss://bucket/dir).",
        )

    def _description(self) -> dict[str, object]:
        options = self._options.model_dump(mode="json", exclude={"sources", "target", "job_dir", "log_path"})
        return {
            "run": self._run_id,
            "sources": [str(source) for source in self._options.sources],
            "target": str(self._options.target),
            "log": str(self._options.log_path or ""),
            "options": options,
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }

    def _open_log_directory(self) -> None:
        """Find out before anything is copied that the -log directory cannot be written."""
        log_path = self._options.log_path
        if log_path is None:
            return
        try:
            open_filesystem(log_path, self._stores).make_directory(log_path.path)
        except StoreError as error:
            raise UsageError(f"the -log directory {log_path} cannot be made: {error}", "Nothing was copied.") from error

    def _finish_log(self) -> None:
        """`_SUCCESS` in the -log directory, as MapReduce leaves it."""
        log_path = self._options.log_path
        if log_path is not None:
            path = join_path(log_path.path, "_SUCCESS")
            open_filesystem(log_path, self._stores).put(path, b"", work_path_beside(path, self._run_id), {})

    def _sources(self) -> str:
        shown = [str(source) for source in self._options.sources]
        return ", ".join(shown) if len(shown) <= 3 else f"{shown[0]} and {len(shown) - 1} more"

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self._progress.begin(name)
        started = time.monotonic()
        try:
            yield
        finally:
            self._phase_seconds[name] = self._phase_seconds.get(name, 0.0) + time.monotonic() - started


@contextmanager
def _naming(job_dir: Uri) -> Iterator[None]:
    """A store error that no phase gave a meaning to belongs to the job directory, which nothing goes without."""
    try:
        yield
    except StoreError as error:
        raise CommitError(
            f"the run cannot go on without its job directory {job_dir}: {error}",
            error.hint or "Mend that, or name another with --job-dir; then run the same command with -update.",
        ) from error

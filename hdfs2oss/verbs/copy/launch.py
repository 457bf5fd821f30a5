"""From a copy command to its exit code: where tasks run, signals, and what is printed at the end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import NamedTuple, TextIO

from ...commandline.advice import advice
from ...commandline.command import CopyCommand
from ...commandline.ending import account, findings, last_line, print_lines, print_refusal
from ...commandline.homes import homes
from ...commandline.invocation import invocation
from ...commandline.request import resolve
from ...filesystems.hadoop_conf import read_hadoop_conf
from ...filesystems.registry import close_filesystems
from ...model.errors import Hdfs2ossError, Interrupted
from ...model.options import DEFAULT_MAPS, CopyOptions
from ...runners.base import Runner
from ...runners.local import LocalRunner
from ...runners.signals import arrived, run_until_signal
from ...runs.progress import Progress
from ...runs.report import Report
from .detached import announcer
from .job import CopyJob


class Screen(NamedTuple):
    """Where the operator reads: the account and the last line on `out`; messages and progress on `messages`."""

    out: TextIO
    messages: TextIO


def launch(command: CopyCommand, entry: str, environment: MutableMapping[str, str], screen: Screen) -> int:
    """Carry out a copy command and give its exit code."""
    announce = announcer(environment)
    runner = _make_runner(command, entry)
    progress = Progress(screen.messages)
    try:
        request = resolve(command, environment, _hadoop_conf(runner, environment))
        print_lines(request.notes, screen.messages)
        job = CopyJob(request.options, request.stores, runner, progress, homes(request.options, request.user), announce)
        started = invocation(entry, sys.argv, environment)

        def advise() -> Iterator[str]:
            lifting = job.report.lifted_by if job.report is not None else ()
            return advice(command, request.options, job.layout, started, lifting, _goes_on(job.report))

        ending = Ending(request.options, job, advise, progress, screen)

        def stop() -> None:
            ending.interrupted()
            runner.cancel()

        return run_until_signal(ending.of_job, stop, runner.make_thread)
    finally:
        progress.end()
        runner.close()
        close_filesystems()


class Ending:
    """Says how the copy ended: once, be it that the job ends or that a signal arrives first.

    the job came to its end     its account, its last line, its exit code; also where a signal came at that moment
    it was interrupted          why, what is known of it, and 128 + the number of the signal
    it failed                   why, what is known of it, and the exit code of the error
    """

    def __init__(
        self,
        options: CopyOptions,
        job: CopyJob,
        advise: Callable[[], Iterator[str]],
        progress: Progress,
        screen: Screen,
    ) -> None:
        self._options = options
        self._job = job
        self._advise = advise
        self._progress = progress
        self._screen = screen
        self._once = threading.Lock()

    def of_job(self) -> int:
        """Run the job and say what came of it."""
        try:
            report = self._job.run()
        except Exception as error:  # noqa: BLE001 - raised again where nobody has said yet why the run ends
            return self._ended_badly(error)
        if not self._takes_the_word():
            print_lines(["The copy had come to its end by then:"], self._screen.messages)
        self._reported(report)
        return report.exit_code

    def interrupted(self) -> None:
        """A signal arrived. It is said now: the job may not come to an end in the time it has."""
        if self._takes_the_word():
            self._refuse(Interrupted("the copy was interrupted"))

    def _reported(self, report: Report) -> None:
        self._progress.end()
        print_lines(findings(report), self._screen.messages)
        print_lines(account(report), self._screen.out)
        if report.exit_code:
            print_lines(self._advise(), self._screen.messages)
        what = "dry run of the copy" if report.rehearsal else "copy"
        print_lines([last_line(report.source, report.target, report.exit_code == 0, what)], self._screen.out)

    def _ended_badly(self, error: Exception) -> int:
        """Why, unless a signal has said it; then what is known of the run."""
        self._progress.end()
        is_first = self._takes_the_word()
        if is_first and isinstance(error, Hdfs2ossError):
            self._refuse(error)
        if self._job.report is not None:
            print_lines(account(self._job.report), self._screen.out)
        print_lines([last_line(_sources(self._options), str(self._options.target), False)], self._screen.out)
        if arrived() and (not is_first or isinstance(error, Interrupted)):
            # What a store or a cluster says while it is torn down is no defect.
            return 128 + arrived()
        if isinstance(error, Hdfs2ossError):
            return error.exit_code
        raise error

    def _refuse(self, error: Hdfs2ossError) -> None:
        self._progress.end()
        print_refusal(error, self._screen.messages, with_trace=self._options.verbose)
        if error.calls_for_another_run:
            print_lines(self._advise(), self._screen.messages)

    def _takes_the_word(self) -> bool:
        """True for the first who asks: the end of the job and a signal may come at once, and one of them says why."""
        return self._once.acquire(blocking=False)


def _goes_on(report: Report | None) -> bool:
    """Whether the run is left so, or will be once a signal has ended it, that the same command goes on with it."""
    return report is not None and (report.is_open or bool(arrived() and report.can_go_on))


def _make_runner(command: CopyCommand, entry: str) -> Runner:
    most_at_once = max(1, command.options.get("maps", DEFAULT_MAPS))
    if entry == "spark-submit":
        # pyspark is not there, and not needed, without spark-submit.
        from ...runners.spark import SparkRunner

        return SparkRunner(most_at_once=most_at_once, verbose=command.options.get("verbose", False))
    processes = command.processes if command.processes is not None else (os.cpu_count() or 1)
    return LocalRunner(min(processes, most_at_once))


def _hadoop_conf(runner: Runner, environment: Mapping[str, str]) -> Mapping[str, str]:
    return runner.hadoop_configuration() or read_hadoop_conf(environment)


def _sources(options: CopyOptions) -> str:
    return ", ".join(str(source) for source in options.sources[:3]) + (" ..." if len(options.sources) > 3 else "")

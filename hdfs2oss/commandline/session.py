"""A command that runs tasks, from its runner to its exit code: what verbs of that kind share."""

from __future__ import annotations

import abc
import os
import threading
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TextIO

from ..filesystems.hadoop_conf import read_hadoop_conf
from ..filesystems.registry import close_filesystems
from ..model.errors import Hdfs2ossError, Interrupted
from ..model.options import DEFAULT_MAPS, CopyOptions
from ..runners.base import Runner
from ..runners.local import LocalRunner
from ..runners.signals import arrived, run_until_signal
from ..runs.progress import Progress
from .command import CopyCommand
from .ending import print_lines, print_refusal
from .java_words import go_by_java


class Screen(NamedTuple):
    """Where the operator reads: the account and the last line on `out`; messages and progress on `messages`."""

    out: TextIO
    messages: TextIO


class Performance(abc.ABC):
    """What a command does and says. `what` names it in words; with `verbose` a refusal has its stack trace."""

    what: str
    verbose: bool

    @abc.abstractmethod
    def run(self) -> None:
        """Do it. Raises what keeps it from coming to its end."""

    @abc.abstractmethod
    def tell(self, screen: Screen) -> int:
        """It came to its end: say what came of it; the exit code."""

    @abc.abstractmethod
    def account(self) -> Iterator[str]:
        """It ended badly: what is known of it, and the last line."""

    @abc.abstractmethod
    def advice(self) -> Iterator[str]:
        """How to go on after it was interrupted, or failed with an error that calls for another run."""


def perform(performance: Performance, runner: Runner, progress: Progress, screen: Screen) -> int:
    """Carry a command out, ended by signals; its exit code."""
    ending = Ending(performance, progress, screen)

    def stop() -> None:
        ending.interrupted()
        runner.cancel()

    runner.exit_code = 1
    runner.exit_code = run_until_signal(ending.of_job, stop, runner.make_thread)
    return runner.exit_code


def close(runner: Runner, progress: Progress) -> None:
    """Give back what a command was carried out with."""
    progress.end()
    runner.close()
    close_filesystems()


class Ending:
    """Says how a command ended: once, be it that the job ends or that a signal arrives first.

    the job came to its end     its account, its last line, its exit code; also where a signal came at that moment
    it was interrupted          why, what is known of it, and 128 + the number of the signal
    it failed                   why, what is known of it, and the exit code of the error
    """

    def __init__(self, performance: Performance, progress: Progress, screen: Screen) -> None:
        self._performance = performance
        self._progress = progress
        self._screen = screen
        self._once = threading.Lock()
        # Screen and messages may be one terminal: what a signal is answered with never stands amid the account.
        self._speaking = threading.Lock()

    def of_job(self) -> int:
        """Run the job and say what came of it."""
        try:
            self._performance.run()
        except Exception as error:  # noqa: BLE001 - raised again where nobody has said yet why the run ends
            return self._ended_badly(error)
        if not self._takes_the_word():
            print_lines([f"The {self._performance.what} had come to its end by then:"], self._screen.messages)
        self._progress.end()
        return self._performance.tell(self._screen)

    def interrupted(self) -> None:
        """A signal arrived. It is said now: the job may not come to an end in the time it has."""
        if self._takes_the_word():
            with self._speaking:
                self._refuse(Interrupted(f"the {self._performance.what} was interrupted"))

    def _ended_badly(self, error: Exception) -> int:
        """Why, unless a signal has said it; then what is known of the run."""
        self._progress.end()
        is_first = self._takes_the_word()
        with self._speaking:
            if is_first and isinstance(error, Hdfs2ossError):
                self._refuse(error)
            print_lines(self._performance.account(), self._screen.out)
        if arrived() and (not is_first or isinstance(error, Interrupted)):
            # What a store or a cluster says while it is torn down is no defect.
            return 128 + arrived()
        if isinstance(error, Hdfs2ossError):
            return error.exit_code
        raise error

    def _refuse(self, error: Hdfs2ossError) -> None:
        self._progress.end()
        print_refusal(error, self._screen.messages, with_trace=self._performance.verbose)
        if error.calls_for_another_run:
            print_lines(self._performance.advice(), self._screen.messages)

    def _takes_the_word(self) -> bool:
        """True for the first who asks: the end of the job and a signal may come at once, and one of them says why."""
        return self._once.acquire(blocking=False)


def make_runner(command: CopyCommand, entry: str) -> Runner:
    """Where the tasks of a command run: on Spark when spark-submit started us, else in processes of this machine."""
    most_at_once = max(1, command.options.get("maps", DEFAULT_MAPS))
    if entry == "spark-submit":
        # pyspark is not there, and not needed, without spark-submit.
        from ..runners.spark import SparkRunner

        verbose = command.options.get("verbose", False)
        return SparkRunner(most_at_once, verbose, by_java=go_by_java(command.hdfs_client, command.paths))
    processes = command.processes if command.processes is not None else (os.cpu_count() or 1)
    return LocalRunner(min(processes, most_at_once))


def hadoop_conf(runner: Runner, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Hadoop's configuration as the runner knows it, else as the environment says."""
    return runner.hadoop_configuration() or read_hadoop_conf(environment)


def sources_of(options: CopyOptions) -> str:
    """The sources in words, as many of them as fit a line."""
    return ", ".join(str(source) for source in options.sources[:3]) + (" ..." if len(options.sources) > 3 else "")

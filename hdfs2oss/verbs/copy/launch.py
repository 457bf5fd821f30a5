"""From a copy command to its exit code: what it is made of, and what is printed at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, MutableMapping

from ...commandline.advice import advice, failures_on_record, with_java
from ...commandline.again import continuing_lines, fresh_lines, retry_lines, spelling_of
from ...commandline.command import CopyCommand
from ...commandline.ending import account, findings, last_line, print_lines
from ...commandline.homes import homes
from ...commandline.invocation import Invocation, invocation
from ...commandline.request import resolve
from ...commandline.session import Performance, Screen, close, hadoop_conf, make_runner, perform, sources_of
from ...filesystems.hadoop_errors import READ_BY_JAVA
from ...model.errors import BrakeError, Hdfs2ossError, UsageError
from ...model.options import CopyOptions
from ...runners.signals import arrived
from ...runs.failed import can_be_retried
from ...runs.opening import WouldNest
from ...runs.progress import Progress
from ...runs.report import Report
from ...runs.unfinished import OtherMeaning, told_of
from .detached import announcer
from .job import CopyJob

_OR_RETRY = "Or run this, which copies only what failed, and lists neither side:"


def launch(command: CopyCommand, entry: str, environment: MutableMapping[str, str], screen: Screen) -> int:
    """Carry out a copy command and give its exit code."""
    announce = announcer(environment)
    runner = make_runner(command, entry)
    progress = Progress(screen.messages)
    try:
        request = resolve(command, environment, hadoop_conf(runner, environment))
        print_lines(request.notes, screen.messages)
        job = CopyJob(request.options, request.stores, runner, progress, homes(request.options, request.user), announce)
        started = invocation(entry, sys.argv, environment)

        def advise() -> Iterator[str]:
            report = job.report
            lifting = report.lifted_by if report is not None else ()
            if report is not None and report.failed_files and not report.rehearsal:
                yield from failures_on_record(command, started)
            is_beyond_us = report is not None and any(READ_BY_JAVA in one.advice for one in report.failures)
            again = with_java(command) if is_beyond_us else command
            yield from advice(again, request.options, job.layout, started, lifting, _goes_on(report))
            if report is not None and can_be_retried(report, request.options):
                yield from retry_lines(again, started, _OR_RETRY)

        def explain(error: OtherMeaning | WouldNest) -> Hdfs2ossError:
            if isinstance(error, WouldNest):
                return _with_update(error, command, started)
            return _explained(error, command, started)

        return perform(CopyPerformance(request.options, job, advise, explain), runner, progress, screen)
    finally:
        close(runner, progress)


class CopyPerformance(Performance):
    """A copy, and what is said of it."""

    what = "copy"

    def __init__(
        self,
        options: CopyOptions,
        job: CopyJob,
        advise: Callable[[], Iterator[str]],
        explain: Callable[[OtherMeaning | WouldNest], Hdfs2ossError] = lambda error: error,
    ) -> None:
        self.verbose = options.verbose
        self._options = options
        self._job = job
        self._advise = advise
        self._explain = explain
        self._report: Report | None = None

    def run(self) -> None:
        try:
            self._report = self._job.run()
        except (OtherMeaning, WouldNest) as error:
            raise self._explain(error) from error

    def tell(self, screen: Screen) -> int:
        report = self._report
        assert report is not None
        print_lines(findings(report), screen.messages)
        print_lines(account(report), screen.out)
        if report.exit_code:
            print_lines(self._advise(), screen.messages)
        what = "dry run of the copy" if report.rehearsal else "copy"
        print_lines([last_line(report.source, report.target, report.exit_code == 0, what)], screen.out)
        return report.exit_code

    def account(self) -> Iterator[str]:
        if self._job.report is not None:
            yield from account(self._job.report)
        yield last_line(sources_of(self._options), str(self._options.target), False)

    def advice(self) -> Iterator[str]:
        return self._advise()


def _explained(error: OtherMeaning, command: CopyCommand, started: Invocation) -> UsageError:
    """The refusal in the operator's words, with the command that goes on and the one that begins anew."""
    changes = {spelling_of(field): change for field, change in error.changes.items()}
    going_on = continuing_lines(command, started, error.asked, "Run this, which goes on with it:")
    anew = fresh_lines(command, started, "Or run this, which gives it up, and looks at everything anew:")
    message = error.message.replace(told_of(error.changes), told_of(changes))
    return UsageError(message, "\n".join([*going_on, *anew]))


def _with_update(error: WouldNest, command: CopyCommand, started: Invocation) -> BrakeError:
    """The refusal with the command that brings the rest to where it belongs."""
    updating = command._replace(typed=[("-update",), *command.typed])
    what = f"Remove {error.base}, and the command begins anew; or run this, which keeps what has arrived there:"
    return BrakeError(error.message, "\n".join(fresh_lines(updating, started, what)))


def _goes_on(report: Report | None) -> bool:
    """Whether the run is left so, or will be once a signal has ended it, that the same command goes on with it."""
    return report is not None and (report.is_open or bool(arrived() and report.can_go_on))

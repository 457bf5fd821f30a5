"""From a copy command to its exit code: what it is made of, and what is printed at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, MutableMapping

from ...commandline.advice import advice, failures_on_record
from ...commandline.command import CopyCommand
from ...commandline.ending import account, findings, last_line, print_lines
from ...commandline.homes import homes
from ...commandline.invocation import invocation
from ...commandline.request import resolve
from ...commandline.session import Performance, Screen, close, hadoop_conf, make_runner, perform, sources_of
from ...model.options import CopyOptions
from ...runners.signals import arrived
from ...runs.progress import Progress
from ...runs.report import Report
from .detached import announcer
from .job import CopyJob


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
            lifting = job.report.lifted_by if job.report is not None else ()
            if job.report is not None and job.report.failed_files and not job.report.rehearsal:
                yield from failures_on_record(command, started)
            yield from advice(command, request.options, job.layout, started, lifting, _goes_on(job.report))

        return perform(CopyPerformance(request.options, job, advise), runner, progress, screen)
    finally:
        close(runner, progress)


class CopyPerformance(Performance):
    """A copy, and what is said of it."""

    what = "copy"

    def __init__(self, options: CopyOptions, job: CopyJob, advise: Callable[[], Iterator[str]]) -> None:
        self.verbose = options.verbose
        self._options = options
        self._job = job
        self._advise = advise
        self._report: Report | None = None

    def run(self) -> None:
        self._report = self._job.run()

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


def _goes_on(report: Report | None) -> bool:
    """Whether the run is left so, or will be once a signal has ended it, that the same command goes on with it."""
    return report is not None and (report.is_open or bool(arrived() and report.can_go_on))

"""From a verify to its exit code: what it is made of, and what is printed at the end."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping

from ...commandline.command import CopyCommand
from ...commandline.ending import last_line, print_lines
from ...commandline.homes import homes
from ...commandline.invocation import Invocation, invocation
from ...commandline.request import resolve
from ...commandline.session import Performance, Screen, close, hadoop_conf, make_runner, perform, sources_of
from ...commandline.verdict import final_line, next_steps, remarks, verdict
from ...model.uri import Uri
from ...model.verify_options import VerifyOptions
from ...records.jobdir import pair_name
from ...runners.signals import arrived
from ...runs.progress import Progress
from .job import VerifyJob

_SEED_BYTES = 4


def launch(command: CopyCommand, entry: str, environment: Mapping[str, str], screen: Screen) -> int:
    """Carry out a verify and give its exit code."""
    runner = make_runner(command, entry)
    progress = Progress(screen.messages)
    try:
        given = dict(command.options)
        verbose = bool(given.pop("verbose", False))
        if given.get("sample_percent") and not given.get("seed"):
            given["seed"] = secrets.token_hex(_SEED_BYTES)
        request = resolve(command._replace(options=given), environment, hadoop_conf(runner, environment), VerifyOptions)
        options = request.options
        assert isinstance(options, VerifyOptions)
        print_lines(request.notes, screen.messages)
        if options.sample_percent:
            print_lines(
                [f"Reading {options.sample_percent:g} % of the files, chosen by --seed {options.seed}"], screen.messages
            )
        places = homes(options, request.user)
        job = VerifyJob(options, request.stores, runner, progress, places)
        performance = VerifyPerformance(
            command,
            job,
            invocation(entry, sys.argv, environment),
            places[0] if places else options.job_dir or options.target,
            verbose,
        )
        return perform(performance, runner, progress, screen)
    finally:
        close(runner, progress)


class VerifyPerformance(Performance):
    """A verify, and what is said of it."""

    what = "verify"

    def __init__(self, command: CopyCommand, job: VerifyJob, started: Invocation, home: Uri, verbose: bool) -> None:
        self.verbose = verbose
        self._command = command
        self._job = job
        self._started = started
        self._home = home

    def run(self) -> None:
        self._job.run()

    def tell(self, screen: Screen) -> int:
        report, layout = self._job.report, self._job.layout
        assert report is not None
        assert layout is not None
        print_lines(remarks(report), screen.messages)
        print_lines(verdict(report, layout.base), screen.out)
        options = self._job.options
        name = f"verify-{pair_name(options.sources, options.target)}-{report.run_id}"
        print_lines(next_steps(report, self._command, self._started, self._home.join(name)), screen.messages)
        print_lines([final_line(report)], screen.out)
        return report.exit_code

    def account(self) -> Iterator[str]:
        options = self._job.options
        yield last_line(sources_of(options), str(options.target), False, "verify")

    def advice(self) -> Iterator[str]:
        mend = "" if arrived() else "mend the cause and "
        yield f"Next: nothing was changed on either side; {mend}run the same command again."

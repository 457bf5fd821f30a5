"""From a copy command to its exit code: where tasks run, signals, and what is printed at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TextIO

from ...commandline.ending import ending, last_line, print_lines, print_refusal
from ...commandline.homes import homes
from ...commandline.request import CopyRequest, resolve
from ...commandline.switches import CopyCommand
from ...filesystems.hadoop_conf import read_hadoop_conf
from ...filesystems.registry import close_filesystems
from ...model.errors import Hdfs2ossError
from ...model.options import DEFAULT_MAPS, CopyOptions
from ...runners.base import Runner
from ...runners.local import LocalRunner
from ...runners.signals import run_until_signal
from ...runs.progress import Progress
from ...runs.report import Report
from .job import CopyJob

_SHOWN = 10


def launch(command: CopyCommand, entry: str, environment: Mapping[str, str], stream: TextIO) -> int:
    """Carry out a copy command and give its exit code; all messages go to `stream`."""
    runner = _make_runner(command, entry)
    progress = Progress(stream)
    try:
        request = resolve(command, environment, _hadoop_conf(runner, environment))

        def job() -> int:
            return _copy(request, runner, progress, stream)

        return run_until_signal(job, runner.cancel, runner.make_thread)
    finally:
        progress.end()
        runner.close()
        close_filesystems()


def _copy(request: CopyRequest, runner: Runner, progress: Progress, stream: TextIO) -> int:
    options = request.options
    job: CopyJob | None = None
    try:
        job = CopyJob(options, request.stores, runner, progress, homes(options, request.user))
        report = job.run()
    except BaseException as error:
        progress.end()
        if job is not None and job.report is not None:
            print_lines(_account(job.report), stream)
        if not isinstance(error, Hdfs2ossError):
            raise
        code = print_refusal(error, stream, with_trace=options.verbose)
        print_lines([last_line(_sources(options), str(options.target), False)], stream)
        return code
    progress.end()
    print_lines(ending(report), stream)
    return report.exit_code


def _account(report: Report) -> Iterator[str]:
    """The lines for a run that did not come to its end: what its tasks have left on record."""
    for failure in report.failures[:_SHOWN]:
        yield f"{failure.outcome}: {failure.message}"
    yield from report.counters.lines()
    yield f"The run did not come to its end; this is what is known of it. Records: {report.job_dir}"


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

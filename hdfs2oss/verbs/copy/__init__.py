"""`hdfs2oss [options] SOURCE... TARGET`: copy, and say what came of it."""

from __future__ import annotations

import os
import traceback
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TextIO

from ...commandline.ending import ending, last_line, refusal
from ...commandline.places import Places
from ...commandline.switches import build_parser, parse
from ...filesystems.hadoop_conf import read_hadoop_conf
from ...filesystems.registry import close_filesystems
from ...model.errors import Hdfs2ossError
from ...model.options import DEFAULT_MAPS, CopyOptions
from ...model.uri import mask_secrets
from ...runners.base import Runner
from ...runners.local import LocalRunner
from ...runners.signals import run_until_signal
from ...runs.progress import Progress
from .job import CopyJob

__all__ = ["CopyJob", "build_parser", "run"]


def run(argv: Sequence[str], entry: str, environment: Mapping[str, str], stream: TextIO) -> int:
    """Carry out a copy command and give its exit code; all messages go to `stream`.

    `entry` is "spark-submit" where tasks run on Spark, else they run in processes of this machine.
    """
    arguments = parse(argv)
    runner = _make_runner(arguments, entry)
    progress = Progress(stream)
    try:
        places = Places(arguments, environment, _hadoop_conf(runner, environment))
        options = places.options()

        def job() -> int:
            return _copy(options, places, runner, progress, stream)

        return run_until_signal(job, runner.cancel, runner.make_thread)
    finally:
        progress.end()
        runner.close()
        close_filesystems()


def _copy(options: CopyOptions, places: Places, runner: Runner, progress: Progress, stream: TextIO) -> int:
    try:
        report = CopyJob(options, places.stores(), runner, progress, places.homes(options)).run()
    except Hdfs2ossError as error:
        progress.end()
        if options.verbose:
            traceback.print_exc(file=stream)
        lines = [*refusal(error), last_line(_sources(options), str(options.target), False)]
        code = error.exit_code
    else:
        progress.end()
        lines, code = list(ending(report)), report.exit_code
    for line in lines:
        stream.write(mask_secrets(line) + "\n")
    stream.flush()
    return code


def _make_runner(arguments: Namespace, entry: str) -> Runner:
    most_at_once = max(1, arguments.maps if arguments.maps is not None else DEFAULT_MAPS)
    if entry == "spark-submit":
        # pyspark is not there, and not needed, without spark-submit.
        from ...runners.spark import SparkRunner

        return SparkRunner(most_at_once=most_at_once, verbose=arguments.verbose)
    processes = arguments.processes if arguments.processes is not None else (os.cpu_count() or 1)
    return LocalRunner(min(processes, most_at_once))


def _hadoop_conf(runner: Runner, environment: Mapping[str, str]) -> Mapping[str, str]:
    return runner.hadoop_configuration() or read_hadoop_conf(environment)


def _sources(options: CopyOptions) -> str:
    return ", ".join(str(source) for source in options.sources[:3]) + (" ..." if len(options.sources) > 3 else "")

"""Finds the run that is going on, and sets its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from ...commandline.command import CopyCommand
from ...commandline.ending import print_lines
from ...commandline.limits_command import LimitsOrder
from ...commandline.on_record import open_records
from ...commandline.request import resolve
from ...filesystems.hadoop_conf import read_hadoop_conf
from ...filesystems.registry import close_filesystems
from ...model.errors import StoreError, SurveyError, UsageError
from ...records.fence import holder_now
from ...records.jobdir import JobDir
from ...records.limits import add_by_hand, begin


def set_limits(command: CopyCommand, order: LimitsOrder, environment: Mapping[str, str], out: TextIO) -> int:
    """Set them and tell; 0. Raises UsageError where no such copy is running, SurveyError for a store that is silent."""
    request = resolve(command, environment, read_hadoop_conf(environment))
    try:
        _, here = open_records(request)
        run = _running(here)
        if order.values:
            words = ", ".join(f"{name} {value}" for name, value in add_by_hand(run, order.values).items())
            print_lines([f"Set for run {run.run_id}, until it ends: {words}."], out)
        else:
            begin(run, keeps_shares=True)
            print_lines([f"Run {run.run_id} keeps to the limits that it was started with."], out)
    except StoreError as error:
        raise SurveyError(f"the limits cannot be set: {error}", error.hint) from error
    finally:
        close_filesystems()
    return 0


def _running(here: JobDir) -> JobDir:
    """The records of the run that holds the lock of the pair. Raises UsageError."""
    holder = holder_now(here.filesystem, here.path)
    if holder is None:
        raise UsageError(
            f"no copy of these places is running: nobody holds the lock in {here.path}",
            "Give the limits to the copy when it is started.",
        )
    return here.of_run(holder.run)

"""spark-submit on this machine, through the wrapper, which finds it and keeps keys off its command line."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...commandline.submit_command import SubmitOrder
from ...model.errors import UsageError
from .rendering import wrapper_words

_NAME = "hdfs2oss4emr.sh"


def wrapper_command(order: SubmitOrder, environment: Mapping[str, str]) -> list[str]:
    """What is run: the wrapper of this clone, else that on the PATH. Raises UsageError."""
    beside = Path(__file__).resolve().parents[3] / "bin" / _NAME
    found = str(beside) if beside.is_file() else shutil.which(_NAME, path=environment.get("PATH"))
    if not found:
        raise UsageError(f"{_NAME} is neither in this installation nor on the PATH", "Run it from a clone, bin/.")
    return [found, *wrapper_words(order.job, order.waits)]


def run_wrapper(order: SubmitOrder, environment: Mapping[str, str]) -> int:
    """Let the wrapper take the place of this process; its exit code is ours. Raises UsageError."""
    command = wrapper_command(order, environment)
    if order.prints:
        command.insert(1, "--print-command")
    os.execve(command[0], command, dict(environment))

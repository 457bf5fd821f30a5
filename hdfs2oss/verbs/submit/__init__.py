"""`hdfs2oss submit PLATFORM ...`: have a copy, a verify or a retry run by a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.inquiry import gives_help
from ...commandline.submit_command import HELP, SPARK_SUBMIT, USAGE, parse_submit


def run(words: Sequence[str]) -> int:
    """Submit, and wait if that is asked; the exit code."""
    own = words[: words.index("--")] if "--" in words else words
    if gives_help(own, HELP, USAGE):
        return 0
    order = parse_submit(words, os.environ)
    if order.platform == SPARK_SUBMIT:
        from .spark_submit import run_wrapper

        return run_wrapper(order, os.environ)
    from .remote import submit

    return submit(order, os.environ, sys.stdout, sys.stderr)

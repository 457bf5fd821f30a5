"""`hdfs2oss limits [options] SOURCE... TARGET`: change what a running copy may move and ask in a second."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.inquiry import gives_help
from ...commandline.limits_command import HELP, USAGE, parse_limits


def run(words: Sequence[str]) -> int:
    """Set the limits, say so, and give the exit code."""
    if gives_help(words, HELP, USAGE):
        return 0
    command, order = parse_limits(words)
    # What reaches stores takes long to load.
    from .setting import set_limits

    return set_limits(command, order, os.environ, sys.stdout)

"""`hdfs2oss clean [options] TARGET`: remove what dead runs have left there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.clean_command import HELP, USAGE, parse_clean
from ...commandline.inquiry import gives_help


def run(words: Sequence[str]) -> int:
    """Clean, say what was removed, and give the exit code."""
    if gives_help(words, HELP, USAGE):
        return 0
    command, order = parse_clean(words)
    # What reaches stores takes long to load.
    from .cleaning import clean

    return clean(command, order, os.environ, sys.stdout)

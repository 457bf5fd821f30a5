"""`hdfs2oss clean [options] TARGET`: remove what dead runs have left there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.clean_command import HELP, USAGE, parse_clean
from ...commandline.grammar import HELP_WORDS


def run(words: Sequence[str]) -> int:
    """Clean, say what was removed, and give the exit code."""
    if any(word in HELP_WORDS for word in words):
        sys.stdout.write(HELP)
        return 0
    if not words:
        sys.stderr.write(f"usage: {USAGE}\n")
    command, order = parse_clean(words)
    # What reaches stores takes long to load.
    from .cleaning import clean

    return clean(command, order, os.environ, sys.stdout)

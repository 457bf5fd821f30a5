"""`hdfs2oss retry [options] SOURCE... TARGET`: copy what failed in the last run, and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.grammar import HELP_WORDS
from ...commandline.loading import loading
from ...commandline.retry_command import DESCRIPTION, HELP_GROUPS, USAGE, parse_retry


def run(words: Sequence[str], entry: str) -> int:
    """Carry out a retry and give its exit code, which is that of a copy; 0 also where nothing had failed."""
    if any(word in HELP_WORDS for word in words):
        from ...commandline.usage import help_text

        sys.stdout.write(help_text(USAGE, DESCRIPTION, HELP_GROUPS))
        return 0
    if not words:
        sys.stderr.write(f"usage: {USAGE}\n")
    command = parse_retry(words)
    # What carries out a copy takes long to load.
    with loading():
        from ...commandline.session import Screen
        from .retrying import launch

    return launch(command, entry, os.environ, Screen(sys.stdout, sys.stderr))

"""`hdfs2oss ledger [options] SOURCE... TARGET`: show what is on record of a copy. Reads only."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.inquiry import gives_help
from ...commandline.ledger_command import HELP, USAGE, parse_ledger


def run(words: Sequence[str]) -> int:
    """Answer the question and give the exit code; the answer goes to standard output."""
    if gives_help(words, HELP, USAGE):
        return 0
    command, question = parse_ledger(words)
    # What reads records takes long to load.
    from .answer import answer

    return answer(command, question, os.environ, sys.stdout)

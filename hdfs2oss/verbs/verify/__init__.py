"""`hdfs2oss verify [options] SOURCE... TARGET`: compare two trees, and say what differs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.grammar import HELP_WORDS
from ...commandline.loading import loading
from ...commandline.verify_switches import DESCRIPTION, HELP_GROUPS, USAGE, parse_verify


def run(words: Sequence[str], entry: str) -> int:
    """Carry out a verify and give its exit code; the verdict goes to standard output, messages to standard error."""
    if any(word in HELP_WORDS for word in words):
        from ...commandline.usage import help_text

        sys.stdout.write(help_text(USAGE, DESCRIPTION, HELP_GROUPS))
        return 0
    if not words:
        sys.stderr.write(f"usage: {USAGE}\n")
    command = parse_verify(words, lambda mended: _typed(entry, mended))
    with loading():
        from ...commandline.session import Screen
        from .launch import launch

    return launch(command, entry, os.environ, Screen(sys.stdout, sys.stderr))


def _typed(entry: str, words: Sequence[str]) -> str:
    """The command line with these words, to be run instead of this one."""
    from ...commandline.invocation import command_line, invocation

    return command_line(invocation(entry, sys.argv, os.environ), ["verify", *words], 1)

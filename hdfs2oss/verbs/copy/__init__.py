"""`hdfs2oss [copy] [options] SOURCE... TARGET`: copy, and say what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...commandline.command import USAGE, parse
from ...commandline.grammar import HELP_WORDS
from ...commandline.loading import loading
from .detached import is_detached, start_detached


def run(words: Sequence[str], entry: str) -> int:
    """Carry out a copy command and give its exit code; the account goes to standard output, messages to standard error.

    `entry` is "spark-submit" where tasks run on Spark, else they run in processes of this machine.
    """
    # What carries out a copy takes long to load: whoever asks for help, or has mistyped, need not wait for it.
    if any(word in HELP_WORDS for word in words):
        from ...commandline.usage import help_text

        sys.stdout.write(help_text())
        return 0
    if not words:
        sys.stderr.write(f"usage: {USAGE}\n")
    command = parse(words, lambda mended: _typed(entry, mended))
    if command.options.get("run_async") and not is_detached(os.environ):
        return start_detached(words, entry, sys.stdout, sys.stderr)
    with loading():
        from ...commandline.session import Screen
        from .launch import launch

    return launch(command, entry, os.environ, Screen(sys.stdout, sys.stderr))


def _typed(entry: str, words: Sequence[str]) -> str:
    """The command line with these words, to be run instead of this one."""
    from ...commandline.invocation import command_line, invocation

    return command_line(invocation(entry, sys.argv, os.environ), words)

"""With which words this very process was started, so that the same program, and no other, is started again."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def words_before(argv: Sequence[str]) -> list[str] | None:
    """The words before `argv` on the command line of this process: interpreter, its options, and what it runs.

    None where `argv` is not what this process was given. Any other way than this one would look for us anew, and keys
    would go to whatever bears our name in the current folder.
    """
    before = len(sys.orig_argv) - len(argv)
    if before < 1 or sys.orig_argv[before:] != list(argv):
        return None
    return [sys.executable, *sys.orig_argv[1:before]]

"""The options of `hdfs2oss retry`: those of a copy that say where its records are, and how a run runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ..model.errors import UsageError
from .command import CopyCommand, parse
from .grammar import USAGE_HINT, option_words, path_words, read_words
from .pasting import Typed
from .switch import Group
from .switches import GROUPS, OF_RECORDS, SWITCHES

USAGE = "hdfs2oss retry [options] SOURCE... TARGET"
DESCRIPTION = (
    "Copy only what failed in the last run from SOURCE to TARGET, by its ledger: neither side is listed. What the run "
    "was told holds on (-update, -p, filters ...); nothing is deleted. What it could not list needs the copy itself."
)
# Fields of options that may be told otherwise than before.
FREE = frozenset(
    (
        *("maps", "bandwidth_mb", "total_bandwidth_mb", "bandwidth_schedule", "requests_per_second"),
        *("threads", "part_size_bytes", "chunk_size_bytes"),
        *("verbose", "fresh", "keep_runs", "max_failures", "ignore_failures", "log_path"),
    )
)
_FIELDS = {*FREE, *OF_RECORDS, "log", "processes"}
_SHOWN = tuple(Group(one.title, tuple(row for row in one.switches if row.field in _FIELDS)) for one in GROUPS)
HELP_GROUPS = tuple(group for group in _SHOWN if group.switches)
_SWITCHES = tuple(switch for group in HELP_GROUPS for switch in group.switches)


def parse_retry(
    argv: Sequence[str], typed: Typed = lambda words: shlex.join(["hdfs2oss", "retry", *words])
) -> CopyCommand:
    """Read the words behind `hdfs2oss retry`. Raises UsageError, also for an option that would make another copy."""
    given, paths = read_words(argv, SWITCHES)
    for switch, _ in given:
        if switch.field not in _FIELDS:
            raise UsageError(
                f"{switch.words[0]} is not available with retry, which does what the run was told that failed",
                f"Leave it out, or run the copy itself with it. {USAGE_HINT}",
            )
    words = [word for switch, texts in given for word in option_words(switch, texts)]
    return parse([*words, *path_words(paths)], typed, _SWITCHES, "a retry")

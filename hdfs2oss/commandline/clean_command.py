"""The options of `hdfs2oss clean`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..model.errors import UsageError
from .command import CopyCommand
from .inquiry import read_inquiry
from .switch import Switch
from .switches import OF_ACCESS

USAGE = "hdfs2oss clean [options] TARGET"
HINT = "See hdfs2oss clean --help."
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DEFAULT_SECONDS = 2 * _UNITS["d"]
HELP = f"""usage: {USAGE}

Remove what runs have left at TARGET that came to no end and that nobody goes on with: open uploads and work files,
snapshots and work directories. A run counts when its records have not changed for some time; it is given up then. Only
what its records speak for is removed, and never anything of a run that is going on. Working files of verifies that
were killed, whatever they compared, go a week after their last sign of life.

  --older-than AGE  of runs whose last sign of life is older: 30m, 12h, 2d (default 2d)
  --dry-run         say what would be removed, and touch nothing
  --job-dir DIR     the records are in DIR, as they were for the copy (default: .hdfs2oss in your home on the HDFS of
                    TARGET, on that of fs.defaultFS, and on this machine)
  --oss-endpoint URL, --credentials-file FILE, --ram-role NAME, --principal NAME, --keytab FILE,
  --hdfs-client native|jvm, -D KEY=VALUE
                    as for a copy

Exit codes: 0 it was done; 2 the command cannot be carried out as written; 3 a store cannot be asked.
"""
_SHARED = ("job_dir", *OF_ACCESS)


def _age(text: str) -> int:
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if found is None:
        raise ValueError(f"{text!r} is no age, such as 30m, 12h or 2d")
    return int(found[1]) * _UNITS[found[2]]


_OWN = (
    Switch(("--older-than",), "older_than_seconds", "", _age, "AGE", takes=1),
    Switch(("--dry-run",), "dry_run", ""),
)


class CleanOrder(NamedTuple):
    """What is to be cleaned away."""

    older_than_seconds: int = _DEFAULT_SECONDS
    dry_run: bool = False


def parse_clean(argv: Sequence[str]) -> tuple[CopyCommand, CleanOrder]:
    """The target with what is needed to reach it, and what is to be done there. Raises UsageError."""
    command, asked = read_inquiry(argv, _OWN, _SHARED, HINT)
    if len(command.paths) != 1:
        raise UsageError("name one place: the target of the copies", f"usage: {USAGE}")
    return command, CleanOrder(**asked)

"""The options of `hdfs2oss limits`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model.errors import UsageError
from ..model.limits import written_by_hand
from .command import CopyCommand
from .inquiry import read_inquiry
from .switch import Switch
from .switches import OF_RECORDS

USAGE = "hdfs2oss limits [options] SOURCE... TARGET"
HINT = "See hdfs2oss limits --help."
HELP = f"""usage: {USAGE}

Change the limits of the copy from SOURCE to TARGET that is running now. All its tasks keep to them within 10 s. What is
set here outranks what the copy was started with, its schedule too, until it ends or --as-asked takes it back.

  --total-bandwidth MB|off       at most MB MiB/s for the whole job
  --requests-per-second N|off    at most N requests to OSS for the whole job
  --as-asked                     from now on as the copy was started
Where its records are:
  -f FILE           the sources are in FILE, as they were for the copy
  --job-dir DIR     the records are in DIR, as they were for the copy
  --oss-endpoint URL, --credentials-file FILE, --ram-role NAME, --principal NAME, --keytab FILE,
  --hdfs-client native|jvm, -D KEY=VALUE
                    as for a copy

Exit codes: 0 it was set; 2 no such copy is running, or the command cannot be carried out as written; 3 a store cannot
be asked.
"""
_OWN = (
    Switch(("--total-bandwidth",), "bandwidth", "", str, "MB", takes=1),
    Switch(("--requests-per-second",), "requests", "", str, "N", takes=1),
    Switch(("--as-asked",), "as_asked", ""),
)


class LimitsOrder(NamedTuple):
    """What is to be set, as a limits file says it; nothing: all as asked for."""

    values: dict[str, float | str]


def parse_limits(argv: Sequence[str]) -> tuple[CopyCommand, LimitsOrder]:
    """The copy that is meant, and its new limits. Raises UsageError."""
    command, asked = read_inquiry(argv, _OWN, OF_RECORDS, HINT)
    if len(command.paths) < (1 if command.source_list else 2):
        raise UsageError("limits are those of a running copy: name its sources and its target", f"usage: {USAGE}")
    if bool(asked.pop("as_asked", False)) == bool(asked):
        raise UsageError("say what to change: --total-bandwidth, --requests-per-second, or --as-asked alone", HINT)
    try:
        return command, LimitsOrder(written_by_hand(asked.get("bandwidth"), asked.get("requests")))
    except ValueError as error:
        raise UsageError(f"the limits cannot be read: {error}", HINT) from None

"""The options of a verify: those of a copy that say what takes part, and its own."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ..model.errors import UsageError
from .command import CopyCommand, parse
from .grammar import USAGE_HINT, option_words, path_words, read_words
from .pasting import Typed, refuse_pasted
from .switch import Group, Switch
from .switches import GROUPS, OF_ACCESS, SWITCHES

USAGE = "hdfs2oss verify [options] SOURCE... TARGET"
DESCRIPTION = (
    "Compare two trees, and copy nothing: names, lengths, checksums. Takes the words of the copy: its sources, its "
    "target, and what it left out. Exit code 0 only if both are equal, and proven so; 7 if not."
)


def _percent(text: str) -> float:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 < percent <= 100:
        raise ValueError(f"{text!r} is no percentage above 0 and up to 100")
    return percent


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a number")
    return int(text)


def _acceptable(text: str) -> str:
    if text not in ("length", "extra"):
        raise ValueError(f"{text!r} cannot be accepted: there are length and extra")
    return text


OWN = Group(
    "how equality is shown",
    (
        Switch(("--read",), "read", "read the bytes of all files on both sides", lambda: "all"),
        Switch(
            ("--read-unproven",),
            "read",
            "read the bytes only of files that the checksums of the two stores do not prove, and of one side if the "
            "other's store states a checksum",
            lambda: "unproven",
        ),
        Switch(("--sample",), "sample_percent", "read P percent of the files on both sides", _percent, "P", takes=1),
        Switch(
            ("--seed",), "seed", "which files the sample has", str, "TEXT", "another one each time, printed", takes=1
        ),
        Switch(
            ("--accept",),
            "accept",
            "length: take files of one length for equal where nothing else can be compared; extra: let the target "
            "have more than the sources; may be given twice",
            _acceptable,
            "WHAT",
            takes=1,
            is_list=True,
        ),
        Switch(
            ("--output",),
            "output",
            "write report.json, differences.jsonl and differences/*.parquet into DIR, a new one, for --from-diff",
            str,
            "DIR",
            takes=1,
        ),
        Switch(("--show",), "shown", "print at most N differences", _count, "N", takes=1),
    ),
)
# Fields of a copy's options that say what is compared, or how this runs.
_SHARED = (
    "source_list", "filter_list", "update", "overwrite", "update_root", "preserve", "maps", "bandwidth_mb",
    "total_bandwidth_mb", "bandwidth_schedule", "requests_per_second", "verbose",
    "proof", "layout", "include", "exclude", "from_snapshot", "job_dir", "threads", "processes", "ignore_ledger",
    *OF_ACCESS,
)  # fmt: skip
# Those that make another source or target of it.
_REFUSED = {
    "diff": "name the snapshot that was copied: --from-snapshot NAME",
    "rdiff": "name the snapshot that was copied: --from-snapshot NAME",
    "make_snapshot": "make the snapshot first, and name it: --from-snapshot NAME",
    "run_async": "start it with nohup ... &",
    "from_diff": "it is an option of the copy that mends what a verify has found",
}
# What some of them mean here, where the words of a copy would mislead; likewise of the headings.
_MEANING = {
    "update": "laid out as -update does it: the contents of each directory in TARGET itself",
    "overwrite": "laid out as -overwrite does it, which is the same",
    "update_root": "compare the attributes of the source's root, too",
    "preserve": "compare attributes, too: replication, block size, user, group, permission, checksum type, acl, xattr, "
    "times, erasure coding; without letters rbugpct",
    "verbose": "show stack traces",
    "layout": "contents: TARGET has the contents of each directory; named: TARGET/name is each source; distcp: that is "
    "told from what stands at TARGET",
    "include": "compare only files that match GLOB, as for the copy",
    "exclude": "leave out what matches GLOB, as for the copy",
    "threads": "threads in each task",
}
_HEADINGS = {"what is copied": "what is compared", "copy or skip": "what the copy was told"}
_SHOWN = tuple(
    Group(group.title, tuple(switch for switch in group.switches if switch.field in _SHARED)) for group in GROUPS
)
_KEPT = tuple(switch for group in (OWN, *_SHOWN) for switch in group.switches)


def _as_of_verify(group: Group) -> Group:
    told = tuple(switch._replace(help=_MEANING.get(switch.field, switch.help)) for switch in group.switches)
    return Group(_HEADINGS.get(group.title, group.title), told)


HELP_GROUPS = (OWN, *(_as_of_verify(group) for group in _SHOWN if group.switches))
_UNDERSTOOD = (*OWN.switches, *SWITCHES)


def parse_verify(
    argv: Sequence[str], typed: Typed = lambda words: shlex.join(["hdfs2oss", "verify", *words])
) -> CopyCommand:
    """Read the words behind `hdfs2oss verify`. Raises UsageError.

    Options of a copy that change nothing here may stay, and are named in the notes: a verify is the command of the
    copy with another first word.
    """
    refuse_pasted(argv, typed, _UNDERSTOOD)
    given, paths = read_words(argv, _UNDERSTOOD)
    kept: list[str] = []
    idle: list[str] = []
    for switch, texts in given:
        if switch.field in _REFUSED:
            raise UsageError(f"{switch.words[0]} is not available with verify: {_REFUSED[switch.field]}", USAGE_HINT)
        if switch in _KEPT:
            kept += option_words(switch, texts)
        else:
            idle.append(switch.words[0])
    command = parse([*kept, *path_words(paths)], typed, _KEPT, "a verify")
    notes = (f"Nothing to change for a verify: {' '.join(dict.fromkeys(idle))}",) if idle else ()
    return command._replace(notes=notes)

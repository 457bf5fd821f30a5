"""The options of a copy, one row each: DistCp's switches and our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..model.attributes import PRESERVABLE
from ..model.errors import UsageError
from ..model.units import parse_size
from .grammar import USAGE_HINT

# What -p keeps without letters (DistCp).
_USUALLY_KEPT = "rbugpct"
_STRATEGIES = ("uniformsize", "dynamic", "static")


class Switch(NamedTuple):
    """One option: its spellings, whose field it fills (of CopyOptions, else of CopyCommand), and how."""

    words: tuple[str, ...]
    field: str
    help: str
    # Makes the value of the typed texts or raises ValueError; None for an option that is just given.
    parse: Callable[..., object] | None = None
    metavar: str = ""
    # What holds where the field itself has no default, in words.
    unset: str = ""
    # Whether a text that follows the first spelling at once is its value.
    glued: Callable[[str], bool] | None = None
    # How many words it takes.
    takes: int = 0
    # Whether it may be given several times, all of which count.
    is_list: bool = False


class Group(NamedTuple):
    """Options that belong together, and the heading they have in --help."""

    title: str
    switches: tuple[Switch, ...]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"invalid int value: {text!r}") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"invalid float value: {text!r}") from None


def _property(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"-D {key} is not of the form KEY=VALUE", USAGE_HINT)
    return key, value


def _pair(first: str, second: str) -> tuple[str, str]:
    return first, second


def _kept(letters: str = _USUALLY_KEPT) -> str:
    return letters.lower()


def _are_kept(letters: str) -> bool:
    """Also those that are unknown: whoever checks them names the letters there are."""
    return bool(letters) and letters.isalpha() and set(letters.lower()) & set(PRESERVABLE) != set()


def _instead(what: str, check: Callable[..., object] | None = None) -> Callable[..., str]:
    """What is said of an option of DistCp that has nothing to change here; its value is checked all the same."""

    def said(*texts: str) -> str:
        if check is not None:
            check(*texts)
        return what

    return said


def _strategy(text: str) -> str:
    if text.lower() not in _STRATEGIES:
        raise ValueError(f"{text!r} is no strategy; there are {', '.join(_STRATEGIES)}")
    return text


def _flag(word: str, field: str, help_text: str, *aliases: str) -> Switch:
    return Switch((word, *aliases), field, help_text)


def _value(
    words: tuple[str, ...],
    field: str,
    help_text: str,
    metavar: str,
    parse: Callable[..., object] = str,
    unset: str = "",
) -> Switch:
    return Switch(words, field, help_text, parse, metavar, unset, takes=1)


GROUPS = (
    Group(
        "what is copied",
        (
            _value(
                ("-f", "--source-list"), "source_list", "take the sources from FILE, one path or pattern a line", "FILE"
            ),
            _value(
                ("-filters", "--filters"),
                "filter_list",
                "leave out paths that, whole, match a regular expression of FILE, one a line",
                "FILE",
            ),
            Switch(("-diff",), "diff", "copy what changed between two snapshots", _pair, "FROM TO", takes=2),
            Switch(
                ("-rdiff",),
                "rdiff",
                "take the target back from one snapshot to an older one",
                _pair,
                "NEW OLD",
                takes=2,
            ),
        ),
    ),
    Group(
        "copy or skip",
        (
            _flag(
                "-update",
                "update",
                "copy only files that differ: in size, then by checksum, where there is none by a newer source",
                "--update",
            ),
            _flag("-overwrite", "overwrite", "copy every file, whatever the target holds", "--overwrite"),
            _flag("-append", "append", "with -update: send only the tail of a file that has grown", "--append"),
            _flag("-skipcrccheck", "skip_crc", "with -update: compare sizes and times, but no checksums"),
            _flag("-delete", "delete", "with -update or -overwrite: delete what is missing at the source", "--delete"),
            _value(("-xtrack",), "xtrack", "write what -delete would delete into DIR instead", "DIR"),
            _flag("-updateRoot", "update_root", "keep the attributes of the source's root, too"),
        ),
    ),
    Group(
        "attributes",
        (
            Switch(
                ("-p", "--preserve"),
                "preserve",
                "keep replication, block size, user, group, permission, checksum type, acl, xattr, times, "
                "erasure coding; without letters rbugpct",
                _kept,
                "[rbugpcaxte]",
                glued=_are_kept,
            ),
        ),
    ),
    Group(
        "how it runs",
        (
            Switch(("-m", "--maps"), "maps", "at most N tasks at once", _whole, "N", glued=str.isdigit, takes=1),
            _value(
                ("-bandwidth", "--bandwidth"),
                "bandwidth_mb",
                "at most MB MiB/s for each task",
                "MB",
                _number,
                "no limit",
            ),
            _value(
                ("-blocksperchunk",),
                "blocks_per_chunk",
                "cut files of more than N blocks into chunks of N",
                "N",
                _whole,
            ),
            _flag(
                "-atomic", "atomic", "copy into a work directory, and rename it to the target at the end", "--atomic"
            ),
            _value(("-tmp",), "work_dir_text", "the work directory of -atomic", "DIR", unset="beside the target"),
            _flag(
                "-async",
                "run_async",
                "return when the copy has begun; it goes on in a process of its own (not with Spark)",
                "--async",
            ),
            _flag(
                "-i",
                "ignore_failures",
                "let directories have their attributes (-p) though files failed; other files go on anyway, and the "
                "exit code always tells",
                "--ignore-failures",
            ),
            _value(("-log", "--log"), "log", "write a line for each file that is skipped or fails into DIR", "DIR"),
            _flag("-v", "verbose", "-log copied files, too, and show stack traces", "--verbose"),
            Switch(
                ("-D", "--property"),
                "properties",
                "set a property of Hadoop or DistCp (fs., dfs., distcp.)",
                _property,
                "KEY=VALUE",
                glued=bool,
                takes=1,
                is_list=True,
            ),
        ),
    ),
    Group(
        "limits of the whole job, shared by all its tasks",
        (
            _value(("--total-bandwidth",), "total_bandwidth_mb", "at most MB MiB/s", "MB", _number, "no limit"),
            _value(("--bandwidth-schedule",), "bandwidth_schedule", 'by time of day: "08:00,50 19:00,off"', "TIMES"),
            _value(("--requests-per-second",), "requests_per_second", "at most N to OSS", "N", _number, "no limit"),
        ),
    ),
    Group(
        "accepted, and done in another way",
        tuple(
            Switch(
                (word,),
                "notes",
                f"nothing to change: {what}",
                _instead(what, check),
                metavar,
                takes=takes,
                is_list=True,
            )
            for word, what, check, metavar, takes in (
                ("-direct", "files are always published at once, under their final name", None, "", 0),
                ("-useiterator", "listings are always streamed", None, "", 0),
                ("-numListstatusThreads", "listings run in parallel by themselves", _whole, "N", 1),
                ("-strategy", "tasks are always balanced, and taken by whoever is free", _strategy, "NAME", 1),
                ("-copybuffersize", "buffers follow --part-size", _whole, "N", 1),
                ("-filelimit", "DistCp ignores its number of files", None, "N", 1),
                ("-sizelimit", "DistCp ignores its number of bytes", None, "N", 1),
            )
        ),
    ),
    Group(
        "beyond DistCp",
        (
            _value(
                ("--layout",),
                "layout",
                "contents: the contents of each directory go into TARGET; named: each source goes to TARGET/name; "
                "distcp: that depends on TARGET, -update and the number of sources",
                "HOW",
            ),
            Switch(
                ("--include",),
                "include",
                "copy only files that match GLOB: *.gz at any depth, /d/**/*.gz from the source on, logs/ all in it; "
                "several times: any",
                str,
                "GLOB",
                takes=1,
                is_list=True,
            ),
            Switch(
                ("--exclude",),
                "exclude",
                "leave out what matches GLOB, directories with all in them; several times: any",
                str,
                "GLOB",
                takes=1,
                is_list=True,
            ),
            _value(
                ("--max-delete",),
                "max_delete",
                "refuse to delete more than N entries, or N% of the target's",
                "N|N%",
                unset="10%, but 1000 at least",
            ),
            _flag(
                "--allow-empty-source", "allow_empty_source", "let -delete empty the target of a source that is empty"
            ),
            _value(("--backup-dir",), "backup", "copy what is deleted from OSS to DIR first", "DIR"),
            _flag("--dry-run", "dry_run", "say what would be done, and touch nothing"),
            _value(
                ("--from-diff",),
                "from_diff",
                "copy exactly what a verify has listed: its --output directory, or lines of its differences.jsonl",
                "DIFF",
            ),
            _value(("--from-snapshot",), "from_snapshot", "read the source as its snapshot NAME holds it", "NAME"),
            _flag("--make-snapshot", "make_snapshot", "make the snapshot first, and drop it at the end"),
            _flag("--ignore-ledger", "ignore_ledger", "with -update and verify: do not ask the ledger of earlier runs"),
            _value(
                ("--proof-dir",),
                "proof_place",
                "leave ledger and report in DIR, too; none: nowhere",
                "DIR|none",
                unset=".hdfs2oss/proofs at the target",
            ),
            _value(("--keep-runs",), "keep_runs", "keep the records of the last N runs of a copy", "N", _whole),
            _value(
                ("--job-dir",), "job_dir", "keep the records of runs in DIR", "DIR", unset=".hdfs2oss in your HDFS home"
            ),
            _value(
                ("--oss-endpoint",), "oss_endpoint", "the OSS endpoint", "URL", unset="OSS_ENDPOINT, fs.oss.endpoint"
            ),
            _flag(
                "--fresh",
                "fresh",
                "give up a run that was killed or interrupted, instead of going on with it, and begin anew",
            ),
            _value(
                ("--credentials-file",),
                "credentials_file",
                "take the OSS keys from FILE, and newer ones whenever it changes",
                "FILE",
                unset="OSS_CREDENTIALS_FILE",
            ),
            _value(("--ram-role",), "ram_role", "take the OSS keys of this instance's RAM role, or auto", "NAME"),
            _value(("--principal",), "principal", "with --keytab: ask HDFS as this Kerberos principal", "NAME"),
            _value(("--keytab",), "keytab", "take Kerberos tickets with the key in FILE, as often as needed", "FILE"),
            _value(("--threads",), "threads", "copy threads in each task", "N", _whole, "16, or 48 onto HDFS"),
            _value(("--part-size",), "part_size_bytes", "part size of large files on OSS", "SIZE", parse_size),
            _value(
                ("--chunk-size",),
                "chunk_size_bytes",
                "cut larger files so that several tasks copy them",
                "SIZE",
                parse_size,
            ),
            _value(
                ("--proof",),
                "proof",
                "transfer: what was read is what is stored; end-to-end: and HDFS states the same checksum of the file",
                "LEVEL",
            ),
            _value(("--max-failures",), "max_failures", "end the copy when more than N files have failed", "N", _whole),
            _value(
                ("--processes",), "processes", "without Spark: processes at work", "N", _whole, "one a core, at most -m"
            ),
        ),
    ),
)
SWITCHES = tuple(switch for group in GROUPS for switch in group.switches)
# How stores are reached, and who asks them: every verb has these. And where the records of a copy are.
OF_ACCESS = ("oss_endpoint", "credentials_file", "ram_role", "principal", "keytab", "properties")
OF_RECORDS = ("source_list", "job_dir", *OF_ACCESS)

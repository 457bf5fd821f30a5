"""The options of a copy, one row each: DistCp's switches and our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..model.errors import UsageError
from ..model.units import parse_size
from .grammar import USAGE_HINT, Strangers, read_words

USAGE = "hdfs2oss [options] SOURCE... TARGET"


class Switch(NamedTuple):
    """One option: its spellings, whose field it fills (of CopyOptions, else of CopyCommand), and how."""

    words: tuple[str, ...]
    field: str
    help: str
    # Makes the value of the typed text or raises ValueError; None for an option that takes no value.
    parse: Callable[[str], object] | None = None
    metavar: str = ""
    # What holds where the field itself has no default, in words.
    unset: str = ""
    # Whether a text that follows the first spelling at once is its value.
    glued: Callable[[str], bool] | None = None

    @property
    def takes_value(self) -> bool:
        """Whether a value belongs to it."""
        return self.parse is not None


class CopyCommand(NamedTuple):
    """A copy command as it was typed: numbers and flags are checked for their form, places are still text."""

    paths: Sequence[str]
    # What was given, by field of CopyOptions.
    options: Mapping[str, Any]
    properties: Mapping[str, str]
    source_list: str = ""
    filter_list: str = ""
    log: str = ""
    job_dir: str = ""
    oss_endpoint: str = ""
    processes: int | None = None
    # The options as they can be typed again, without -f: a spelling, and its value where it takes one.
    typed: Sequence[tuple[str, str | None]] = ()


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


SWITCHES = (
    Switch(("-update", "--update"), "update", "copy only files that differ: size first, then source newer than target"),
    Switch(("-overwrite", "--overwrite"), "overwrite", "copy every file, whatever the target holds"),
    Switch(
        ("-i", "--ignore-failures"),
        "ignore_failures",
        "accepted; other files go on anyway, and the exit code always tells",
    ),
    Switch(("-v", "--verbose"), "verbose", "list every file in the -log directory, and show stack traces"),
    Switch(("-m", "--maps"), "maps", "at most N tasks at once", _whole, "N", glued=str.isdigit),
    Switch(
        ("-bandwidth", "--bandwidth"), "bandwidth_mb", "at most MB MiB/s for each task", _number, "MB", unset="no limit"
    ),
    Switch(("-log", "--log"), "log", "write a line for each file into DIR", str, "DIR"),
    Switch(("-f", "--source-list"), "source_list", "take the sources from FILE, one path a line", str, "FILE"),
    Switch(
        ("-filters", "--filters"), "filter_list", "leave out paths that match a regular expression of FILE", str, "FILE"
    ),
    Switch(("-D", "--property"), "properties", "set a Hadoop property (fs., dfs.)", _property, "KEY=VALUE", glued=bool),
    Switch(
        ("--job-dir",), "job_dir", "keep the records of runs in DIR", str, "DIR", unset=".hdfs2oss in your HDFS home"
    ),
    Switch(("--oss-endpoint",), "oss_endpoint", "the OSS endpoint", str, "URL", unset="OSS_ENDPOINT, fs.oss.endpoint"),
    Switch(("--threads",), "threads", "copy threads in each task", _whole, "N", unset="16, or 48 onto HDFS"),
    Switch(("--part-size",), "part_size_bytes", "part size of large files on OSS", parse_size, "SIZE"),
    Switch(
        ("--chunk-size",), "chunk_size_bytes", "cut larger files so that several tasks copy them", parse_size, "SIZE"
    ),
    Switch(("--max-failures",), "max_failures", "end the copy when more than N files have failed", _whole, "N"),
    Switch(
        ("--processes",), "processes", "without Spark: processes at work", _whole, "N", unset="one a core, at most -m"
    ),
)

# DistCp's switches that this version does not carry out: a command that relies on one must not run without it.
_NOT_YET = {
    "p": "preserving attributes",
    "append": "appending tails",
    "delete": "deleting what is missing at the source",
    "skipcrccheck": "it compares sizes and times only, so there is no checksum step to skip",
    "xtrack": "tracking missing files",
    "diff": "snapshot differences",
    "rdiff": "snapshot differences",
    "atomic": "an atomic switch of the whole target",
    "tmp": "a work directory for -atomic",
    "async": "leaving a copy behind",
    "strategy": "it always balances its tasks dynamically",
    "numListstatusThreads": "it lists in parallel by itself",
    "useiterator": "it always streams its listings",
    "blocksperchunk": "large files are cut by --chunk-size",
    "copybuffersize": "buffers follow --part-size",
    "direct": "files are always published at once, under their final name",
    "updateRoot": "preserving attributes of the root",
    "filelimit": "DistCp itself ignores it",
    "sizelimit": "DistCp itself ignores it",
}


def parse(argv: Sequence[str]) -> CopyCommand:
    """Read a copy command. Raises UsageError for anything that is not understood, and guesses at nothing."""
    options, paths = read_words(argv, SWITCHES, Strangers(_refuse_not_yet, _NOT_YET))
    given: dict[str, Any] = {}
    properties: dict[str, str] = {}
    for switch, text in options:
        value = _value(switch, text)
        if switch.field == "properties":
            properties.update([value])
        else:
            given[switch.field] = value
    own = {name: given.pop(name) for name in CopyCommand._fields if name in given}
    typed = [(switch.words[0], text) for switch, text in options if switch.field != "source_list"]
    command = CopyCommand(paths, given, properties, **own, typed=typed)
    _check_paths(command)
    return command


def _value(switch: Switch, text: str | None) -> Any:
    if switch.parse is None or text is None:
        return True
    try:
        return switch.parse(text)
    except ValueError as error:
        raise UsageError(f"option {'/'.join(switch.words)}: {error}", USAGE_HINT) from None


def _check_paths(command: CopyCommand) -> None:
    paths = len(command.paths)
    if command.source_list and paths != 1:
        raise UsageError("with -f, exactly one path is given: the target", USAGE_HINT)
    if not command.source_list and paths < 2:
        what = "no paths were given" if not paths else "only one path was given"
        raise UsageError(f"{what}: a copy needs a source and a target", USAGE_HINT)


def _refuse_not_yet(bare: str) -> None:
    is_preserve = bare.startswith("p") and set(bare[1:].lower()) <= set("rbugpcaxte")
    reason = _NOT_YET.get(bare) or (_NOT_YET["p"] if is_preserve else "")
    if reason:
        raise UsageError(f"DistCp's -{bare} is not available in this version ({reason})", USAGE_HINT)

"""The words of a copy command: DistCp's switches and our own, anywhere on the line, with one dash or two."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import NoReturn

from ..model.errors import UsageError
from ..model.units import parse_size

USAGE_HINT = "See hdfs2oss --help."

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
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is ours."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message.replace("argument ", "option "), USAGE_HINT)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse a copy command. Raises UsageError for anything that is not understood, and guesses at nothing."""
    _refuse_pasted_dashes(argv)
    parser = build_parser()
    options, paths = _separate(argv, parser)
    arguments = parser.parse_args(options)
    arguments.paths = paths
    return arguments


def build_parser() -> argparse.ArgumentParser:
    """The table of options; the usage text is made from it."""
    parser = _Parser(
        prog="hdfs2oss",
        usage="hdfs2oss [options] SOURCE... TARGET",
        description="Copy files and trees between HDFS and OSS, both ways, and between HDFS clusters.",
        epilog="Places: hdfs://namenode/path, oss://bucket/path, file:///path, or /path on fs.defaultFS. "
        "OSS keys: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN, OSS_ENDPOINT, or Hadoop's fs.oss.*. "
        "Exit codes: 0 all well, 1 unexpected, 2 usage, 3 survey incomplete or source missing, 4 some files failed, "
        "5 commit failed, 6 refused by a brake, 130/143 interrupted. Also: hdfs2oss local-oss --help.",
        allow_abbrev=False,
    )
    _add_switches(parser)
    _add_values(parser)
    return parser


def _add_switches(parser: argparse.ArgumentParser) -> None:
    for names, text in (
        (("-update", "--update"), "copy only files that differ: size first, then source newer than target"),
        (("-overwrite", "--overwrite"), "copy every file, whatever the target holds"),
        (("-i", "--ignore-failures"), "accepted; other files go on anyway, and the exit code always tells"),
        (("-v", "--verbose"), "list every file in the -log directory, and show stack traces"),
    ):
        parser.add_argument(*names, action="store_true", help=text)


def _add_values(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-m", "--maps", type=int, metavar="N", help="at most N tasks at once (default 20)")
    add(
        "-bandwidth",
        "--bandwidth",
        type=float,
        metavar="MB",
        help="at most MB MiB/s for each task (default: no limit)",
    )
    add("-log", "--log", metavar="DIR", help="write a line for each file into DIR")
    add("-f", "--source-list", metavar="FILE", help="take the sources from FILE, one path a line")
    add(
        "-filters",
        "--filters",
        metavar="FILE",
        help="leave out paths that match a regular expression of FILE",
    )
    add(
        "-D",
        "--property",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="properties",
        help="set a Hadoop property (fs., dfs.)",
    )
    add(
        "--job-dir",
        metavar="DIR",
        help="keep the records of runs in DIR (default: .hdfs2oss in your HDFS home)",
    )
    add("--oss-endpoint", metavar="URL", help="the OSS endpoint (default: OSS_ENDPOINT, fs.oss.endpoint)")
    add("--threads", type=int, metavar="N", help="copy threads in each task (default: 16, or 48 onto HDFS)")
    add("--part-size", type=_size, metavar="SIZE", help="part size of large files on OSS (default 16m)")
    add(
        "--chunk-size",
        type=_size,
        metavar="SIZE",
        help="cut larger files so that several tasks copy them (default 1g)",
    )
    add(
        "--processes",
        type=int,
        metavar="N",
        help="without Spark: processes at work (default: one a core, at most -m)",
    )


def _separate(argv: Sequence[str], parser: argparse.ArgumentParser) -> tuple[list[str], list[str]]:
    """Options in one form, `--name=value`, and paths; after `--` all are paths.

    argparse alone would take `-updat` for `-update` and `-foo` for `-f oo`.
    """
    actions = {name: action for action in parser._actions for name in action.option_strings}
    options: list[str] = []
    paths: list[str] = []
    words = list(argv)
    while words:
        word = words.pop(0)
        if word == "--":
            return options, paths + words
        if not word.startswith("-") or word == "-":
            paths.append(word)
            continue
        name, value = _split_value(word)
        if name not in actions:
            _refuse_unknown(word, parser)
        long_name = actions[name].option_strings[-1]
        if actions[name].nargs == 0:
            if value is not None:
                raise UsageError(f"the option {name} takes no value", USAGE_HINT)
            options.append(long_name)
            continue
        if value is None:
            if not words or _split_value(words[0])[0] in actions:
                raise UsageError(f"the option {name} needs a value", USAGE_HINT)
            value = words.pop(0)
        options.append(f"{long_name}={value}")
    return options, paths


def _split_value(word: str) -> tuple[str, str | None]:
    """`--maps=4`, `-m=4`, DistCp's glued `-m20`, Hadoop's glued `-Dkey=value`."""
    if word.startswith("-D"):
        return word[:2], word[2:] or None
    if word.startswith("-m") and word[2:].isdigit():
        return word[:2], word[2:]
    name, equals, value = word.partition("=")
    return name, value if equals else None


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _refuse_pasted_dashes(argv: Sequence[str]) -> None:
    for word in argv:
        if word[:1] in _DASHES and word[:1]:
            bare = word.lstrip(_DASHES + "-")
            raise UsageError(
                f"{word!r} begins with a dash that is not the minus sign (U+{ord(word[0]):04X}), "
                "as pasted from a web page or a document",
                f"Type it again: -{bare}",
            )


def _refuse_unknown(word: str, parser: argparse.ArgumentParser) -> NoReturn:
    bare = word.lstrip("-").split("=")[0]
    preserve = bare.startswith("p") and set(bare[1:].lower()) <= set("rbugpcaxte")
    if bare in _NOT_YET or preserve:
        reason = _NOT_YET["p" if preserve and bare not in _NOT_YET else bare]
        raise UsageError(f"DistCp's -{bare} is not available in this version ({reason})", USAGE_HINT)
    names = {name.lstrip("-"): name for action in parser._actions for name in action.option_strings}
    near = difflib.get_close_matches(bare, [*names, *_NOT_YET], 1, 0.5)
    guess = f"did you mean {names.get(near[0], '-' + near[0])}? " if near else ""
    raise UsageError(f"the option {word.split('=')[0]} is not known", guess + USAGE_HINT)

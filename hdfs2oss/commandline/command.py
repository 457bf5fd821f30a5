"""A copy command as it was typed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..model.errors import UsageError
from .grammar import USAGE_HINT, option_words, read_words
from .pasting import Typed, refuse_pasted
from .switch import Switch
from .switches import SWITCHES

USAGE = "hdfs2oss [options] SOURCE... TARGET"


class CopyCommand(NamedTuple):
    """Numbers and flags are checked for their form, places are still text."""

    paths: Sequence[str]
    # What was given, by field of CopyOptions.
    options: Mapping[str, Any]
    properties: Mapping[str, str]
    source_list: str = ""
    filter_list: str = ""
    log: str = ""
    job_dir: str = ""
    xtrack: str = ""
    work_dir_text: str = ""
    backup: str = ""
    proof_place: str = ""
    # Of a verify: where its differences go. Of a copy: where such differences come from.
    output: str = ""
    from_diff: str = ""
    oss_endpoint: str = ""
    credentials_file: str = ""
    ram_role: str = ""
    principal: str = ""
    keytab: str = ""
    hdfs_client: str = "native"
    processes: int | None = None
    # What is said of options that have nothing to change here.
    notes: tuple[str, ...] = ()
    # The options as they can be typed again, without -f: the words of each.
    typed: Sequence[tuple[str, ...]] = ()


def parse(
    argv: Sequence[str],
    typed: Typed = lambda words: shlex.join(["hdfs2oss", *words]),
    switches: Sequence[Switch] = SWITCHES,
    what: str = "a copy",
) -> CopyCommand:
    """Read a copy command, or that of another verb with such paths. Raises UsageError for anything that is not
    understood, and guesses at nothing.

    `typed` tells the command line of a command that could be run instead.
    """
    refuse_pasted(argv, typed, switches)
    options, paths = read_words(argv, switches)
    given: dict[str, Any] = {}
    for switch, texts in options:
        value = _value(switch, texts)
        given[switch.field] = (*given.get(switch.field, ()), value) if switch.is_list else value
    properties = dict(given.pop("properties", ()))
    own = {name: given.pop(name) for name in CopyCommand._fields if name in given}
    if "notes" in own:
        own["notes"] = tuple(
            f"{switch.words[0]}: {_value(switch, texts)}" for switch, texts in options if switch.field == "notes"
        )
    again = [option_words(switch, texts) for switch, texts in options if switch.field != "source_list"]
    command = CopyCommand(paths, given, properties, **own, typed=again)
    _check_paths(command, what)
    return command


def _value(switch: Switch, texts: Sequence[str]) -> Any:
    if switch.parse is None:
        return True
    try:
        return switch.parse(*texts)
    except ValueError as error:
        raise UsageError(f"option {'/'.join(switch.words)}: {error}", USAGE_HINT) from None


def _check_paths(command: CopyCommand, who: str) -> None:
    paths = len(command.paths)
    if command.source_list and paths != 1:
        raise UsageError("with -f, exactly one path is given: the target", USAGE_HINT)
    if not command.source_list and paths < 2:
        what = "no paths were given" if not paths else "only one path was given"
        raise UsageError(f"{what}: {who} needs a source and a target", USAGE_HINT)

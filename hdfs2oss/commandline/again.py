"""The commands that go on from what is on record of a pair: the retry of what failed, and the copy that a run was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model.options import CopyOptions
from ..model.uri import Uri
from .advice import WORDS_OF_RECORDS
from .command import CopyCommand
from .grammar import option_words, path_words
from .invocation import Invocation, command_lines
from .switch import Switch
from .switches import SWITCHES

# Options that are places: how run.json calls what a switch fills.
_PLACES = {
    "xtrack": "xtrack_path",
    "work_dir_text": "work_dir",
    "backup": "backup_dir",
    "proof_place": "proof_dir",
    "from_diff": "from_diff",
}
_SPELLINGS = {
    "leaves_proof": "--proof-dir none",
    "filters": "-filters",
    "compares_times": "-D distcp.update.modification.time",
    "retry_of": "hdfs2oss retry",
}
# How a run runs: nothing that another driver must be told the same.
_ELSEWHERE = ("run_async", "fresh", "dry_run", "verbose", "keep_runs", "maps", "threads")


def retry_lines(command: CopyCommand, started: Invocation, what: str) -> Iterator[str]:
    """The lines that tell the retry of the last run, with `what` before it."""
    return _lines(what, ["retry", *_words_of_records(command)], started)


def copy_lines(
    command: CopyCommand, started: Invocation, asked: Mapping[str, Any], what: str, *more: str
) -> Iterator[str]:
    """The lines that tell the very copy that a run was, by its run.json `asked`; `more` are words to be added."""
    record: Mapping[str, Any] = asked.get("options", {})
    words = [word for switch in SWITCHES for word in words_on_record(switch, record)]
    added = [word for word in more if word not in words]
    return _lines(what, ["copy", *added, *words, *_words_of_records(command)], started)


def continuing_lines(
    command: CopyCommand, started: Invocation, asked: Mapping[str, Any], what: str, *more: str
) -> Iterator[str]:
    """The same for a run that is not finished, which may be a retry."""
    if not asked.get("options", {}).get("retry_of"):
        return copy_lines(command, started, asked, what, *more)
    return _lines(what, ["retry", *more, *_words_of_records(command)], started)


def fresh_lines(command: CopyCommand, started: Invocation, what: str) -> Iterator[str]:
    """The lines that tell this command with --fresh."""
    typed = [word for option in command.typed for word in option]
    return _lines(what, ["copy", "--fresh", *typed, *_path_words(command)], started)


def spelling_of(field: str) -> str:
    """What the operator types for a field of the options."""
    named = next((name for name, one in _PLACES.items() if one == field), field)
    known = next((switch.words[0] for switch in SWITCHES if switch.field == named), field)
    return _SPELLINGS.get(field, known)


def words_on_record(switch: Switch, record: Mapping[str, Any]) -> list[str]:
    """The words of an option as a run had it; none where it was not given, or says only how the run runs.

    Of filters the patterns are on record, and not the file: FILE stands for it.
    """
    if switch.field in _ELSEWHERE or switch.field in ("log", "job_dir"):
        return []
    if switch.field == "filter_list":
        return [switch.words[0], "FILE"] if record.get("filters") else []
    if switch.field == "proof_place" and record.get("leaves_proof") is False:
        return [switch.words[0], "none"]
    if switch.field == "properties":
        return ["-D", "distcp.update.modification.time=false"] if record.get("compares_times") is False else []
    field = _PLACES.get(switch.field, switch.field)
    known = CopyOptions.model_fields.get(field)
    value = record.get(field)
    if known is None or value is None or value in (False, "", []) or value == known.default:
        return []
    if switch.parse is None:
        return [switch.words[0]]
    if field in _PLACES.values():
        return list(option_words(switch, (str(Uri(*value)),)))
    if switch.is_list:
        return [word for one in value for word in option_words(switch, (str(one),))]
    return list(option_words(switch, tuple(map(str, value)) if isinstance(value, list) else (str(value),)))


def _words_of_records(command: CopyCommand) -> list[str]:
    words = [word for option in command.typed if option[0] in WORDS_OF_RECORDS for word in option]
    return [*words, *_path_words(command)]


def _path_words(command: CopyCommand) -> list[str]:
    listed = ["-f", command.source_list] if command.source_list else []
    return [*listed, *path_words(command.paths)]


def _lines(what: str, words: Sequence[str], started: Invocation) -> Iterator[str]:
    yield what
    yield from command_lines(started, words, 1)

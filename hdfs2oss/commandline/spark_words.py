"""Whose words they are: on the wrapper's command line options of spark-submit, of hdfs2oss and its own stand mixed.

Options of spark-submit are known by their names and may stand anywhere before a lone `--`; all else is for hdfs2oss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..model.errors import UsageError
from .grammar import HELP_WORDS

_WITH_VALUE = frozenset(
    f"--{name}"
    for name in (
        *(
            "master",
            "deploy-mode",
            "conf",
            "name",
            "class",
            "queue",
            "properties-file",
            "archives",
            "files",
            "py-files",
        ),
        *("jars", "packages", "exclude-packages", "repositories", "principal", "keytab", "proxy-user", "num-executors"),
        *("executor-memory", "executor-cores", "total-executor-cores", "driver-memory", "driver-cores"),
        *("driver-java-options", "driver-library-path", "driver-class-path"),
    )
) | {"-c"}
_FLAGS = ("--supervise", "--load-spark-defaults")
# Options that say the same as a setting.
_SETTINGS = {
    "--master": "spark.master",
    "--deploy-mode": "spark.submit.deployMode",
    "--executor-cores": "spark.executor.cores",
    "--archives": "spark.archives",
}
# Lists that are given once, however often they are named.
_LISTS = ("--files", "--archives", "--py-files")
_HIDDEN = "***"
# A key before its equals sign, perhaps behind an option and another one.
_SETTING = re.compile(r"^(?:--?[A-Za-z-]+=)?[^=]+(?==)")
# What hides a value: these anywhere in its name, and those at its end. They are more than Spark hides, which finds none
# in what goes along encoded.
_INSIDE, _AT_THE_END = (
    r"secret|passw|passphrase|token|(?:access|account)[._-]?key",
    r"pwd|(?<!by)pass|credentials?|keys?",
)
_SECRET_KEY = re.compile(rf"(?i){_INSIDE}|(?:{_AT_THE_END})\s*\Z")
# Behind another setting, as -Djavax.net.ssl.trustStorePassword=... of a JVM is; and the password in a URL. A JVM takes
# what stands in quotes for one word.
_SECRETS_WITHIN = re.compile(
    rf"(?i)([\w.-]*(?:(?:{_INSIDE})[\w.-]*|{_AT_THE_END})=(?=\S)|://[^/@\s:]*:(?=[^/@\s]*@))"
    r"""(?:[^/@\s]+(?=@)|(?:"[^"]*"|'[^']*'|\S)+)"""
)


class Words(NamedTuple):
    """A command line, sorted. `spark` has options with their values, without the lists; `lists` has those."""

    spark: tuple[tuple[str, ...], ...]
    lists: Mapping[str, tuple[str, ...]]
    tool: tuple[str, ...]
    environment: str = ""
    prints: bool = False
    asks_for_help: bool = False


def sort_words(words: Sequence[str]) -> Words:
    """Raises UsageError for an option of spark-submit without its value."""
    spark: list[tuple[str, ...]] = []
    lists: dict[str, tuple[str, ...]] = {}
    tool: list[str] = []
    environment, prints = "", False
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if name in _WITH_VALUE or name == "--environment":
            if not equals:
                if not waiting:
                    raise UsageError(f"{name} needs a value")
                value = waiting.pop(0)
            if name == "--environment":
                environment = value
            elif name in _LISTS:
                lists[name] = (*lists.get(name, ()), value)
            else:
                spark.append((name, value))
        elif word in _FLAGS:
            spark.append((word,))
        elif word == "--print-command":
            prints = True
        elif word == "--":
            tool += waiting
            break
        else:
            tool.append(word)
    asks_for_help = any(word in HELP_WORDS for word in tool)
    return Words(tuple(spark), lists, tuple(tool), environment, prints, asks_for_help)


def settings_of(words: Words, defaults: Mapping[str, str]) -> dict[str, str]:
    """What Spark will have set by the command line, and by its defaults where that says nothing."""
    found = dict(defaults)
    for name, *values in words.spark:
        if name in ("--conf", "-c"):
            key, _, value = values[0].partition("=")
            found[key] = value
    named = {name: values[0] for name, *values in words.spark if values}
    named |= {name: ",".join(values) for name, values in words.lists.items()}
    return found | {key: named[name] for name, key in _SETTINGS.items() if name in named}


def properties_file(words: Words) -> str:
    """The file of --properties-file, which stands for spark-defaults.conf."""
    return next((values[0] for name, *values in reversed(words.spark) if name == "--properties-file"), "")


def read_defaults(file: Path) -> dict[str, str]:
    """Settings of a spark-defaults.conf; none where it cannot be read: what spark-submit says of that is better."""
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (re.match(r"\s*(spark\.[^\s=:]+)(?:\s*[=:]\s*|\s+)(.*?)\s*$", line) for line in lines)
    return {pair[1]: pair[2] for pair in pairs if pair}


def value_of(tool: Sequence[str], spellings: Iterable[str]) -> str:
    """The value an option of hdfs2oss has in the end; empty where it is not given."""
    return next((value for _, _, value in reversed(list(_options(tool, spellings)))), "")


def replaced(tool: Sequence[str], spellings: Iterable[str], value: str) -> tuple[str, ...]:
    """The words with another value of this option."""
    words = list(tool)
    for first, last, _ in reversed(list(_options(tool, spellings))):
        name = words[first].partition("=")[0]
        words[first : last + 1] = [name, value] if last > first else [f"{name}={value}"]
    return tuple(words)


def _options(tool: Sequence[str], spellings: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Where the option stands: its first and its last word, and its value."""
    names = {name for word in spellings for name in (word, word if word.startswith("--") else f"-{word}")}
    for position, word in enumerate(tool):
        name, equals, value = word.partition("=")
        if name in names and equals:
            yield position, position, value
        elif name in names and position + 1 < len(tool):
            yield position, position + 1, tool[position + 1]


def redacted(command: Sequence[str]) -> list[str]:
    """A command to be shown: what settings that sound secret are set to is hidden."""
    shown = list(command)
    for position, word in enumerate(shown):
        setting = _SETTING.match(word)
        if setting and _SECRET_KEY.search(setting[0]):
            shown[position] = f"{setting[0]}={_HIDDEN}"
        else:
            shown[position] = _SECRETS_WITHIN.sub(rf"\1{_HIDDEN}", word)
    return shown

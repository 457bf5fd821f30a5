"""`-D KEY=VALUE`: what is done with DistCp's keys, and with those of MapReduce that stand in so many scripts.

a row here with a field     fills that field of CopyOptions, unless an option of its own is given
a row that refuses          would change what is copied, and cannot be done: the command is refused
a row with words            changes nothing; the words say what is done instead
fs. dfs. hadoop.            are Hadoop's, and go to the stores (filesystems/hadoop_conf.py)
any other                   is named as not used
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..filesystems.hadoop_conf import unread_keys
from ..model.errors import UsageError
from .grammar import USAGE_HINT

_TRUTHS = {"true": True, "false": False}


class Settings(NamedTuple):
    """What -D says: fields of CopyOptions, and lines for the operator."""

    fields: Mapping[str, Any]
    notes: tuple[str, ...] = ()


class _Field(NamedTuple):
    name: str
    parse: Callable[[str], object]


class _Refusal(NamedTuple):
    reason: str
    hint: str


def _truth(text: str) -> bool:
    found = _TRUTHS.get(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is neither true nor false")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"invalid float value: {text!r}") from None


_JAVA = _Refusal(
    "no Java class is loaded, and without it something else would be copied",
    "Write what it leaves out as -filters FILE, or as --include and --exclude.",
)
_EXPRESSION = _Refusal(
    "it belongs to a Java class that is not loaded",
    "Write the expression into a file, one a line, and give that as -filters FILE.",
)
_LISTINGS = "listings run in parallel by themselves, and are streamed in order"
_BALANCE = "tasks are always balanced, and taken by whoever is free"
_EXECUTORS = "memory and cores of tasks are --executor-memory and --executor-cores of spark-submit"
# By key; one that ends in a dot stands for a family.
_ROWS: dict[str, _Field | _Refusal | str] = {
    "distcp.update.modification.time": _Field("compares_times", _truth),
    "distcp.map.bandwidth.mb": _Field("bandwidth_mb", _number),
    "distcp.filters.class": _JAVA,
    "distcp.copy.listing.class": _JAVA,
    "distcp.exclude-file-regex": _EXPRESSION,
    "distcp.filters.file": _Refusal("DistCp reads it from an option", "Write -filters FILE."),
    "distcp.liststatus.threads": _LISTINGS,
    "distcp.simplelisting.": _LISTINGS,
    "distcp.dynamic.": _BALANCE,
    "distcp.copy.buffer.size": "buffers follow --part-size",
    "mapreduce.job.name": "a name for the job is --name of spark-submit",
    "mapreduce.job.queuename": "a queue is --queue of spark-submit",
    "mapred.job.queue.name": "a queue is --queue of spark-submit",
    "mapreduce.map.memory.mb": _EXECUTORS,
    "mapreduce.map.java.opts": _EXECUTORS,
    "mapreduce.map.maxattempts": "how often a task is tried is --conf spark.task.maxFailures of spark-submit",
    "mapreduce.map.speculative": "no task ever runs twice at once, as in DistCp",
}


def read_properties(given: Mapping[str, str]) -> Settings:
    """What is to be done with these properties. Raises UsageError for what cannot be."""
    fields: dict[str, Any] = {}
    notes: dict[str, str] = {}
    others: dict[str, str] = {}
    for key, value in given.items():
        row = _row(key)
        if isinstance(row, _Refusal):
            raise UsageError(f"-D {key} is not available: {row.reason}", row.hint)
        if isinstance(row, _Field):
            fields[row.name] = _value(key, value, row)
        elif row is not None:
            notes[key] = row
        else:
            others[key] = value
    return Settings(fields, (*_said(notes), *_unread(others)))


def _row(key: str) -> _Field | _Refusal | str | None:
    family = key[: key.rfind(".") + 1]
    while family and family not in _ROWS:
        family = family[: family.rstrip(".").rfind(".") + 1]
    return _ROWS.get(key, _ROWS.get(family))


def _value(key: str, value: str, row: _Field) -> object:
    try:
        return row.parse(value)
    except ValueError as error:
        raise UsageError(f"-D {key}: {error}", USAGE_HINT) from None


def _said(notes: Mapping[str, str]) -> Iterator[str]:
    """Keys that are answered alike share a line."""
    for words in dict.fromkeys(notes.values()):
        named = ", ".join(f"-D {key}" for key, said in notes.items() if said == words)
        yield f"{named}: not used; {words}"


def _unread(others: Mapping[str, str]) -> Iterator[str]:
    unread = unread_keys(others)
    if unread:
        named = ", ".join(f"-D {key}" for key in unread)
        yield f"Not used by hdfs2oss: {named}. Settings of Spark and YARN are options of spark-submit."

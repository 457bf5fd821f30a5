"""From sorted words to what spark-submit is given: settings, files and the Python of the nodes in, a command out."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..model.errors import UsageError
from ..model.handover import (
    ANY_BUCKET,
    HANDOVER_FILE_VARIABLE,
    HANDOVER_VARIABLE,
    KEY_VARIABLES,
    read_handover,
    write_handover,
)
from ..model.units import DEFAULT_PART_BYTES, parse_size
from ..model.uri import UriSecrets
from ..rules.memory import overhead_mib
from .java_words import go_by_java
from .nodes_python import NodesPython
from .spark_words import Words, replaced, value_of
from .switches import SWITCHES
from .wrapper_words import WRAPPER_VARIABLE

KEYS_FILE = "hdfs2oss.keys"
# Options that name a file of the gateway, by field, and how it is called beside a driver in the cluster.
_TRAVELLING = {"source_list": "hdfs2oss.sources", "filter_list": "hdfs2oss.filters"}
# Of the environment, what a driver in the cluster needs beside keys.
_SENT_ALONG = (
    *("OSS_ENDPOINT", "OSS_REGION", "OSS_SIGNATURE_VERSION"),
    # Who gives the keys, where that is none of the environment: the same there as here.
    *("OSS_CREDENTIALS_FILE", "ALIBABA_CLOUD_ECS_METADATA", "ALIBABA_CLOUD_ECS_METADATA_DISABLED"),
    *("ALIBABA_CLOUD_IMDSV1_DISABLED", "HDFS2OSS_METADATA_URL"),
)
# Of the environment of a driver in YARN.
_YARN_VARIABLE = "spark.yarn.appMasterEnv."
# In the name of a file Spark takes these for a pattern, or for the end of the name.
_NOT_IN_NAMES = re.compile(r"[*?\[\]{}\\,]")


class Submission(NamedTuple):
    """What is run: the command, what is changed of the environment, and whether the driver runs in the cluster."""

    command: tuple[str, ...]
    variables: Mapping[str, str]
    in_cluster: bool


def is_cluster(settings: Mapping[str, str]) -> bool:
    """Whether tasks run on other machines."""
    return bool(settings.get("spark.master")) and not settings["spark.master"].startswith("local")


def runs_in_cluster(settings: Mapping[str, str]) -> bool:
    """Whether the driver runs there, too."""
    return settings.get("spark.submit.deployMode") == "cluster"


def keys_to_send(environment: Mapping[str, str]) -> str:
    """Keys for a driver in the cluster, which no environment reaches: all that this one holds, as the file's text."""
    keys = read_handover(environment)
    for names in KEY_VARIABLES:
        key_id, secret, token = (environment.get(name, "") for name in names)
        if key_id and secret:
            keys.setdefault(ANY_BUCKET, UriSecrets(key_id, secret, token))
    return write_handover(keys)


def refuse_to_send_keys(settings: Mapping[str, str]) -> None:
    """Raise UsageError where a key file would lie open: only YARN keeps files for one user."""
    master = settings.get("spark.master", "yarn")
    if not master.startswith("yarn"):
        raise UsageError(
            f"keys cannot be handed safely to a driver in the cluster of {master}",
            "Use --deploy-mode client, or fs.oss.* keys in a Hadoop credential provider.",
        )


def compose(
    submit: str, job: str, words: Words, settings: Mapping[str, str], python: NodesPython, more: Travelling
) -> Submission:
    """The command. What the user has set is never set again."""
    added = dict(python.settings)
    master = settings.get("spark.master", "")
    if master.startswith(("yarn", "k8s")):
        added |= _memory(words, settings)
    added |= more.settings
    spark = [word for option in words.spark for word in option]
    for key, value in added.items():
        spark += ["--conf", f"{key}={value}"]
    for name, values in _lists(words, python, more).items():
        spark += [name, ",".join(values)]
    command = (submit, *spark, job, *more.tool)
    return Submission(command, {**python.variables, **more.variables}, runs_in_cluster(settings))


class Travelling(NamedTuple):
    """What goes along to a driver in the cluster: the words as they are there, files, settings, and how a file was
    typed that bears another name there. Variables are for one that runs here."""

    tool: tuple[str, ...]
    files: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    names: Mapping[str, str] = {}
    variables: Mapping[str, str] = {}


def travelling(
    words: Words, settings: Mapping[str, str], environment: Mapping[str, str], keys_file: str, tag: str
) -> Travelling:
    """What a driver in the cluster would miss; nothing for one that runs here.

    `keys_file` is where the keys are, empty when there are none. Lists and filters of this machine lie in the driver's
    working directory there, under names of ours.
    """
    if not runs_in_cluster(settings):
        return Travelling(words.tool)
    tool, files, added, names = words.tool, list[str](), dict[str, str](), dict[str, str]()
    for field, name in _TRAVELLING.items():
        spellings = _spellings(field)
        typed = value_of(tool, spellings)
        path = _file_here(typed, is_list=field == "source_list")
        if path:
            if not os.access(path, os.R_OK):
                raise UsageError(f"{path} cannot be read", "Nothing was submitted.")
            if _NOT_IN_NAMES.search(path):
                raise UsageError(
                    f"{path} cannot travel: spark-submit takes some of its characters for a pattern",
                    "Give it a plain name. Nothing was submitted.",
                )
            files.append(f"file://{urllib.parse.quote(path)}#{name}")
            names[f"file://./{name}"] = typed
            tool = replaced(tool, spellings, f"file://./{name}")
    if settings.get("spark.master", "yarn").startswith("yarn"):
        tags = settings.get("spark.yarn.tags", "")
        added["spark.yarn.tags"] = f"{tags},{tag}" if tags else tag
        if keys_file:
            files.append(keys_file)
            added[f"{_YARN_VARIABLE}{HANDOVER_FILE_VARIABLE}"] = KEYS_FILE
        for name in _SENT_ALONG:
            if "@" in environment.get(name, ""):
                raise UsageError(
                    f"{name} holds a user or keys before its host, and would be on the command line of spark-submit",
                    "Write it as https://host, and give the keys as OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET.",
                )
            if environment.get(name):
                added.setdefault(f"{_YARN_VARIABLE}{name}", environment[name])
    return Travelling(tool, tuple(files), added, names)


def with_call(more: Travelling, settings: Mapping[str, str], call: str) -> Travelling:
    """The same with how the wrapper was called, for the driver; other clusters than YARN give it no environment."""
    if not runs_in_cluster(settings):
        # Also an empty one: what this wrapper was given was how another one was called.
        return more._replace(variables={WRAPPER_VARIABLE: call})
    if not call or not settings.get("spark.master", "yarn").startswith("yarn"):
        return more
    return more._replace(settings={**more.settings, f"{_YARN_VARIABLE}{WRAPPER_VARIABLE}": call})


def without_keys(environment: Mapping[str, str], in_cluster: bool) -> dict[str, str]:
    """The environment of spark-submit: a driver elsewhere has its keys in a file, and nothing here needs them."""
    return {name: value for name, value in environment.items() if not (in_cluster and name == HANDOVER_VARIABLE)}


def _memory(words: Words, settings: Mapping[str, str]) -> dict[str, str]:
    threads, size = value_of(words.tool, _spellings("threads")), value_of(words.tool, _spellings("part_size_bytes"))
    most = int(threads) if re.fullmatch(r"\d+", threads) else None
    part = None
    with suppress(ValueError):
        part = parse_size(size)
    if most is not None and not size:
        part = DEFAULT_PART_BYTES
    by_java = go_by_java(value_of(words.tool, _spellings("hdfs_client")), words.tool)
    found = {}
    if not any(settings.get(f"spark.executor.memoryOverhead{end}") for end in ("", "Factor")):
        found["spark.executor.memoryOverhead"] = f"{overhead_mib(_tasks_at_once(settings), most, part, by_java)}m"
    if runs_in_cluster(settings) and not any(
        settings.get(f"spark.driver.memoryOverhead{end}") for end in ("", "Factor")
    ):
        found["spark.driver.memoryOverhead"] = f"{overhead_mib(1, by_java=by_java)}m"
    return found


def _tasks_at_once(settings: Mapping[str, str]) -> int:
    cores, each = (settings.get(name, "1") for name in ("spark.executor.cores", "spark.task.cpus"))
    return max(1, int(cores) // max(1, int(each))) if cores.isdigit() and each.isdigit() else 1


def _lists(words: Words, python: NodesPython, more: Travelling) -> dict[str, Sequence[str]]:
    lists: dict[str, Sequence[str]] = dict(words.lists)
    if python.archive:
        lists["--archives"] = (*lists.get("--archives", ()), python.archive)
    if more.files:
        lists["--files"] = (*lists.get("--files", ()), *more.files)
    return lists


def _spellings(field: str) -> tuple[str, ...]:
    return next(switch.words for switch in SWITCHES if switch.field == field)


def _file_here(named: str, is_list: bool) -> str:
    """The path of a file of this machine; empty for one that lies elsewhere. A list without a scheme is on the default
    file system, a file of filters is not (DistCp)."""
    scheme, separator, rest = named.partition(":")
    if separator and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return "/" + rest.lstrip("/") if scheme.lower() == "file" else ""
    return "" if is_list or not named else str(Path(named).absolute())

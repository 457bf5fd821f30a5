"""With which words this process was started, and the one function that tells a command to be typed next.

What was typed is the wrapper's command where that was called, spark-submit's where that was, else hdfs2oss. A command
is quoted for a shell, holds no secret, and says what has to be known beside it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..model.errors import UsageError
from ..model.handover import (
    HANDOVER_FILE_VARIABLE,
    HANDOVER_VARIABLE,
    holds_secrets,
    read_handover,
    split_secrets,
)
from .spark_words import sort_words
from .wrapper_words import WrapperWords, read_words

_KEYS = "Give the OSS keys as before, or set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET first."
_HIDDEN = "*** stands for a secret that is not repeated here."
_SPARK_SUBMIT = "org.apache.spark.deploy.SparkSubmit"
_AS_BEFORE = "Give spark-submit the options that it had before."


class Invocation(NamedTuple):
    """How this process was started: the words before those of the copy, and what the shell had to know."""

    program: Sequence[str]
    environment: Mapping[str, str]
    # What has to be said of `program`, where it is not all that was typed.
    remark: str = ""
    # Where the wrapper was called: its words.
    wrapper: WrapperWords | None = None


def command_lines(started: Invocation, words: Sequence[str], kept: int = 0) -> Iterator[str]:
    """The lines that tell a command, and what has to be known to run it."""
    yield f"  {command_line(started, words, kept)}"
    if started.remark:
        yield f"  {started.remark}"
    if any(started.environment.get(name) for name in (HANDOVER_VARIABLE, HANDOVER_FILE_VARIABLE)):
        yield f"  {_KEYS}"


def command_line(started: Invocation, words: Sequence[str], kept: int = 0) -> str:
    """The command with these words, to be pasted into a shell; only the first `kept` of them where they hold a
    secret."""
    told = _with_endpoints(words, started.environment)
    if holds_secrets(told):
        told = [*told[:kept], "..."]
    program = list(started.program)
    if started.wrapper is not None:
        told = [started.wrapper.names.get(word, word) for word in told]
        if not _are_for_us(program[1:], told):
            program.append("--")
    return shlex.join([*program, *told])


def _are_for_us(options: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the wrapper gives us these words, and no others, behind such options."""
    try:
        found = sort_words([*options, *words])
    except UsageError:
        return False
    return found.tool == tuple(words) and not found.prints


def _with_endpoints(words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The words as they were typed: an endpoint that stood beside keys left the command line with them."""
    endpoints = {bucket: keys.endpoint for bucket, keys in read_handover(environment).items() if keys.endpoint}
    return [_with_endpoint(word, endpoints) for word in words]


def _with_endpoint(word: str, endpoints: Mapping[str, str]) -> str:
    scheme, marker, rest = word.partition("://")
    bucket, slash, path = rest.partition("/")
    if scheme.lower() != "oss" or bucket not in endpoints:
        return word
    return f"{scheme}{marker}{bucket}.{endpoints[bucket]}{slash}{path}"


def invocation(entry: str, argv: Sequence[str], environment: Mapping[str, str]) -> Invocation:
    """The words before those of the command; `argv` is that of this process, `entry` as for `cli.main`."""
    typed = read_words(environment) if entry == "spark-submit" else None
    if typed is not None:
        return Invocation(typed.program, environment, _HIDDEN if typed.hides else "", typed)
    if entry == "spark-submit":
        return _of_spark(argv, _words_of(os.getppid()), environment)
    script = Path(argv[0])
    if script.name != "hdfs2oss":
        return Invocation([sys.executable, "-m", "hdfs2oss"], environment)
    return Invocation([script.name if shutil.which(script.name) else str(script)], environment)


def _of_spark(argv: Sequence[str], parent: Sequence[str], environment: Mapping[str, str]) -> Invocation:
    """spark-submit is the parent of a driver that runs where it was started; its own options stand before ours."""
    python = environment.get("PYSPARK_PYTHON")
    words = ["env", f"PYSPARK_PYTHON={python}"] if python else []
    home = environment.get("SPARK_HOME", "")
    words.append("spark-submit" if shutil.which("spark-submit") else os.path.join(home, "bin", "spark-submit"))
    options = _options_of_spark(argv, parent)
    if options is None:
        return Invocation([*words, argv[0]], environment, _AS_BEFORE)
    return Invocation([*words, *options, argv[0]], environment)


def _options_of_spark(argv: Sequence[str], parent: Sequence[str]) -> list[str] | None:
    if _SPARK_SUBMIT not in parent:
        return None
    given = list(parent[parent.index(_SPARK_SUBMIT) + 1 :])
    if given[-len(argv) + 1 :] != list(argv[1:]) or len(given) < len(argv):
        return None
    with suppress(UsageError):
        clean, _ = split_secrets(given[: len(given) - len(argv)], for_spark=True)
        return clean
    return None


def _words_of(process: int) -> list[str]:
    try:
        text = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(word) for word in text.split(b"\0")[:-1]]

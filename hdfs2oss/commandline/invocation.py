"""With which words this process was started, so that it can be started again."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..model.errors import UsageError
from ..model.handover import split_secrets
from .advice import Invocation

_SPARK_SUBMIT = "org.apache.spark.deploy.SparkSubmit"
_AS_BEFORE = "Give spark-submit the options that it had before."


def invocation(entry: str, argv: Sequence[str], environment: Mapping[str, str]) -> Invocation:
    """The words before those of the command; `argv` is that of this process, `entry` as for `cli.main`."""
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

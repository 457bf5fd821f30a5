"""The Spark of this machine: where its spark-submit is, and how old. It starts no JVM for that, if it can be helped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..model.errors import UsageError

_OLDEST = (3, 5)
_VERSION_SECONDS = 120
_JAR = re.compile(r"^spark-core_[\d.]+-(\d+\.\d+[^/]*)\.jar$")


class Spark(NamedTuple):
    """`home` is empty where it cannot be told, as for a script of a distribution that starts the real one."""

    submit: str
    home: str


def find_spark(environment: Mapping[str, str], python: str) -> Spark:
    """That of SPARK_HOME, else of the PATH, else of the pyspark beside a Python. Raises UsageError for none."""
    home = environment.get("SPARK_HOME", "")
    if home:
        submit = os.path.join(home, "bin", "spark-submit")
        if not os.access(submit, os.X_OK):
            raise UsageError(f"SPARK_HOME is {home}, but {submit} cannot be run", "Set SPARK_HOME to where Spark is.")
        return Spark(submit, home)
    beside = os.path.join(os.path.dirname(python), "spark-submit")
    found = shutil.which("spark-submit", path=environment.get("PATH")) or (
        beside if python and os.access(beside, os.X_OK) else ""
    )
    if not found:
        raise UsageError(
            "there is no spark-submit on the PATH", "Set SPARK_HOME, or install pyspark beside the Python."
        )
    return Spark(found, next((str(one) for one in _homes_of(Path(found)) if (one / "jars").is_dir()), ""))


def refuse_old(spark: Spark) -> None:
    """Raise UsageError for a Spark that is too old; one that does not tell is let pass."""
    version = _version_of_jars(spark.home) or _version_by_asking(spark.submit)
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers and numbers < _OLDEST:
        raise UsageError(
            f"{spark.submit} is of Spark {version}, which is too old: 3.5 or newer is needed",
            "Set SPARK_HOME to a newer one, or run hdfs2oss without Spark on this machine.",
        )


def _homes_of(submit: Path) -> Iterator[Path]:
    for place in (submit.resolve(), submit):
        yield place.parents[1]
        # pip puts the script beside Python, and the rest among its packages.
        yield from place.parents[1].glob("lib/python3*/site-packages/pyspark")


def _version_of_jars(home: str) -> str:
    with suppress(OSError):
        found = (_JAR.match(name) for name in (os.listdir(os.path.join(home, "jars")) if home else ()))
        return next((match[1] for match in found if match), "")
    return ""


def _version_by_asking(submit: str) -> str:
    try:
        said = subprocess.run(
            [submit, "--version"], capture_output=True, text=True, errors="replace", timeout=_VERSION_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\bversion (\d+\.\d+\S*)", said.stderr + said.stdout)
    return found[1] if found else ""

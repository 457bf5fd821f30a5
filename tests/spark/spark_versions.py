"""Spark of several versions, as it is on PyPI: each in a folder of its own, in the user's cache."""

import os
import sys
from pathlib import Path

from tests.conformance.downloads import fetched, run_tool
from tests.sandbox.java import QUICK_FLAGS

# The last 3.5, and the newest 4.
VERSIONS = ("3.5.9", "4.3.0")


def spark_home(version: str) -> Path:
    """Its SPARK_HOME; about 450 MiB are downloaded the first time."""
    asked = f"pyspark=={version}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", "packages", asked]
    folder = fetched(f"pyspark-{version}", [asked], lambda place: run_tool(f"Spark {version}", command, place))
    return folder / "packages/pyspark"


def bare_environment(folder: Path, home: Path) -> dict[str, str]:
    """What the shell of a node or of an operator has: Spark, Java, and a python3 without packages."""
    folder.mkdir(exist_ok=True)
    (folder / "python3").symlink_to("/usr/bin/python3")
    names = ("JAVA_HOME", "HOME", "LANG", "TMPDIR")
    return {
        **{name: os.environ[name] for name in names if name in os.environ},
        "PATH": f"{folder}:/usr/bin:/bin",
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SUBMIT_OPTS": " ".join(QUICK_FLAGS),
    }

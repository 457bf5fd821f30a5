"""YARN's own client, in a JVM of its own: it is asked from where no other JVM lives, or none any more.

Standard library only, as bin/hdfs2oss4emr.sh asks, too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping

APPLICATION = re.compile(r"\bapplication_\d+_\d+\b")
_CLIENT = "org.apache.hadoop.yarn.client.cli.ApplicationCLI"
_ASK_SECONDS = 120


class YarnCommand:
    """By Spark's own jars where `spark_class` (the program that starts a class with them) is known, else by Hadoop's
    command; the `environment` says where the ResourceManager is, and who asks."""

    def __init__(self, spark_class: str, environment: Mapping[str, str]) -> None:
        self._spark_class = spark_class
        self._environment = environment

    def find(self, tag: str) -> str:
        """The application that bears a tag; empty where none does, or nobody tells."""
        listed = self._ask("-list", "-appTags", tag, "-appStates", "ALL") if tag else None
        found = APPLICATION.search(listed or "")
        return found[0] if found else ""

    def kill(self, application: str) -> bool:
        """End it; False where that could not be asked for. One that has ended already counts as ended."""
        return self._ask("-kill", application) is not None

    def _ask(self, *words: str) -> str | None:
        """What the client says; None when it cannot be asked, or fails."""
        before = [self._spark_class, _CLIENT] if self._spark_class else [shutil.which("yarn") or ""]
        if not before[0]:
            return None
        try:
            done = subprocess.run(
                [*before, "application", *words],
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_ASK_SECONDS,
                # The Ctrl-C that is the reason for asking reaches the whole group, perhaps twice.
                start_new_session=True,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None


def spark_class_of(home: str) -> str:
    """The program of a SPARK_HOME that starts any class with its jars; empty where there is none."""
    path = os.path.join(home, "bin", "spark-class")
    return path if home and os.access(path, os.X_OK) else ""

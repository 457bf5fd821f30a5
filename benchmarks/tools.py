"""The command lines of the tools that are compared."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.sandbox.java import java_command

from .run import Command

PROJECT = Path(__file__).resolve().parent.parent
# The Java client waits 400 ms after each small file it closes unless told otherwise; 20 ms is kind to DistCp.
_DELAY = "-Ddfs.client.block.write.locateFollowingBlock.initial.delay.ms=20"

# What runs at once: processes of ours, cores of Spark's, maps of DistCp's (the local runner has one otherwise).
SLOTS = 2

# (source, target, whether only what differs) -> command
Tool = Callable[[str, str, bool], Command]


def tools(env: dict[str, str]) -> dict[str, Tool]:
    """All tools by name, ours first; each copies the contents of a source directory into a target directory."""
    return {
        f"hdfs2oss ({SLOTS} processes)": lambda source, target, update: _hdfs2oss(env, source, target, update),
        f"hdfs2oss on Spark local[{SLOTS}]": lambda source, target, update: _spark(env, source, target, update),
        "DistCp + hadoop-aliyun": lambda source, target, update: _distcp(env, source, target, update),
    }


def _mode(update: bool) -> str:
    return "-update" if update else "-overwrite"


def _hdfs2oss(env: dict[str, str], source: str, target: str, update: bool) -> Command:
    return Command((sys.executable, "-m", "hdfs2oss", _mode(update), "--processes", str(SLOTS), source, target), env)


def _spark(env: dict[str, str], source: str, target: str, update: bool) -> Command:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shim = str(PROJECT / "jobs" / "hdfs2oss.py")
    words = ("spark-submit", "--master", f"local[{SLOTS}]", shim, _mode(update), source, target)
    return Command(words, {**env, "PATH": path})


def _distcp(env: dict[str, str], source: str, target: str, update: bool) -> Command:
    class_path = Path(env["HADOOP_CLASSPATH_FILE"]).read_text().strip()
    java = java_command(class_path, "org.apache.hadoop.tools.DistCp", 512)
    local = ("-Dmapreduce.framework.name=local", f"-Dmapreduce.local.map.tasks.maximum={SLOTS}")
    options = (_DELAY, *local, _mode(update), "-direct", "-m", str(SLOTS), "-bandwidth", "10000")
    return Command((*java, *options, source, target), env)

"""The tools that are compared: what each is called, its command line, and what it proves."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox.java import java_command

from .command import PROJECT, Command
from .places import Job
from .stage import Stage

SLOTS = 2
"""What runs at once: processes of ours, cores of Spark's, maps of DistCp's (its local runner has one otherwise)."""
_HEAP_MIB = 512
_PROVEN = re.compile(r"^Files proven to have arrived as they were: (.*)\.$", re.MULTILINE)
_DELAY_KEY = "dfs.client.block.write.locateFollowingBlock.initial.delay.ms"
"""How long Hadoop's client waits after each small file that it closes; 400 ms unless told otherwise."""


@dataclass(frozen=True)
class Tool:
    """`proof` is what the tool states of each file, or how that is found in its output.

    `arrives` is false of what moves the bytes of one side alone: there is nothing to be looked at.
    `of` names the tool whose target is looked at once more with -update; its own if empty. `missing` says why the
    tool cannot run.
    """

    name: str
    command: Callable[[Stage, Job], Command]
    proof: str | Callable[[str], str] = "none"
    arrives: bool = True
    of: str = ""
    missing: str = ""

    def proof_in(self, output: str) -> str:
        return self.proof if isinstance(self.proof, str) else self.proof(output)


def ours() -> list[Tool]:
    """Both runners."""
    processes = f"ours, {SLOTS} processes"
    return [
        Tool(processes, _ours, proven),
        Tool(f"ours, Spark local[{SLOTS}]", _ours_on_spark, proven, of=processes),
    ]


def distcp(delay_ms: int | None = None, *, on_yarn: bool = False) -> Tool:
    """DistCp with hadoop-aliyun, with the delay after small files at its default or as given."""
    runner = "YARN" if on_yarn else f"{SLOTS} local maps"
    delay = "" if delay_ms is None else f", {delay_ms} ms after a close"
    return Tool(
        f"DistCp, {runner}{delay}",
        lambda stage, job: _distcp(stage, job, delay_ms, on_yarn),
        "length",
        of=ours()[0].name,
    )


def floor() -> Tool:
    """A plain loop over oss2, one file after the other."""
    return Tool("a plain loop, oss2, 1 thread", lambda stage, job: _module(stage, job, "floor"), "none")


def limits() -> list[Tool]:
    """The limit pair: the same bytes read into nothing, and written from memory."""
    return [
        Tool("limit: read only", lambda stage, job: _module(stage, job, "limit", "read"), "", arrives=False),
        Tool("limit: written only", lambda stage, job: _module(stage, job, "limit", "write"), "", arrives=False),
    ]


def trivial_task() -> Tool:
    """What Spark takes for one Python task that does nothing."""
    script = str(PROJECT / "benchmarks" / "trivial_task.py")
    return Tool("spark-submit of a trivial task", lambda stage, job: _spark_submit(stage, script), "", arrives=False)


def proven(output: str) -> str:
    """Levels of proof, as a run folded them of its ledger; `1 by transfer` is told as `transfer`."""
    found = _PROVEN.search(output)
    return ", ".join(re.findall(r"by ([\w-]+)", found.group(1))) if found else "-"


def _mode(job: Job) -> str:
    return "-update" if job.is_update else "-overwrite"


def _ours(stage: Stage, job: Job) -> Command:
    words = (sys.executable, "-m", "hdfs2oss", _mode(job), "--processes", str(SLOTS), *_urls(stage, job))
    return Command(words, stage.env)


def _ours_on_spark(stage: Stage, job: Job) -> Command:
    return _spark_submit(stage, str(PROJECT / "jobs" / "hdfs2oss.py"), _mode(job), *_urls(stage, job))


def _spark_submit(stage: Stage, script: str, *words: str) -> Command:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return Command(
        ("spark-submit", "--master", f"local[{SLOTS}]", script, *words),
        {**stage.env, "PATH": path, "PYSPARK_PYTHON": sys.executable},
    )


def _distcp(stage: Stage, job: Job, delay_ms: int | None, on_yarn: bool) -> Command:
    class_path = Path(stage.env["HADOOP_CLASSPATH_FILE"]).read_text().strip()
    java = java_command(class_path, "org.apache.hadoop.tools.DistCp", _HEAP_MIB)
    options = [f"-D{_DELAY_KEY}={delay_ms}"] if delay_ms is not None else []
    options.append(f"-Dmapreduce.framework.name={'yarn' if on_yarn else 'local'}")
    options.append(f"-Dmapreduce.local.map.tasks.maximum={SLOTS}")
    if on_yarn:
        # Containers have an environment of their own, and the keys stand in no file.
        keys = ",".join(f"{name}={stage.env[name]}" for name in ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"))
        options += [f"-Dmapreduce.map.env={keys}", f"-Dyarn.app.mapreduce.am.env={keys}"]
    # DistCp takes -skipcrccheck, which saves it a call a file, with -update only.
    options += ["-update", "-skipcrccheck", "-direct", "-m", str(SLOTS), "-bandwidth", "10000"]
    return Command((*java, *options, *_urls(stage, job)), stage.env, stage.node_manager if on_yarn else 0)


def _module(stage: Stage, job: Job, module: str, *words: str) -> Command:
    return Command((sys.executable, "-m", f"benchmarks.{module}", *words, *_urls(stage, job)), stage.env)


def _urls(stage: Stage, job: Job) -> tuple[str, str]:
    return job.source.url(stage.env), job.target.url(stage.env)

"""What a copy asks of Spark, and how many tasks a cluster runs at once. Pure: settings in, settings out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model.errors import UsageError
from ..rules.memory import overhead_mib

# From 1 MiB on Spark writes a closure to disk, in the clear, on the driver and on every executor.
_MOST_CLOSURE_BYTES = 512 * 1024
_LOCAL = re.compile(r"^local(?:\[(\*|\d+)(?:,\s*(\d+))?\])?$")
_LOCAL_CLUSTER = re.compile(r"^local-cluster\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]$")

_ALWAYS = {
    # Two attempts at one file at the same time help nobody and double the traffic.
    "spark.speculation": "false",
}
_UNLESS_SET = {
    "spark.app.name": "hdfs2oss",
    "spark.task.maxFailures": "8",
    "spark.python.worker.reuse": "true",
    "spark.scheduler.mode": "FAIR",
    "spark.locality.wait": "500ms",
    "spark.decommission.enabled": "true",
    "spark.task.reaper.enabled": "true",
    "spark.task.reaper.killTimeout": "60s",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.redaction.regex": "(?i)secret|passw|token|access[.]?key|hdfs2oss_keys|oss://[^/]*:[^/]*@",
}
_ON_CLUSTERS = {
    "spark.excludeOnFailure.enabled": "true",
    # When a task has failed on every node there is, Spark waits for a new one: two minutes by default.
    "spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout": "30s",
}


def settings_for(version: str, current: Mapping[str, str], verbose: bool, by_java: bool = False) -> dict[str, str]:
    """What to set, given Spark's version and what the user has set; the user wins except over _ALWAYS.

    `by_java` is for tasks that have a JVM each."""
    wanted = dict(_UNLESS_SET)
    master = current.get("spark.master", "")
    if not is_local(master):
        wanted |= _ON_CLUSTERS
    if verbose:
        wanted["spark.log.level"] = "WARN"
    if is_local(master) and _version_numbers(version) >= (4, 1):
        # Without it each task waits 40 ms for a delayed acknowledgement on loopback. Not on clusters: in a
        # YARN container the socket's path is longer than the system allows, and no worker starts.
        wanted["spark.python.unix.domain.socket.enabled"] = "true"
    if master.startswith("yarn"):
        # A driver that was killed has not succeeded.
        wanted["spark.yarn.am.clientModeTreatDisconnectAsFailed"] = "true"
    if master.startswith(("yarn", "k8s")) and "spark.executor.memoryOverheadFactor" not in current:
        wanted["spark.executor.memoryOverhead"] = f"{overhead_mib(tasks_per_executor(current), by_java=by_java)}m"
    return {key: value for key, value in wanted.items() if key not in current} | _ALWAYS


def refuse_large_closure(size_bytes: int) -> None:
    """Raise UsageError for what travels with every task and would not stay in memory."""
    most = _MOST_CLOSURE_BYTES // 1024
    if size_bytes >= _MOST_CLOSURE_BYTES:
        raise UsageError(
            f"the description of this run takes {size_bytes // 1024} KiB and at most {most} travel",
            "Give fewer sources or filters in one run.",
        )


def is_local(master: str) -> bool:
    """Whether tasks run in the driver's own process tree."""
    return bool(_LOCAL.match(master))


def shares_machine(master: str) -> bool:
    """Whether all tasks run on the driver's machine."""
    return master.startswith("local")


def most_attempts(settings: Mapping[str, str]) -> int:
    """How often Spark tries a task. `local[2]` never retries, `local[2,4]` tries four times."""
    local = _LOCAL.match(settings.get("spark.master", ""))
    if local:
        return int(local[2] or 1)
    return int(settings.get("spark.task.maxFailures", "4"))


def most_slots(settings: Mapping[str, str], cores_here: int) -> int | None:
    """How many tasks can ever run at once; None when the cluster may grow without a known end."""
    master = settings.get("spark.master", "")
    local, cluster = _LOCAL.match(master), _LOCAL_CLUSTER.match(master)
    if local:
        return cores_here if local[1] == "*" else int(local[1] or 1)
    if cluster:
        return int(cluster[1]) * int(cluster[2])
    if settings.get("spark.dynamicAllocation.enabled", "false").lower() == "true":
        executors = settings.get("spark.dynamicAllocation.maxExecutors", "")
    elif master.startswith(("yarn", "k8s")):
        executors = settings.get("spark.executor.instances", "2")
    else:
        cores = settings.get("spark.cores.max", "")
        return max(1, int(cores) // _cpus_per_task(settings)) if cores.isdigit() else None
    return int(executors) * tasks_per_executor(settings) if executors.isdigit() else None


def tasks_per_executor(settings: Mapping[str, str]) -> int:
    """How many tasks an executor runs at once, by Spark's settings."""
    return max(1, int(settings.get("spark.executor.cores", "1")) // _cpus_per_task(settings))


def _cpus_per_task(settings: Mapping[str, str]) -> int:
    return max(1, int(settings.get("spark.task.cpus", "1")))


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])

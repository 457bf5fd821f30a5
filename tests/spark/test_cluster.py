"""Unfit nodes, on two executors with JVMs of their own: what local[2] cannot show, for it never retries."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.uri import Uri
from tests.spark.conftest import PROJECT, QUICK_JVM
from tests.trees import Place

pytestmark = [pytest.mark.spark, pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture
def on_cluster(tmp_path):
    def run(function, *numbers, job="cluster_job.py", master="local-cluster[2,1,512]"):
        environment = {
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "SPARK_SUBMIT_OPTS": QUICK_JVM,
            "PYSPARK_SUBMIT_ARGS": f"--master {master} --conf spark.executor.memory=512m"
            f" --conf 'spark.executor.extraJavaOptions={QUICK_JVM}'"
            " --conf spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout=5s"
            " --conf spark.ui.enabled=false pyspark-shell",
        }
        script = str(Path(__file__).with_name(job))
        done = subprocess.run(
            [sys.executable, script, function, str(tmp_path), *map(str, numbers)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=550,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    yield run
    # Spark's stand-in for a cluster keeps its logs in the installed package.
    shutil.rmtree(Path(importlib.util.find_spec("pyspark").origin).with_name("work"), ignore_errors=True)


@pytest.mark.full
def test_a_task_on_an_unfit_node_is_tried_again_elsewhere(on_cluster):
    reports, error, counts, slots = on_cluster("refuse_first_try")
    assert error is None
    ((task, attempt),) = reports
    assert (task, attempt.split("-")[0]) == (1, "1")
    assert counts["Failed map tasks"] == 1
    assert counts["Launched map tasks"] == 2
    assert slots == 2


def test_when_no_node_is_fit_the_error_is_ours_in_one_line(on_cluster, tmp_path):
    reports, error, _, _ = on_cluster("refuse_always")
    assert reports == []
    name, message, hint = error
    assert (name, message) == ("Unreachable", "the NameNode hdfs://nn:8020 does not answer")
    assert hint.startswith("Look at the network. Seen on the node ")
    assert len(list(tmp_path.glob("try-*"))) >= 2


def test_an_executor_without_a_route_to_the_target_costs_no_file(on_cluster, tmp_path):
    for number in range(12):
        (tmp_path / "source").mkdir(exist_ok=True)
        (tmp_path / "source" / f"{number:02d}").write_bytes(b"x" * 1000)
    copied, failed, error = on_cluster("copy_without_route", job="cluster_copy.py")
    assert (copied, failed, error) == (12, 0, None)
    assert len(list((tmp_path / "target").iterdir())) == 12
    tries = (tmp_path / "tries").read_text().split()
    assert {"with", "without"} <= set(tries), tries


def test_with_more_slots_than_were_asked_for_a_slow_one_does_one_task_and_the_others_do_the_rest(on_cluster, tmp_path):
    # Three cores, of which two may work: nothing is dealt out to them beforehand.
    reports, error, counts, slots = on_cluster("first_waits_for_all_others", 8, 2, master="local[3]")
    assert error is None
    assert sorted(reports) == list(range(1, 9))
    assert slots == 2
    assert counts["Launched map tasks"] == 8
    running = most = 0
    for line in (tmp_path / "order").read_text().split():
        running += 1 if line[0] == "+" else -1
        most = max(most, running)
    assert most == 2
    assert (tmp_path / "order").read_text().split()[-1] == "-1"


def executors() -> list[int]:
    """The JVMs of executors that this process has started, by way of others, and that have begun with a task: those
    have processes of their own."""
    parents: dict[int, int] = {}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The name before them may hold anything.
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if "CoarseGrainedExecutorBackend" in (folder / "cmdline").read_text():
                found.append(int(folder.name))

    def is_ours(pid: int) -> bool:
        while pid > 1 and pid != os.getpid():
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return [pid for pid in found if is_ours(pid) and pid in parents.values()]


@pytest.mark.full
def test_an_executor_that_is_killed_costs_no_file(on_cluster, tmp_path):
    tree = {f"d{number % 5}/f{number:03d}": b"%d" % number for number in range(400)}
    killed: list[int] = []
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"]) as server:
        stores = StoreConfig(oss={"lake": OssAccess(server.endpoint, "id", "secret")})
        Place(Uri("file", "", f"{tmp_path}/source"), stores).make(tree)
        server.plan.replace([Rule("latency", method="PUT", seconds=0.3)])

        def kill_one() -> None:
            deadline = time.monotonic() + 400
            while sum(hits for _, hits in server.plan.state()) < 40 and time.monotonic() < deadline:
                time.sleep(0.02)
            killed.extend(executors()[:1])
            os.kill(killed[0], signal.SIGKILL)

        killer = threading.Thread(target=kill_one)
        killer.start()
        code, discrepancy, copied, failed_tasks = on_cluster(server.endpoint, job="cluster_lake.py")
        killer.join()
        target = Place(Uri("oss", "lake", "/target"), stores)
        assert (code, discrepancy, copied) == (0, "", len(tree))
        assert failed_tasks >= 1, killed
        assert target.read() == tree
        assert open_filesystem(target.uri, stores).find_uploads(target.uri.path) == []
        close_filesystems()

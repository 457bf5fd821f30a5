"""A host of a standalone cluster is lost, with all that runs on it: the copy ends whole on the other."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from tests.sandbox import Sandbox
from tests.sandbox.profiles import PROFILES
from tests.sandbox.spark_cluster import WORKER_HOSTS, spark_home
from tests.sandbox.state import STATE_ROOT
from tests.sandbox_stores import SandboxStores
from tests.spark.conftest import PROJECT, QUICK_JVM
from tests.spark.test_yarn import put
from tests.spark.test_yarn_ends import ENOUGH, wait_for

pytestmark = [pytest.mark.spark, pytest.mark.hdfs, pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(1500)]

FILES = {f"{number:02d}": os.urandom(1 << 20) for number in range(24)}
# In parts, so that the host that goes may take an upload that is half there with it.
FILES["large"] = os.urandom(12 << 20)


@pytest.fixture
def cluster(sandbox_name):
    started = Sandbox(sandbox_name(), **PROFILES["spark"])
    started.up()
    return started


def test_the_copy_ends_whole_when_the_host_that_copies_is_lost(cluster, tmp_path):
    facts = cluster.env()
    for name, data in FILES.items():
        put(f"{facts['SANDBOX_WEBHDFS']}/webhdfs/v1/lost/{name}", data)
    target = SandboxStores(cluster).oss("/lost")
    words = ["--master", facts["SANDBOX_SPARK"], "--executor-memory", "512m", "--driver-memory", "512m"]
    words += ["--conf", "spark.ui.enabled=false", "--conf", f"spark.executor.extraJavaOptions={QUICK_JVM}"]
    words += ["-bandwidth", "1", "-m", "2", "--part-size", "1m", "--layout", "contents"]
    python = {"PYSPARK_PYTHON": sys.executable, "SPARK_SUBMIT_OPTS": QUICK_JVM, "SPARK_HOME": str(spark_home())}
    # What a path of the tests' own would be for executors, Spark does not hand on.
    words += ["--conf", f"spark.executorEnv.PYTHONPATH={PROJECT}"]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [PROJECT / "bin/hdfs2oss4emr.sh", *words, f"{facts['SANDBOX_HDFS']}/lost", str(target)],
            env={**os.environ, **facts, **python, "PYTHONPATH": str(PROJECT)},
            stdout=said,
            stderr=said,
        )
    try:
        wait_for(lambda: target.read(), process)
        lost = next(service for service in WORKER_HOSTS if copies_on(cluster, service))
        lose_host(cluster, lost)
        assert len(target.read()) < len(FILES)
        assert process.wait(ENOUGH) == 0, (tmp_path / "said").read_text()
    finally:
        process.kill()
        process.wait()
    assert target.read() == FILES
    assert open_filesystem(target.uri, target.stores).find_uploads(target.uri.path) == []
    assert f"FILES_COPIED={len(FILES)}" in (tmp_path / "said").read_text()


def processes_of(cluster, service):
    """What the worker has started: executors and their Python, which work in its folder."""
    place = STATE_ROOT / cluster.name / "spark" / service
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(folder / "cwd")).is_relative_to(place):
                yield int(folder.name), (folder / "cmdline").read_bytes()


def copies_on(cluster, service):
    """Whether Python is at work there."""
    return any(b"pyspark.daemon" in words for _, words in processes_of(cluster, service))


def lose_host(cluster, service):
    (worker,) = (one.pid for one in cluster.status() if one.name == service)
    os.kill(worker, signal.SIGKILL)
    for pid, _ in list(processes_of(cluster, service)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

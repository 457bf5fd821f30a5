"""The Java client within executors: each task's process has a JVM of its own, which finds its jars on its node."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox import Sandbox
from tests.sandbox_stores import SandboxStores
from tests.spark.conftest import PROJECT, QUICK_JVM
from tests.trees import Place

pytestmark = [pytest.mark.spark, pytest.mark.hdfs, pytest.mark.full, pytest.mark.timeout(1200)]

SPARK_SUBMIT = Path(sys.executable).with_name("spark-submit")
FILES: dict[str, bytes | None] = {f"d{number % 3}/f {number}": os.urandom(10_000) for number in range(12)}


def submit(sandbox: Sandbox, *words: object) -> "subprocess.CompletedProcess[str]":
    """A copy on two executors that are processes of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OSS_", "SPARK", "PYSPARK"))}
    for name in ("CLASSPATH", "HADOOP_HOME", "HADOOP_CLASSPATH"):
        kept.pop(name, None)
    shell = {**kept, **sandbox.env(), "PYSPARK_PYTHON": sys.executable, "SPARK_SUBMIT_OPTS": QUICK_JVM}
    command = [SPARK_SUBMIT, "--master", "local-cluster[2,1,1024]", "--conf", "spark.ui.enabled=false"]
    command += ["--executor-memory", "512m", PROJECT / "jobs/hdfs2oss.py", *words]
    return subprocess.run(
        list(map(str, command)), env=shell, capture_output=True, text=True, timeout=550, check=False, cwd=PROJECT
    )


@pytest.fixture
def ends(sandbox: Sandbox, tmp_path: Path) -> tuple[Place, Place]:
    stores = SandboxStores(sandbox)
    return stores.hdfs(f"/{tmp_path.name}").make(FILES), stores.oss(f"/{tmp_path.name}")


def test_executors_read_and_write_hdfs_by_java_with_the_jars_of_their_spark(sandbox, ends) -> None:
    lake, bucket = ends
    done = submit(sandbox, "--hdfs-client", "jvm", lake, bucket)
    assert done.returncode == 0, done.stdout + done.stderr
    assert bucket.read() == FILES
    back = Place(lake.uri.parent.join(f"{lake.uri.name}-back"), lake.stores)
    done = submit(sandbox, "--hdfs-client", "jvm", bucket, back)
    assert done.returncode == 0, done.stdout + done.stderr
    assert back.read() == FILES

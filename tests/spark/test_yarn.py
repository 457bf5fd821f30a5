"""A real YARN, and the wrapper on it: with the driver here and in the cluster. One file, as YARN starts once."""

import json
import os
import subprocess
import sys
import urllib.request

import pytest

from tests.sandbox.state import STATE_ROOT
from tests.spark.conftest import PROJECT, QUICK_JVM

pytestmark = [pytest.mark.spark, pytest.mark.yarn, pytest.mark.hdfs]


def test_a_sandbox_with_yarn_has_an_active_node_and_still_serves_files(yarn_sandbox):
    assert [service.name for service in yarn_sandbox.status()][-2:] == ["resourcemanager", "nodemanager"]
    with urllib.request.urlopen(f"{yarn_sandbox.env()['SANDBOX_YARN']}/ws/v1/cluster/metrics", timeout=30) as answer:
        assert json.load(answer)["clusterMetrics"]["activeNodes"] == 1
    assert yarn_sandbox.hadoop_shell("-test", "-d", "/user").returncode == 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", ["client", "cluster"])
def test_a_copy_runs_on_yarn_and_its_keys_stay_nowhere(yarn_sandbox, tmp_path, mode):
    variables = yarn_sandbox.env()
    key_id, secret = variables.pop("OSS_ACCESS_KEY_ID"), variables.pop("OSS_ACCESS_KEY_SECRET")
    endpoint = variables.pop("OSS_ENDPOINT").removeprefix("http://")
    put(f"{variables['SANDBOX_WEBHDFS']}/webhdfs/v1/yarn-{mode}/a", os.urandom(100_000))
    words = ["--master", "yarn", "--deploy-mode", mode, "--num-executors", "1"]
    words += ["--executor-memory", "512m", "--driver-memory", "512m", f"{variables['SANDBOX_HDFS']}/yarn-{mode}"]
    for one in ("spark.executor", "spark.driver" if mode == "cluster" else "spark.yarn.am"):
        words += ["--conf", f"{one}.extraJavaOptions={QUICK_JVM}"]
    target = f"{variables['SANDBOX_BUCKET']}.{endpoint}/yarn-{mode}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OSS_", "SPARK", "PYSPARK"))}
    done = subprocess.run(
        [PROJECT / "bin/hdfs2oss4emr.sh", *words, f"oss://{key_id}:{secret}@{target}"],
        env={
            **clean,
            **variables,
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_SUBMIT_OPTS": QUICK_JVM,
            "TMPDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if mode == "client":
        assert done.stdout.splitlines()[-1].endswith("does succeed !!!")
    assert secret not in done.stdout + done.stderr
    assert not list(tmp_path.glob("hdfs2oss.*"))
    paths = list((STATE_ROOT / yarn_sandbox.name / "yarn").rglob("*"))
    assert any(path.name == "stderr" for path in paths)
    holders = {path.name for path in paths if holds(path, secret)}
    # YARN's cache keeps the file that the wrapper sends along, for the containers' user only; --help says so.
    assert holders <= ({"hdfs2oss.keys"} if mode == "cluster" else set())


def holds(path, secret):
    """Whether a file holds the secret; YARN may be clearing up at the same time."""
    try:
        return path.is_file() and secret.encode() in path.read_bytes()
    except FileNotFoundError:
        return False


def put(url, data):
    """Write a file through WebHDFS."""
    request = urllib.request.Request(f"{url}?op=CREATE&overwrite=true&user.name=root", method="PUT")
    opener = urllib.request.build_opener(KeepRedirect)
    with opener.open(request, timeout=30) as answer:
        location = answer.headers["Location"]
    with urllib.request.urlopen(urllib.request.Request(location, data, method="PUT"), timeout=30):
        pass


class KeepRedirect(urllib.request.HTTPErrorProcessor):
    def http_response(self, request, response):
        return response

"""A real YARN, and the wrapper on it: with the driver here and in the cluster. One file, as YARN starts once."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.sandbox.state import STATE_ROOT
from tests.sandbox_stores import SandboxStores
from tests.spark.conftest import PROJECT, QUICK_JVM

pytestmark = [pytest.mark.spark, pytest.mark.yarn, pytest.mark.hdfs]


def test_a_sandbox_with_yarn_has_an_active_node_and_still_serves_files(yarn_sandbox):
    assert [service.name for service in yarn_sandbox.status()][-2:] == ["resourcemanager", "nodemanager"]
    with urllib.request.urlopen(f"{yarn_sandbox.env()['SANDBOX_YARN']}/ws/v1/cluster/metrics", timeout=30) as answer:
        assert json.load(answer)["clusterMetrics"]["activeNodes"] == 1
    assert yarn_sandbox.hadoop_shell("-test", "-d", "/user").returncode == 0


def submission(sandbox, tmp_path, name, mode, *options):
    """The words and the environment of a copy of /NAME into the bucket; and the secret that they hold."""
    variables = sandbox.env()
    key_id, secret = variables.pop("OSS_ACCESS_KEY_ID"), variables.pop("OSS_ACCESS_KEY_SECRET")
    endpoint = variables.pop("OSS_ENDPOINT").removeprefix("http://")
    words = ["--master", "yarn", "--deploy-mode", mode, "--num-executors", "1"]
    words += ["--executor-memory", "512m", "--driver-memory", "512m"]
    # With its pages Spark 4.3 does not always start, where YARN answers at the very moment at which it makes them.
    words += ["--conf", "spark.ui.enabled=false"]
    for one in ("spark.executor", "spark.driver" if mode == "cluster" else "spark.yarn.am"):
        words += ["--conf", f"{one}.extraJavaOptions={QUICK_JVM}"]
    words += [*options, f"{variables['SANDBOX_HDFS']}/{name}"]
    words += [f"oss://{key_id}:{secret}@{variables['SANDBOX_BUCKET']}.{endpoint}/{name}"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OSS_", "SPARK", "PYSPARK"))}
    python = {"PYSPARK_PYTHON": sys.executable, "SPARK_SUBMIT_OPTS": QUICK_JVM, "TMPDIR": str(tmp_path)}
    return [PROJECT / "bin/hdfs2oss4emr.sh", *words], {**clean, **variables, **python}, secret


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [pytest.param("client", marks=pytest.mark.full), "cluster"])
def test_a_copy_runs_on_yarn_and_its_keys_stay_nowhere(yarn_sandbox, tmp_path, mode):
    name = f"yarn-{mode}"
    put(f"{yarn_sandbox.env()['SANDBOX_WEBHDFS']}/webhdfs/v1/{name}/a", os.urandom(100_000))
    words, environment, secret = submission(yarn_sandbox, tmp_path, name, mode)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=500)
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


@pytest.mark.full
@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_the_second_attempt_of_an_application_goes_on_with_the_run_of_the_first_at_once(yarn_sandbox, tmp_path):
    facts, files = yarn_sandbox.env(), {f"{number:02d}": os.urandom(1 << 20) for number in range(40)}
    for name, data in files.items():
        put(f"{facts['SANDBOX_WEBHDFS']}/webhdfs/v1/yarn-again/{name}", data)
    # One file a second, so that the first attempt is killed in the middle of them.
    options = ["--conf", "spark.yarn.maxAppAttempts=2", "-bandwidth", "1", "-m", "1"]
    words, environment, _ = submission(yarn_sandbox, tmp_path, "yarn-again", "cluster", *options)
    target = SandboxStores(yarn_sandbox).oss("/yarn-again")
    with (tmp_path / "said").open("w") as said:
        running = subprocess.Popen(words, env=environment, stdout=said, stderr=said)
        try:
            deadline = time.monotonic() + 500
            while len(target.read()) < 2 and running.poll() is None and time.monotonic() < deadline:
                time.sleep(0.5)
            assert len(target.read()) < len(files)
            (master,) = application_masters(yarn_sandbox, attempt=1)
            os.kill(master, signal.SIGKILL)
            assert running.wait(500) == 0, (tmp_path / "said").read_text()
        finally:
            running.kill()
    assert target.read() == files
    logs = [path.read_text(errors="replace") for path in (STATE_ROOT / yarn_sandbox.name / "yarn").rglob("std*")]
    # Nobody waited for the first attempt's heartbeat to go stale, and nothing was surveyed again.
    assert any(re.search(r"Continuing run \S+, begun .*; its survey is \d", log) for log in logs)
    assert not any("another run of the same copy is going on" in log for log in logs)


def application_masters(sandbox, attempt):
    """The processes that are the master of an attempt of an application."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        is_master = b"org.apache.spark.deploy.yarn.ApplicationMaster\0" in words and words.split(b"\0")[0].endswith(
            b"java"
        )
        is_here = f"{STATE_ROOT / sandbox.name}/".encode() in environment
        if (
            is_master
            and is_here
            and re.search(rb"\0CONTAINER_ID=container_[\d_e]*_%02d_000001\0" % attempt, environment)
        ):
            found.append(int(folder.name))
    return found


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

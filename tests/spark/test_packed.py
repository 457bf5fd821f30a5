"""What `make dist` makes, on clusters whose nodes have none of our packages: a standalone one, and a real YARN."""

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, open_filesystem
from tests.spark.conftest import PROJECT, QUICK_JVM
from tests.spark.standalone import bare_environment, standalone_cluster
from tests.spark.test_yarn import put

pytestmark = [pytest.mark.spark, pytest.mark.full, pytest.mark.timeout(1500)]

SPARK_HOME = Path(importlib.util.find_spec("pyspark").origin).parent
WRAPPER = PROJECT / "bin/hdfs2oss4emr.sh"
FILES = {f"d{number % 3}/f{number}": os.urandom(10_000) for number in range(12)}
SUBMIT_SECONDS = 700


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """An operator's shell on a gateway; its python3, like the nodes', is bare."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "python3").symlink_to("/usr/bin/python3")
    environment = {**bare_environment(folder, SPARK_HOME), "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    ask = subprocess.run(["python3", "-c", "import hdfs_native"], env=environment, capture_output=True, timeout=60)
    assert ask.returncode == 1
    return environment


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, shell):
    with standalone_cluster(tmp_path_factory.mktemp("standalone"), shell) as url:
        yield url


@pytest.fixture(scope="module")
def in_hdfs(yarn_sandbox):
    """A tree on HDFS, with what a copy of it must know."""
    facts = yarn_sandbox.env()
    for name, data in FILES.items():
        put(f"{facts['SANDBOX_WEBHDFS']}/webhdfs/v1/packed/{name}", data)
    return facts


def submit(words, environment, facts, target):
    """Copy the tree to OSS by a command, and look at what arrived."""
    names = ("HADOOP_CONF_DIR", "OSS_ENDPOINT", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET")
    paths = [f"{facts['SANDBOX_HDFS']}/packed", f"oss://{facts['SANDBOX_BUCKET']}/{target}", "--layout", "contents"]
    done = subprocess.run(
        [*map(str, words), *paths],
        env={**environment, **{name: facts[name] for name in names}},
        capture_output=True,
        text=True,
        timeout=SUBMIT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    access = OssAccess(facts["OSS_ENDPOINT"], facts["OSS_ACCESS_KEY_ID"], facts["OSS_ACCESS_KEY_SECRET"])
    from hdfs2oss.model.uri import Uri

    uri = Uri("oss", facts["SANDBOX_BUCKET"], f"/{target}")
    store = open_filesystem(uri, StoreConfig(oss={facts["SANDBOX_BUCKET"]: access}))
    assert {name: store.read_bytes(uri.join(name).path) for name in FILES} == FILES
    return done


SMALL = ["--conf", "spark.ui.enabled=false", "--executor-memory", "512m", "--driver-memory", "512m"]
SMALL += ["--conf", f"spark.executor.extraJavaOptions={QUICK_JVM}"]


def test_zip_and_archive_on_a_standalone_cluster(dist, cluster, shell, in_hdfs, tmp_path):
    subprocess.run(["tar", "xzf", dist.archive, "-C", tmp_path], check=True, timeout=300)
    words = [SPARK_HOME / "bin/spark-submit", "--master", cluster, *SMALL, "--py-files", dist.code]
    words += ["--archives", f"{dist.archive}#environment", "--conf", "spark.pyspark.python=./environment/bin/python3"]
    words += ["--conf", f"spark.pyspark.driver.python={tmp_path}/bin/python3", dist.job]
    submit(words, shell, in_hdfs, "zip-standalone")


def test_the_wheel_where_each_node_has_it_on_a_standalone_cluster(dist, cluster, shell, in_hdfs, tmp_path):
    venv.create(tmp_path / "venv", with_pip=False)
    (packages,) = (tmp_path / "venv").glob("lib/python3*/site-packages")
    (mine,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", packages]
    subprocess.run([*install, dist.wheel], check=True, timeout=300)
    # What the wheel requires; the package itself is found above it.
    (packages / "required.pth").write_text(f"{mine}\n")
    environment = {**shell, "PYSPARK_PYTHON": str(tmp_path / "venv/bin/python")}
    job = next(packages.glob("share/hdfs2oss/jobs/hdfs2oss.py"))
    words = [SPARK_HOME / "bin/spark-submit", "--master", cluster, *SMALL, job]
    submit(words, environment, in_hdfs, "wheel-standalone")


def test_the_wrapper_sends_the_environment_to_a_standalone_cluster(dist, cluster, shell, in_hdfs):
    words = [WRAPPER, "--master", cluster, *SMALL, "--environment", dist.archive]
    done = submit(words, shell, in_hdfs, "wrapper-standalone")
    assert done.stdout.splitlines()[-1].endswith("does succeed !!!")


@pytest.mark.yarn
@pytest.mark.hdfs
@pytest.mark.parametrize("mode", ["client", "cluster"])
def test_the_wrapper_sends_the_environment_to_yarn(dist, shell, in_hdfs, tmp_path, mode):
    (tmp_path / "filters").write_text(".*/no-such-file\n")
    words = [WRAPPER, "--master", "yarn", "--deploy-mode", mode, "--num-executors", "1", *SMALL]
    words += ["--conf", f"spark.yarn.jars=local:{SPARK_HOME}/jars/*", "--environment", dist.archive]
    words += ["--conf", f"spark.executorEnv.PATH={shell['PATH']}", "-filters", tmp_path / "filters"]
    words += ["--conf", f"spark.yarn.appMasterEnv.PATH={shell['PATH']}"]
    done = submit(words, shell, in_hdfs, f"wrapper-yarn-{mode}")
    if mode == "cluster":
        assert "hdfs2oss4emr.sh: the driver runs in the cluster, as application_" in done.stderr
        report = next(line for line in done.stderr.splitlines() if line.startswith("hdfs2oss4emr.sh: report: hdfs://"))
        assert report.endswith("/report.json")

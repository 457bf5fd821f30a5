"""One Spark session for all tests that run inside the test's own process; pyspark allows no second one."""

import os
import sys
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.rules.layout import Layout
from hdfs2oss.tasks.context import RunContext
from tests.sandbox.java import QUICK_FLAGS

PROJECT = Path(__file__).resolve().parents[2]
# For the JVM of spark-submit, and for the servers and executors that Spark starts.
QUICK_JVM = " ".join(QUICK_FLAGS)
# Tests import each other's tables by their full names.
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))


VARIABLES = ("HADOOP_CONF_DIR", "PYTHONPATH", "PYSPARK_SUBMIT_ARGS", "PYSPARK_PYTHON", "SPARK_SUBMIT_OPTS")


# Which Spark reads only once somebody uses HDFS.
HDFS_SITE = """<configuration>
  <property><name>dfs.namenode.http-address.lake.nn1</name><value>nn1:9870</value></property>
</configuration>
"""


@pytest.fixture(scope="session")
def spark_runner(tmp_path_factory):
    from hdfs2oss.runners.spark import SparkRunner

    # Workers import the task functions of the tests from here.
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PROJECT), before["PYTHONPATH"] or ""]).rstrip(os.pathsep)
    os.environ["SPARK_SUBMIT_OPTS"] = QUICK_JVM
    os.environ["HADOOP_CONF_DIR"] = str(tmp_path_factory.mktemp("conf"))
    Path(os.environ["HADOOP_CONF_DIR"], "hdfs-site.xml").write_text(HDFS_SITE)
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--master local[2] --driver-memory 1g --conf spark.ui.enabled=false --conf spark.app.name=from-conf"
        " --conf spark.speculation=true pyspark-shell"
    )
    runner = SparkRunner(most_at_once=2)
    yield runner
    runner.close()
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture
def make_context(tmp_path):
    def make(secret="", filters=()):
        target = Uri("file", "", str(tmp_path))
        options = CopyOptions(target=target, filters=filters)
        stores = StoreConfig({"fs.oss.accessKeySecret": secret})
        return RunContext(options, Layout(target, (), True), stores, target, "run-1")

    return make

"""One Spark session for all tests that run inside the test's own process; pyspark allows no second one."""

import json
import os
import subprocess
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
WRAPPER = PROJECT / "bin/hdfs2oss4emr.sh"
JOB = str(PROJECT / "jobs/hdfs2oss.py")
# A spark-submit that only writes down how it was called.
# What the processes of a test hold, wherever they are: all have the name of its folder in their environment. Others on
# the machine may well have a word such as SECRET on their command lines.
OURS = """#!{python}
import glob, json, os, sys, time
def ours():
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            line, held = (open(folder + "/" + name, "rb").read() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if os.fsencode(os.path.dirname({record!r})) in line + held:
            yield line.decode("utf-8", "replace"), held.decode("utf-8", "replace")
"""
RECORDER = """
lines = [line for line, held in ours()]
argv = sys.argv[1:]
files = argv[argv.index("--files") + 1].split(",") if "--files" in argv else []
contents = {{name: [open(name).read(), os.stat(name).st_mode & 0o777] for name in files if os.path.exists(name)}}
record = dict(argv=argv, environment=dict(os.environ), processes=lines, pid=os.getpid(), contents=contents)
with open({record!r} + ".new", "w") as file:
    json.dump(record, file)
os.rename({record!r} + ".new", {record!r})
time.sleep(float(os.environ.get("LINGER", "0")))
sys.exit(int(os.environ.get("EXIT_CODE", "0")))
"""
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


@pytest.fixture
def submitted(tmp_path):
    """Runs the wrapper and gives its process with what spark-submit saw."""
    record = tmp_path / "record.json"
    recorder = tmp_path / "bin/spark-submit"
    recorder.parent.mkdir()
    recorder.write_text((OURS + RECORDER).format(python=sys.executable, record=str(record)))
    recorder.chmod(0o755)
    # Where its version is looked up.
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars/spark-core_2.13-4.0.1.jar").touch()

    def run(*words, line="", **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("OSS_", "SPARK", "PYSPARK"))}
        done = subprocess.run(
            ["bash", "-c", line] if line else [str(WRAPPER), *words],
            env={**clean, "PATH": f"{recorder.parent}:{os.environ['PATH']}", "TMPDIR": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=150,
        )
        return done, json.loads(record.read_text()) if record.exists() else None

    return run

"""A standalone cluster that does nothing: the operator reads what is waited for, and where to look."""

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.ports import choose_ports
from tests.spark.conftest import PROJECT, QUICK_JVM
from tests.spark.test_submit import JOB, SPARK_SUBMIT, environment

pytestmark = [pytest.mark.spark, pytest.mark.faults]

SPARK_CLASS = Path(sys.executable).with_name("spark-class")


@contextlib.contextmanager
def running(*command: object, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        list(map(str, command)),
        env=environment(PYTHONPATH=str(PROJECT), **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    hang = threading.Timer(200, process.kill)
    hang.start()
    try:
        yield process
    finally:
        hang.cancel()
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=150)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    """What was said up to the line that has the pattern, or all of it."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if re.search(pattern, line):
            break
    return said


def copy(tmp_path: Path, port: int, pattern: str) -> str:
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("x")
    words = [f"file://{source}", f"file://{tmp_path}/target", "--job-dir", f"file://{tmp_path}/jobs"]
    master = ["--master", f"spark://127.0.0.1:{port}", "--conf", "spark.ui.enabled=false"]
    with running(SPARK_SUBMIT, *master, JOB, *words) as process:
        return wait_for(process, pattern)


def test_a_master_without_workers_is_told_apart_from_a_slow_copy(tmp_path: Path) -> None:
    port = choose_ports(["master"], {})["master"]
    words = ["--host", "127.0.0.1", "--port", port, "--webui-port", "0"]
    quick = {"SPARK_LOG_DIR": str(tmp_path), "SPARK_DAEMON_JAVA_OPTS": QUICK_JVM}
    with running(SPARK_CLASS, "org.apache.spark.deploy.master.Master", *words, **quick) as master:
        wait_for(master, "New state: ALIVE")
        said = copy(tmp_path, port, "no executor has registered")
    assert re.search(r"Spark: 1 task waits, no executor has registered with app-\S+ yet; the master's web page", said)


@pytest.mark.full
def test_a_master_that_is_not_there_is_told(tmp_path: Path) -> None:
    port = choose_ports(["master"], {})["master"]
    said = copy(tmp_path, port, "has not accepted")
    assert f"Spark: spark://127.0.0.1:{port} has not accepted this application yet; is the master running" in said

"""A driver in the cluster, as who submitted it sees it: stand-ins play spark-submit and the client of YARN."""

import io
import os
import signal
import subprocess
import sys
import time

import pytest

from hdfs2oss.commandline.spark_here import Spark
from hdfs2oss.commandline.watching import Watch
from tests.spark.conftest import PROJECT

ID = "application_1700000000000_0042"
SAYS = f"INFO YarnClientImpl: Submitted application {ID}"


@pytest.fixture
def spark(tmp_path):
    """Whose spark-class writes down what it is asked, and knows one application by its tag."""
    tool = tmp_path / "home/bin/spark-class"
    tool.parent.mkdir(parents=True)
    tool.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n'
        f'case "$*" in *"-appTags known"*) echo "{ID} hdfs2oss SPARK" ;; esac\n'
    )
    tool.chmod(0o755)
    return Spark("spark-submit", str(tmp_path / "home"))


def watched(spark, script, now=time.monotonic):
    messages = io.StringIO()
    watch = Watch(spark, "tag", os.environ, messages, now)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        return watch.run(["sh", "-c", script], {}), messages.getvalue(), watch.application
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", 0),
        ("exit 1", 1),
        ("echo 'ERROR Client: diagnostics: User application exited with status 4' >&2; exit 1", 4),
        ("echo 'Final app status: FAILED, exitCode: 8, (reason: User application exited with 8)' >&2; exit 1", 8),
        ("echo 'failed 2 times due to AM Container exited with exitCode: 13' >&2; exit 1", 1),
        # What a try before the last one ended with counts for nothing.
        ("echo 'User application exited with status 4' >&2; exit 0", 0),
    ],
)
def test_the_exit_code_is_that_of_the_driver_where_spark_submit_tells_it(spark, script, code):
    assert watched(spark, script)[0] == code


def test_the_application_is_named_once_and_what_is_said_goes_on(spark):
    code, said, application = watched(spark, f"echo '{SAYS}' >&2; echo 'state of {ID}: RUNNING' >&2")
    assert (code, application) == (0, ID)
    assert said.splitlines()[0] == SAYS
    assert said.count(f"hdfs2oss4emr.sh: the driver runs in the cluster, as {ID}") == 1


def test_what_waits_in_a_queue_is_said_soon_and_then_once_a_minute(spark):
    report = f"Application report for {ID} (state: ACCEPTED)"
    clock = iter([100.0, 109.0, 110.0, 169.0, 171.0])
    code, said, _ = watched(spark, f"for i in 1 2 3 4 5; do echo '{report}' >&2; done", lambda: next(clock))
    assert code == 0
    words = [line.partition(": ")[2] for line in said.splitlines() if "waits in a queue" in line]
    assert [word.partition("YARN, ")[2].partition(" by now")[0] for word in words] == ["10 s", "1 m 11 s"]
    assert words[0].endswith(f"yarn application -status {ID}")


def test_a_spark_submit_that_cannot_be_run_is_named(spark):
    messages = io.StringIO()
    assert Watch(spark, "", os.environ, messages).run(["/nowhere/spark-submit"], {}) == 2
    assert "/nowhere/spark-submit cannot be run" in messages.getvalue()


@pytest.mark.parametrize(
    ("says", "tag", "asked", "said"),
    [
        (SAYS, "t", [f"-kill {ID}"], f"interrupted; {ID} was killed"),
        ("quiet", "known", ["-list -appTags known -appStates ALL", f"-kill {ID}"], f"interrupted; {ID} was killed"),
        ("quiet", "other", ["-list -appTags other -appStates ALL"], "interrupted; no application had been submitted"),
    ],
)
def test_a_signal_kills_the_application_also_where_its_name_was_not_said(spark, tmp_path, says, tag, asked, said):
    program = (
        "import os, sys; from hdfs2oss.commandline.watching import Watch;"
        "from hdfs2oss.commandline.spark_here import Spark;"
        f"sys.exit(Watch(Spark('', {spark.home!r}), {tag!r}, os.environ)"
        f".run(['sh', '-c', 'echo {says} >&2; touch {tmp_path}/began; exec sleep 300'], {{}}))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 100
    while not (tmp_path / "began").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=100)[1]
    assert process.returncode == 143, told
    assert said in told
    lines = (tmp_path / "asked").read_text().splitlines()
    assert [line.partition(" application ")[2] for line in lines] == asked


def test_a_session_that_ends_kills_nothing_where_nohup_asked_for_that(spark):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        code, said, _ = watched(spark, f"echo '{SAYS}' >&2; kill -HUP {os.getpid()}; exit 0")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert code == 0
    assert "killed" not in said

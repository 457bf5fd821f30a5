"""How a copy ends on a real YARN, and how YARN sees it: exit codes, signals, a queue that is full."""

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.sandbox.spark_cluster import spark_home
from tests.sandbox.state import STATE_ROOT
from tests.sandbox_stores import SandboxStores
from tests.spark.conftest import PROJECT
from tests.spark.test_yarn import put, submission
from tests.spark.yarn_queue import applications, ended, full_queue

pytestmark = [pytest.mark.spark, pytest.mark.yarn, pytest.mark.hdfs, pytest.mark.full, pytest.mark.timeout(1500)]

MODES = ("client", "cluster")
ENOUGH = 600.0


class Shell:
    """An operator who copies one tree, in one mode, again and again."""

    def __init__(self, sandbox, folder, name, mode):
        self.sandbox, self.folder, self.name, self.mode = sandbox, folder, name, mode
        self.before = set(applications(sandbox))
        self.target = SandboxStores(sandbox).oss(f"/{name}")

    def make(self, files):
        for name, data in files.items():
            put(f"{self.sandbox.env()['SANDBOX_WEBHDFS']}/webhdfs/v1/{self.name}/{name}", data)

    def command(self, *options):
        # Nothing is uploaded but what is ours.
        quick = ["--conf", f"spark.yarn.jars=local:{spark_home()}/jars/*", *options]
        words, environment, _ = submission(self.sandbox, self.folder, self.name, self.mode, *quick)
        return words, {**environment, "PYTHONPATH": str(PROJECT), "SPARK_HOME": str(spark_home())}

    def run(self, *options):
        """The exit code, and all that was said."""
        words, environment = self.command(*options)
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=ENOUGH)
        return done.returncode, done.stdout + done.stderr

    @contextmanager
    def running(self, *options) -> "Iterator[subprocess.Popen[bytes]]":
        words, environment = self.command(*options)
        with (self.folder / "said").open("w") as said:
            process = subprocess.Popen(words, env=environment, stdout=said, stderr=said, start_new_session=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def said(self):
        return (self.folder / "said").read_text()

    def application(self):
        """The one that has come; the last of them."""
        return [one for one in applications(self.sandbox) if one not in self.before][-1]


@pytest.fixture
def shell(yarn_sandbox, tmp_path):
    return lambda name, mode: Shell(yarn_sandbox, tmp_path, f"{name}-{mode}", mode)


def wait_for(condition, process=None, seconds=ENOUGH):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "it ended before"
        assert time.monotonic() < deadline
        time.sleep(0.3)


def processes_of(sandbox, application):
    """What runs in containers of an application."""
    place = f"{STATE_ROOT / sandbox.name}/".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment, state = (folder / "environ").read_bytes(), (folder / "stat").read_text()
        except OSError:
            continue
        if application.encode() in environment and place in environment and ") Z " not in state:
            found.append(folder.name)
    return found


def said_by_driver(copy):
    """Of the last attempt of a driver in the cluster."""
    logs = (STATE_ROOT / copy.sandbox.name / "yarn/logs" / copy.application()).glob("*_000001/stderr")
    return sorted(logs)[-1].read_text()


# A name that HDFS has and OSS cannot have.
LONG = "/".join([letter * 250 for letter in "abcde"])


@pytest.mark.parametrize("mode", MODES)
def test_the_exit_code_is_that_of_hdfs2oss_wherever_the_driver_runs(shell, mode):
    copy = shell("codes", mode)
    copy.make({"a": b"a", "b": b"b"})
    code, said = copy.run()
    assert code == 0, said
    assert ended(copy.sandbox, copy.application()) == "SUCCEEDED"
    if mode == "cluster":
        assert f"hdfs2oss4emr.sh: the driver runs in the cluster, as {copy.application()}" in said
        assert re.search(r"^hdfs2oss4emr\.sh: report: hdfs://\S+/report\.json$", said, re.MULTILINE)
    copy.target.make({"only-here": b"x"})
    code, said = copy.run("-update", "-delete", "--max-delete", "0")
    assert code == 6, said
    copy.make({LONG: b"long"})
    code, said = copy.run("-update")
    assert code == 4, said
    assert ended(copy.sandbox, copy.application()) == "FAILED"
    # What is to be run next is what was typed, though the keys are left out.
    said = said if mode == "client" else said_by_driver(copy)
    (told,) = re.findall(rf"^  ({PROJECT}/bin/hdfs2oss4emr\.sh --master yarn .* -update .*)$", said, re.MULTILINE)
    typed = [str(word) for word in copy.command("-update")[0]]
    assert sorted(shlex.split(told)[:-1]) == sorted(typed[:-1])
    assert shlex.split(told)[-1] == re.sub("//.*@", "//", typed[-1])
    code, said = copy.run("-updat")
    assert code == 2, said
    assert set(copy.target.read()) == {"a", "b", "only-here"}


FILES = {f"{number:02d}": os.urandom(1 << 20) for number in range(16)}
SLOW = ("-bandwidth", "0.5", "-m", "1")
SIGNALS = [(signal.SIGINT, "group", 130), (signal.SIGTERM, "wrapper", 143)]


@pytest.mark.faults
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("number", "receiver", "code"), SIGNALS, ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_the_application_and_the_same_command_goes_on(shell, mode, number, receiver, code):
    copy = shell(f"signal-{number}", mode)
    copy.make(FILES)
    with copy.running(*SLOW) as process:
        wait_for(lambda: copy.target.read(), process)
        application = copy.application()
        (os.killpg if receiver == "group" else os.kill)(process.pid, number)
        assert process.wait(ENOUGH) == code, copy.said()
        assert ended(copy.sandbox, application) == ("KILLED" if mode == "cluster" else "FAILED")
        wait_for(lambda: not processes_of(copy.sandbox, application))
    assert 0 < len(copy.target.read()) < len(FILES)
    assert not list(copy.folder.glob("hdfs2oss.*"))
    code, said = copy.run("-m", "1")
    assert code == 0, said
    assert copy.target.read() == FILES
    if mode == "client":
        assert "Continuing run" in said


# Of a driver here, hdfs2oss says it; of one in the cluster spark-submit does, and the wrapper how long by now.
WAITS = {
    "client": r"Spark: (application_\d+_\d+) is ACCEPTED in the queue root.default and has not started yet: \S",
    "cluster": r"hdfs2oss4emr.sh: (application_\d+_\d+) waits in a queue of YARN",
}


@pytest.mark.parametrize("mode", MODES)
def test_in_a_queue_that_is_full_a_copy_waits_and_says_for_what(shell, mode):
    copy = shell("queued", mode)
    copy.make({"a": b"a"})
    with ExitStack() as queue:
        queue.enter_context(full_queue(copy.sandbox))
        copy.before = set(applications(copy.sandbox))
        with copy.running() as process:
            wait_for(lambda: re.search(WAITS[mode], copy.said()), process)
            assert re.search(WAITS[mode], copy.said())[1] == copy.application()
            # The limit that holds it back, in YARN's words.
            assert "AM resource limit exceeded" in copy.said()
            assert not copy.target.read()
            queue.close()
            assert process.wait(ENOUGH) == 0, copy.said()
    assert copy.target.read() == {"a": b"a"}


@pytest.mark.faults
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("number", "receiver", "code"), SIGNALS, ids=["Ctrl-C", "SIGTERM"])
def test_who_ends_a_copy_that_waits_leaves_nothing_in_the_queue(shell, mode, number, receiver, code):
    copy = shell(f"given-up-{number}", mode)
    copy.make({"a": b"a"})
    with full_queue(copy.sandbox):
        copy.before = set(applications(copy.sandbox))
        with copy.running() as process:
            wait_for(lambda: set(applications(copy.sandbox)) - copy.before, process)
            (os.killpg if receiver == "group" else os.kill)(process.pid, number)
            assert process.wait(ENOUGH) == code, copy.said()
            assert ended(copy.sandbox, copy.application()) == "KILLED"


@pytest.mark.faults
def test_an_executor_that_is_killed_is_replaced_and_costs_no_file(shell):
    copy = shell("lost-executor", "client")
    copy.make(FILES)
    with copy.running(*SLOW) as process:
        wait_for(lambda: copy.target.read(), process)
        for number in processes_of(copy.sandbox, copy.application()):
            with suppress(OSError):
                if b"CoarseGrainedExecutorBackend" in Path("/proc", number, "cmdline").read_bytes():
                    os.kill(int(number), signal.SIGKILL)
        assert len(copy.target.read()) < len(FILES)
        assert process.wait(ENOUGH) == 0, copy.said()
    assert copy.target.read() == FILES
    assert "Failed map tasks=" in copy.said()

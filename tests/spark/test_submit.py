"""The whole way, as a user goes it: spark-submit, the shim, the package, and the wrapper before them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from hdfs2oss.local_oss import LocalOssServer, Rule
from tests.sandbox.ports import choose_ports
from tests.spark.conftest import PROJECT, QUICK_JVM

pytestmark = pytest.mark.spark

SPARK_SUBMIT = Path(sys.executable).with_name("spark-submit")
JOB = PROJECT / "jobs/hdfs2oss.py"
# The same tests may run elsewhere on the machine.
SECRET = f"Hush{os.urandom(8).hex()}"

# What a JVM that is on its way out logs of its workers, stacks and all, up to the next line with a time or of ours.
WORD_OF_SPARKS_WORKERS = re.compile(
    r"^\S+ \S+ ERROR Executor: .*\n(?:(?:[ \t]|Caused by: |java\.|org\.).*\n)*", re.MULTILINE
)


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OSS_", "SPARK", "PYSPARK"))}
    # A user's shell knows nothing of the test run's search path.
    clean.pop("PYTHONPATH", None)
    return {**clean, "PYSPARK_PYTHON": sys.executable, "SPARK_SUBMIT_OPTS": QUICK_JVM, **more}


def submit(*words, cwd=None, **more):
    """The exit code, standard output and standard error."""
    command = [SPARK_SUBMIT, "--master", "local[2]", "--conf", "spark.ui.enabled=false", *words]
    done = subprocess.run(command, env=environment(**more), cwd=cwd, capture_output=True, text=True, timeout=240)
    assert SECRET not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def tree(tmp_path):
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "a").write_bytes(os.urandom(100_000))
    (source / "sub/b").write_text("b\n")
    (source / "empty").touch()
    return source


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_copy_succeeds_and_shows_its_counters_also_from_the_folder_of_the_job(tree, tmp_path):
    jobs = shutil.copytree(PROJECT / "jobs", tmp_path / "elsewhere")
    paths = [f"file://{tree}", f"file://{tmp_path}/target", "--job-dir", f"file://{tmp_path}/jobs"]
    code, out, err = submit("hdfs2oss.py", *paths, cwd=jobs)
    assert code == 0, out + err
    assert contents(tmp_path / "target") == contents(tree)
    lines = out.splitlines()
    assert lines[-1] == f"copy from file://{tree} to file://{tmp_path}/target does succeed !!!"
    assert "\t\tCOPY=3" in lines
    assert any(line.startswith("\t\tLaunched map tasks=") for line in lines)
    assert "\tat org.apache" not in out + err


def test_the_account_is_on_standard_output_and_messages_are_on_standard_error(tree, tmp_path):
    (tmp_path / "target/a").mkdir(parents=True)
    code, out, err = submit(
        JOB, "-update", f"file://{tree}", f"file://{tmp_path}/target", "--job-dir", f"file://{tmp_path}/j", "-m", "2"
    )
    assert code == 4
    first, *_, phases, last = out.splitlines()
    assert first.startswith("Job ")
    assert phases.startswith("Phases: ")
    assert last == f"copy from file://{tree} to file://{tmp_path}/target does fail !!!"
    lines = err.splitlines()
    assert [line for line in lines if line.startswith("FAILED: ")]
    (next_line,) = [number for number, line in enumerate(lines) if line.startswith("Next: ")]
    assert "--master 'local[2]'" in lines[next_line + 1]
    (tmp_path / "target/a").rmdir()
    again = subprocess.run(
        ["sh", "-c", lines[next_line + 1]], env=environment(), capture_output=True, text=True, timeout=240, check=False
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert contents(tmp_path / "target") == contents(tree)


@pytest.mark.full
def test_the_exit_code_survives_spark_submit(tmp_path):
    code, out, err = submit(
        JOB, f"file://{tmp_path}/no", f"file://{tmp_path}/target", "--job-dir", f"file://{tmp_path}/j"
    )
    assert code == 3, out + err
    assert "\tat org.apache" not in out + err


@pytest.mark.parametrize(
    "word",
    [
        pytest.param(f"oss://ID:{SECRET}@bucket/b", id="path"),
        pytest.param(f"-Dfs.oss.accessKeySecret={SECRET}", id="-D", marks=pytest.mark.full),
    ],
)
def test_keys_on_the_command_line_of_spark_submit_are_refused(tree, word):
    code, out, err = submit(JOB, f"file://{tree}", word, "oss://bucket/b")
    assert (code, out) == (2, "")
    for advice in ("hdfs2oss4emr.sh", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"):
        assert advice in err


@pytest.fixture
def oss(tmp_path):
    server = LocalOssServer(tmp_path / "oss", "ID", SECRET, buckets=["bucket"])
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path, oss):
    """Starts a copy of a few seconds to OSS through the wrapper, in a process group of its own."""
    started = []
    source = tmp_path / "slow"
    source.mkdir()
    for name in "abcd":
        (source / name).write_bytes(os.urandom(3 * 1024 * 1024))
    logs = tmp_path / "logs"
    logs.mkdir()

    def start(*conf, bandwidth="1"):
        words = [PROJECT / "bin/hdfs2oss4emr.sh", "--master", "local[2]", *conf, "-bandwidth", bandwidth]
        words += ["--conf", f"spark.local.dir={tmp_path}/local", "--job-dir", f"file://{tmp_path}/jobs"]
        words += [f"file://{source}", f"oss://ID:{SECRET}@bucket.127.0.0.1:{oss.port}/target"]
        with open(logs / "out", "wb") as out, open(logs / "err", "wb") as err:
            process = subprocess.Popen(words, stdout=out, stderr=err, env=environment(), start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(condition, seconds=150.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def copying(tmp_path):
    """Whether the copy has begun: its plan is written."""
    return any((tmp_path / "jobs").glob("*/runs/*/plan/*"))


def has_workers(process):
    """Whether Spark's Python workers are there: their daemon, once it has started, has a process group of its own."""
    listing = subprocess.run(["ps", "axww", "-o", "sess=,pgid=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 2) for line in listing.stdout.splitlines() if "pyspark.daemon" in line)
    return any(int(session) == process.pid != int(group) for session, group, _ in rows)


def drivers(tmp_path):
    """Python processes of this copy that are still there."""
    listing = subprocess.run(["ps", "axww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 1) for line in listing.splitlines() if f"file://{tmp_path}/jobs" in line]
    return [int(pid) for pid, arguments in lines if "SparkSubmit" not in arguments]


def fetch(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def test_the_secret_is_found_nowhere(start, tmp_path, oss):
    port = choose_ports(["ui"], {})["ui"]
    oss.plan.replace([Rule("latency", method="PUT", key="target/*", seconds=200)])
    (tmp_path / "events").mkdir()
    process = start(
        *("--conf", f"spark.ui.port={port}", "--conf", "spark.eventLog.enabled=true"),
        *("--conf", f"spark.eventLog.dir=file://{tmp_path}/events", "--conf", "spark.eventLog.compress=false"),
        bandwidth="100",
    )
    wait_for(lambda: copying(tmp_path) and any(hits for _, hits in oss.plan.state()))
    ui = f"http://127.0.0.1:{port}"
    listing = subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
    pages = [fetch(f"{ui}/{page}/") for page in ("environment", "jobs", "stages", "executors")]
    pages.append(fetch(f"{ui}/api/v1/applications/{fetch(f'{ui}/api/v1/applications').split(chr(34))[3]}/environment"))
    on_disk = [path for path in files(tmp_path / "local") if SECRET.encode() in path.read_bytes()]
    assert process.poll() is None, "the copy was over before it was looked at"
    oss.plan.replace([])
    # What is held back goes on at once.
    oss.plan.stop()
    oss.plan.start()
    assert process.wait(150) == 0, (tmp_path / "logs/err").read_text()
    assert "hdfs2oss" in listing
    assert SECRET not in listing
    assert all("Spark" in page or "spark" in page for page in pages)
    assert not any(SECRET in page for page in pages)
    assert on_disk == []
    for folder in ("events", "logs", "jobs"):
        assert list(files(tmp_path / folder))
        assert [path for path in files(tmp_path / folder) if SECRET.encode() in path.read_bytes()] == []
    assert "does succeed !!!" in (tmp_path / "logs/out").read_text()


def files(folder):
    return (path for path in folder.rglob("*") if path.is_file())


@pytest.mark.faults
@pytest.mark.parametrize(
    ("number", "receiver", "code"),
    [
        (signal.SIGTERM, "spark-submit", 143),
        pytest.param(signal.SIGTERM, "driver", 143, marks=pytest.mark.full),
        (signal.SIGINT, "group", 130),
        pytest.param(signal.SIGTERM, "group", 143, marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, "driver", 129, marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, "group", 129, marks=pytest.mark.full),
        (signal.SIGKILL, "spark-submit", -9),
    ],
    ids=lambda value: str(value),
)
def test_a_signal_ends_the_whole_copy(start, tmp_path, number, receiver, code):
    process = start("--conf", "spark.ui.enabled=false", bandwidth="0.1")
    wait_for(lambda: copying(tmp_path) and has_workers(process))
    time.sleep(1)
    started = time.monotonic()
    if receiver == "group":
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid if receiver == "spark-submit" else drivers(tmp_path)[0], number)
    assert process.wait(150) == code, (tmp_path / "logs/err").read_text()
    wait_for(lambda: not drivers(tmp_path))
    print(f"{number} to {receiver}: {time.monotonic() - started:.1f} s")
    said = (tmp_path / "logs/out").read_text() + (tmp_path / "logs/err").read_text()
    assert "does succeed" not in said
    for word in ("Traceback", "unexpected", "defect", "Py4J"):
        assert word not in WORD_OF_SPARKS_WORKERS.sub("", said)

"""The sandbox itself: what bin/sandbox promises, on real servers."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.sandbox import NotUp, Sandbox, SandboxError
from tests.sandbox.daemon import find_processes
from tests.sandbox.jmx import get_json, request
from tests.sandbox.state import PROJECT, STATE_ROOT, StateFolder

pytestmark = pytest.mark.hdfs

NameMaker = Callable[[], str]


def command(*arguments: str, cwd: Path = PROJECT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(PROJECT / "bin" / "sandbox"), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def webhdfs_port(sandbox: Sandbox) -> int:
    return int(sandbox.env()["SANDBOX_WEBHDFS"].rpartition(":")[2])


def processes_of(name: str) -> list[int]:
    record = StateFolder(name).load()
    assert record is not None
    return find_processes(f"proc_sandbox_{record.id}_", whole=False)


def test_a_second_up_starts_nothing_and_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    before = processes_of(sandbox.name)
    again = command("up", "--name", sandbox.name, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "already up" in again.stdout
    assert processes_of(sandbox.name) == before


def test_env_can_be_evaluated_by_a_shell_and_serves_the_hadoop_tools(sandbox: Sandbox) -> None:
    script = f"""
        eval "$('{PROJECT}/bin/sandbox' env --name {sandbox.name})"
        java -cp "$(cat "$HADOOP_CLASSPATH_FILE")" org.apache.hadoop.fs.FsShell -ls -d "$SANDBOX_HDFS/tmp"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^drwxrwxrwt .* hdfs://127.0.0.1:\d+/tmp$", done.stdout, re.MULTILINE)
    assert done.stderr == ""


def test_no_secret_stands_in_a_readable_file(sandbox: Sandbox) -> None:
    secret = sandbox.env()["OSS_ACCESS_KEY_SECRET"].encode()
    state = STATE_ROOT / sandbox.name
    holders = [path for path in state.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert holders == [state / "keys.json"]
    assert holders[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.full
def test_acls_attributes_and_the_trash_work(sandbox: Sandbox) -> None:
    user = StateFolder(sandbox.name).path.owner()
    for arguments in (
        ("-mkdir", "-p", "/tmp/features"),
        ("-setfacl", "-m", "user:alice:r-x", "/tmp/features"),
        ("-setfattr", "-n", "user.colour", "-v", "blue", "/tmp/features"),
        ("-rm", "-r", "/tmp/features"),
        ("-test", "-d", f"/user/{user}/.Trash/Current/tmp/features"),
    ):
        done = sandbox.hadoop_shell(*arguments)
        assert done.returncode == 0, done.stderr


@pytest.mark.full
def test_the_hadoop_shell_reaches_the_oss_server_with_keys_from_the_environment(sandbox: Sandbox) -> None:
    url = f"oss://{sandbox.env()['SANDBOX_BUCKET']}/shell/note"
    made = sandbox.hadoop_shell("-mkdir", "-p", url.rpartition("/")[0])
    assert made.returncode == 0, made.stderr
    source = STATE_ROOT / sandbox.name / "classpath"
    put = sandbox.hadoop_shell("-put", "-f", f"file://{source}", url)
    assert put.returncode == 0, put.stderr
    cat = sandbox.hadoop_shell("-cat", url)
    assert cat.stdout == source.read_text()


@pytest.mark.faults
def test_a_datanode_that_was_killed_comes_back_with_its_blocks(sandbox: Sandbox) -> None:
    source = STATE_ROOT / sandbox.name / "classpath"
    put = sandbox.hadoop_shell("-put", "-f", f"file://{source}", "/tmp/kept")
    assert put.returncode == 0, put.stderr
    sandbox.kill_datanode()
    assert not sandbox.is_up()
    assert command("status", "--name", sandbox.name).returncode == 3
    sandbox.start_datanode()
    assert sandbox.is_up()
    assert sandbox.hadoop_shell("-cat", "/tmp/kept").stdout == source.read_text()


@pytest.mark.faults
def test_a_frozen_namenode_answers_nobody_until_it_is_thawed(sandbox: Sandbox) -> None:
    port = webhdfs_port(sandbox)
    sandbox.freeze_namenode()
    try:
        with pytest.raises(TimeoutError):
            request("GET", port, "/jmx", timeout_seconds=1)
    finally:
        sandbox.thaw_namenode()
    assert get_json(port, "/jmx") is not None


@pytest.mark.full
def test_two_sandboxes_live_side_by_side_and_down_leaves_no_process(sandbox: Sandbox, sandbox_name: NameMaker) -> None:
    other = Sandbox(sandbox_name(), oss=False)
    with ThreadPoolExecutor(2) as pool:  # two at once: the second waits for the first and finds it done
        started = sorted(pool.map(lambda _: Sandbox(other.name, oss=False).up(), range(2)))
    assert started == [[], ["namenode", "datanode-1"]]
    assert other.env()["SANDBOX_HDFS"] != sandbox.env()["SANDBOX_HDFS"]

    pids = processes_of(other.name)
    assert len(pids) == 2
    other.freeze_namenode()  # a frozen server is brought down like any other
    assert other.down()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    assert not (STATE_ROOT / other.name).exists()
    assert sandbox.is_up()
    assert not other.down()
    with pytest.raises(NotUp):
        other.env()


@pytest.mark.full
def test_a_kept_sandbox_starts_again_with_its_data_and_one_that_cannot_start_says_why(
    sandbox_name: NameMaker,
) -> None:
    kept = Sandbox(sandbox_name(), oss=False)
    kept.up()
    port = webhdfs_port(kept)
    user = StateFolder(kept.name).path.owner()
    status, _ = request("PUT", port, f"/webhdfs/v1/tmp/precious?op=MKDIRS&user.name={user}")
    assert status == 200
    kept.down(keep=True)
    kept.up()
    listing = get_json(webhdfs_port(kept), "/webhdfs/v1/tmp?op=LISTSTATUS")
    assert listing is not None
    assert [entry["pathSuffix"] for entry in listing["FileStatuses"]["FileStatus"]] == ["precious"]

    kept.down(keep=True)
    (STATE_ROOT / kept.name / "hdfs" / "name" / "current" / "VERSION").write_text("layoutVersion=1\n")
    with pytest.raises(SandboxError, match=r"namenode ended before[\s\S]*Exception[\s\S]*whole log: "):
        kept.up()
    assert processes_of(kept.name) == []
    failed = command("up", "--without-oss", "--name", kept.name)
    assert failed.returncode == 1
    assert "Exception" in failed.stderr


@pytest.mark.full
@pytest.mark.spark
def test_the_profile_spark_runs_jobs_on_two_hosts_and_down_ends_them_all(sandbox_name: NameMaker) -> None:
    name = sandbox_name()
    up = command("up", "spark", "--without-oss", "--name", name)
    assert up.returncode == 0, up.stderr
    services = [line.split()[0] for line in up.stdout.splitlines()]
    assert services == ["namenode", "datanode-1", "spark-master", "spark-worker-1", "spark-worker-2"]
    job = "import socket, time; from pyspark.sql import SparkSession as S; c = S.builder.getOrCreate().sparkContext; "
    # Held back, so that a task goes to each.
    job += (
        "wait = lambda _: (time.sleep(1), __import__('pyspark').TaskContext.get() and __import__('os').getcwd())[1]; "
    )
    job += "print(len({one.rsplit('/', 3)[-3] for one in c.parallelize(range(40), 40).map(wait).collect()}))"
    environment = {**os.environ, **Sandbox(name).env()}
    words = (
        f"--master {environment['SANDBOX_SPARK']} --executor-memory 512m --conf spark.ui.enabled=false pyspark-shell"
    )
    done = subprocess.run(
        [sys.executable, "-c", job],
        env={**environment, "PYSPARK_SUBMIT_ARGS": words, "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split()[-1:] == ["2"], done.stdout + done.stderr
    record = StateFolder(name).load()
    assert record is not None
    assert command("down", "--name", name).returncode == 0
    assert find_processes(f"proc_sandbox_{record.id}_", whole=False) == []


@pytest.mark.full
def test_a_sandbox_cannot_become_another_kind_of_hdfs(sandbox: Sandbox) -> None:
    refused = command("up", "ha", "--name", sandbox.name)
    assert refused.returncode == 1
    assert "was made without 'ha'" in refused.stderr
    older = command("up", "--hadoop", "2.10.2", "--name", sandbox.name)
    assert older.returncode == 1
    assert "runs on Hadoop 3." in older.stderr
    failover = command("failover", "--name", sandbox.name)
    assert failover.returncode == 1
    assert "has one NameNode" in failover.stderr
    assert command("up", "lake").returncode == 2


def test_commands_on_a_sandbox_that_is_not_there_name_the_next_step(sandbox_name: NameMaker) -> None:
    name = sandbox_name()
    env = command("env", "--name", name)
    assert (env.returncode, env.stdout) == (3, "")
    assert f"bin/sandbox up --name {name}" in env.stderr
    assert command("status", "--name", name).returncode == 3
    assert command("down", "--name", name).returncode == 0
    assert command("up", "--name", "../escape").returncode == 1
    older = command("up", "yarn", "--hadoop", "2.10.2", "--name", name)
    assert older.returncode == 1
    assert "leave out --hadoop" in older.stderr
    assert command("status", "--name", name).returncode == 3

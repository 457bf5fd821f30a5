"""Copies on an HDFS with Kerberos, privacy on every connection and encrypted data transfer."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sandbox import Sandbox
from tests.sandbox.spark_cluster import spark_home
from tests.sandbox.state import PROJECT
from tests.spark.conftest import QUICK_JVM

pytestmark = pytest.mark.hdfs

Done = subprocess.CompletedProcess[str]
FETCHER = "org.apache.hadoop.hdfs.tools.DelegationTokenFetcher"
TREE = {"a/x": b"hello", "empty": b"", "large": bytes(range(256)) * 12_000}


class Cluster:
    """A secure HDFS, and commands of whoever has the tickets of one test's own cache."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.variables = sandbox.env()
        self.cache = folder / "tickets"
        self.home = f"{self.variables['SANDBOX_HDFS']}/user/alice/{folder.name}"
        self.bucket = f"oss://{self.variables['SANDBOX_BUCKET']}/{folder.name}"
        self.keytab = self.variables["SANDBOX_KEYTAB"]
        self.by_keytab = ("--principal", self.variables["SANDBOX_PRINCIPAL"], "--keytab", self.keytab)

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name != "HADOOP_TOKEN_FILE_LOCATION"}
        own = {"KRB5CCNAME": f"FILE:{self.cache}", "PYTHONPATH": str(PROJECT)}
        return {**inherited, **self.variables, **own, **more}

    def take_ticket(self) -> None:
        command = ["kinit", "-k", "-t", self.keytab, self.variables["SANDBOX_PRINCIPAL"]]
        subprocess.run(command, env=self.environment(), check=True, timeout=60)

    def run(self, *words: str, **more: str) -> Done:
        command = [sys.executable, "-m", "hdfs2oss", *words]
        environment = self.environment(**more)
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture
def cluster(secure_sandbox: Sandbox, tmp_path: Path) -> Cluster:
    return Cluster(secure_sandbox, tmp_path)


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"file://{make_tree(tmp_path / 'source', TREE)}"


def make_tree(folder: Path, tree: dict[str, bytes]) -> Path:
    for name, data in tree.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def read_tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def succeeded(done: Done) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_ticket_and_keytab_one_line_says_so_and_another_what_to_do(cluster: Cluster, source: str) -> None:
    done = cluster.run(source, cluster.home)
    assert done.returncode == 3
    assert done.stdout == ""
    told, hint = done.stderr.splitlines()
    assert re.fullmatch(
        rf"hdfs2oss: hdfs://\S+ wants Kerberos: No Kerberos credentials available .*{cluster.cache}\)", told
    )
    assert hint.strip() == "Run kinit for a ticket, or give --principal NAME@REALM --keytab FILE."


def test_a_keytab_brings_a_tree_onto_hdfs_and_a_ticket_takes_it_away(
    cluster: Cluster, source: str, tmp_path: Path
) -> None:
    there = cluster.run(*cluster.by_keytab, source, cluster.home)
    succeeded(there)
    # Records go to the home of the principal, though this process is another user's.
    assert f"Records: {cluster.variables['SANDBOX_HDFS']}/user/alice/.hdfs2oss/" in there.stdout
    # What WebHDFS alone can tell was told: nothing is said to be unknown.
    assert "cannot be recognised" not in there.stdout + there.stderr
    assert not cluster.cache.exists()
    cluster.take_ticket()
    succeeded(cluster.run(cluster.home, f"file://{tmp_path}/back"))
    assert read_tree(tmp_path / "back") == TREE


@pytest.mark.full
@pytest.mark.spark
@pytest.mark.parametrize("by", ["keytab", "ticket", "token"])
def test_the_java_client_and_webhdfs_ask_in_the_same_name(
    cluster: Cluster, source: str, tmp_path: Path, by: str
) -> None:
    cluster.take_ticket()
    succeeded(cluster.run(source, cluster.home))
    words, more = (), {}
    if by == "token":
        more = {"HADOOP_TOKEN_FILE_LOCATION": fetch_token(cluster, tmp_path)}
    if by != "ticket":
        cluster.cache.unlink()
    if by == "keytab":
        words = cluster.by_keytab
    done = cluster.run(*words, "--proof", "end-to-end", "-pxa", cluster.home, f"{cluster.home}-{by}", **more)
    succeeded(done)
    assert f"Files proven to have arrived as they were: {len(TREE)} end-to-end." in done.stdout


@pytest.mark.full
def test_a_delegation_token_is_all_that_a_task_needs(cluster: Cluster, source: str, tmp_path: Path) -> None:
    token = fetch_token(cluster, tmp_path)
    succeeded(cluster.run(source, cluster.home, HADOOP_TOKEN_FILE_LOCATION=token))
    assert not cluster.cache.exists()
    Path(token).write_bytes(b"no tokens")
    done = cluster.run(cluster.home, cluster.bucket, HADOOP_TOKEN_FILE_LOCATION=token)
    assert done.returncode == 3
    assert f"the delegation tokens of {token} (HADOOP_TOKEN_FILE_LOCATION) cannot be read" in done.stderr


def fetch_token(cluster: Cluster, folder: Path) -> str:
    path = folder / "tokens"
    fetched = cluster.sandbox.hadoop(FETCHER, "--renewer", "alice", str(path))
    assert fetched.returncode == 0, fetched.stderr
    return str(path)


@pytest.mark.full
@pytest.mark.yarn
@pytest.mark.spark
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["client", "cluster"])
def test_on_yarn_the_driver_has_a_ticket_and_tasks_have_the_token(
    cluster: Cluster, source: str, tmp_path: Path, mode: str
) -> None:
    Sandbox(cluster.sandbox.name, secure=True, yarn=True).up()
    cluster.take_ticket()
    succeeded(cluster.run(source, cluster.home))
    keys = [cluster.variables[f"OSS_ACCESS_KEY_{what}"] for what in ("ID", "SECRET")]
    endpoint = cluster.variables["OSS_ENDPOINT"].removeprefix("http://")
    target = f"oss://{':'.join(keys)}@{cluster.variables['SANDBOX_BUCKET']}.{endpoint}/{tmp_path.name}"
    # Of a cluster, every node has it in /etc/krb5.conf.
    java = f"{QUICK_JVM} -Djava.security.krb5.conf={cluster.variables['KRB5_CONFIG']}"
    words = ["--master", "yarn", "--deploy-mode", mode, "--num-executors", "1"]
    words += ["--executor-memory", "512m", "--driver-memory", "512m"]
    # The others are put on HDFS at each start, some hundred MiB, each byte of them encrypted.
    words += ["--conf", f"spark.yarn.jars=local:{spark_home()}/jars/*"]
    for one in ("spark.executor", "spark.driver" if mode == "cluster" else "spark.yarn.am"):
        words += ["--conf", f"{one}.extraJavaOptions={java}"]
    # Nothing but the token shows a container who asks: neither tickets nor the realm are known there.
    environment = cluster.environment(
        PYSPARK_PYTHON=sys.executable, SPARK_SUBMIT_OPTS=java, SPARK_HOME=str(spark_home())
    )
    done = subprocess.run(
        [PROJECT / "bin/hdfs2oss4emr.sh", *words, cluster.home, target],
        env={name: value for name, value in environment.items() if not name.startswith("OSS_")},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    succeeded(done)
    succeeded(cluster.run(cluster.bucket, f"file://{tmp_path}/back"))
    assert read_tree(tmp_path / "back") == TREE


@pytest.mark.full
@pytest.mark.spark
def test_the_keytab_that_spark_submit_is_told_of_holds_for_the_copy_too(
    cluster: Cluster, source: str, tmp_path: Path
) -> None:
    java = f"{QUICK_JVM} -Djava.security.krb5.conf={cluster.variables['KRB5_CONFIG']}"
    words = ["--master", "local[2]", "--conf", "spark.ui.enabled=false", *cluster.by_keytab]
    done = subprocess.run(
        [spark_home() / "bin/spark-submit", *words, PROJECT / "jobs/hdfs2oss.py", source, cluster.home],
        env=cluster.environment(PYSPARK_PYTHON=sys.executable, SPARK_SUBMIT_OPTS=java, SPARK_HOME=str(spark_home())),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    succeeded(done)
    assert not cluster.cache.exists()
    succeeded(cluster.run(*cluster.by_keytab, cluster.home, f"file://{tmp_path}/back"))
    assert read_tree(tmp_path / "back") == TREE


@pytest.fixture
def short_tickets(secure_sandbox: Sandbox) -> "Callable[[int], None]":
    return secure_sandbox.limit_tickets


SLOW = ("--total-bandwidth", "0.1", "--processes", "2", "--threads", "2")
# Takes 80 s at that rate.
SLOW_TREE = {f"d{number % 4}/f{number:02d}": os.urandom(400_000) for number in range(20)}


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_copy_outlives_its_tickets_with_a_keytab_and_not_with_a_ticket(
    cluster: Cluster, tmp_path: Path, short_tickets: "Callable[[int], None]"
) -> None:
    slow = f"file://{make_tree(tmp_path / 'slow', SLOW_TREE)}"
    short_tickets(35)
    try:
        begun = time.monotonic()
        succeeded(cluster.run(*cluster.by_keytab, *SLOW, slow, cluster.home))
        assert time.monotonic() - begun > 70
        cluster.take_ticket()
        ended = cluster.run(*SLOW, slow, f"{cluster.home}-by-ticket")
        assert ended.returncode == 4, ended.stdout + ended.stderr
        assert "STOPPED: the copy was ended, as every other file would fail likewise: " in ended.stderr
        assert "Ticket expired" in ended.stderr
        assert "Run kinit for a ticket" in ended.stderr
        # And with the next ticket the same command goes on.
        short_tickets(3600)
        cluster.take_ticket()
        succeeded(cluster.run("-update", slow, f"{cluster.home}-by-ticket"))
        succeeded(cluster.run(f"{cluster.home}-by-ticket", f"file://{tmp_path}/back"))
        assert read_tree(tmp_path / "back") == SLOW_TREE
    finally:
        short_tickets(3600)


@pytest.mark.full
@pytest.mark.faults
@pytest.mark.timeout(900)
def test_a_copy_whose_token_has_ended_says_so_and_goes_on_with_a_ticket(cluster: Cluster, tmp_path: Path) -> None:
    slow = f"file://{make_tree(tmp_path / 'slow', SLOW_TREE)}"
    cluster.take_ticket()
    token = fetch_token(cluster, tmp_path)
    environment = cluster.environment(HADOOP_TOKEN_FILE_LOCATION=token, KRB5CCNAME=f"FILE:{tmp_path}/none")
    command = [sys.executable, "-m", "hdfs2oss", *SLOW, slow, cluster.home]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        wait_for_word(process, tmp_path / "said", " copy: ")
        # Whoever is connected stays so: only a NameNode that comes anew asks for tokens again.
        done = cluster.sandbox.hadoop(FETCHER, "--cancel", token)
        assert done.returncode == 0, done.stderr
        cluster.sandbox.kill_namenode()
        cluster.sandbox.start_namenode()
        # Of the target and the job directory, which are both there, one is the first to be refused.
        code = process.wait(600)
    finally:
        process.kill()
        process.wait()
    told = (tmp_path / "said").read_text()
    assert code in (4, 5), told
    assert "InvalidToken from the NameNode" in told
    cluster.take_ticket()
    succeeded(cluster.run(*(("-update",) if code == 4 else ()), slow, cluster.home))
    succeeded(cluster.run(cluster.home, f"file://{tmp_path}/back"))
    assert read_tree(tmp_path / "back") == SLOW_TREE


def wait_for_word(process: "subprocess.Popen[bytes]", said: Path, word: str) -> None:
    deadline = time.monotonic() + 200
    while word not in said.read_text():
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.2)

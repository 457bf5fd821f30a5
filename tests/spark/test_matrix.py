"""One job wherever it can run: every runner, Spark of both lines, the code as a wheel or as a zip with an archive.

Nodes have a bare `python3`, that of the system: none of our packages. What is copied comes from a real HDFS, goes to
the local OSS server, and is proven end-to-end, which takes Hadoop's own client beside each task.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.uri import parse_uri
from tests.dist.fixtures import Dist
from tests.sandbox.sandbox import Sandbox
from tests.sandbox_stores import SandboxStores
from tests.spark.conftest import PROJECT, QUICK_JVM
from tests.spark.spark_versions import VERSIONS, bare_environment, spark_home
from tests.trees import Place

pytestmark = [
    *(pytest.mark.spark, pytest.mark.yarn, pytest.mark.hdfs, pytest.mark.full),
    pytest.mark.timeout(1500),
]

FILES: dict[str, bytes | None] = {f"d{number % 3}/f {number}": os.urandom(10_000) for number in range(12)}
COPY_SECONDS = 900
KEYS = ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET")
WRAPPER = PROJECT / "bin/hdfs2oss4emr.sh"
SMALL = ["--conf", "spark.ui.enabled=false", "--executor-memory", "512m", "--driver-memory", "512m"]
SMALL += ["--conf", f"spark.executor.extraJavaOptions={QUICK_JVM}"]

# What --master and so on are, by the name of the runner; where a driver in the cluster has the code from.
RUNNERS = {
    "spark local": ["--master", "local[2]"],
    "local-cluster": ["--master", "local-cluster[2,1,1024]"],
    "standalone": ["--master", "{standalone}"],
    "yarn client": ["--master", "yarn", "--deploy-mode", "client", "--num-executors", "2"],
    "yarn cluster": ["--master", "yarn", "--deploy-mode", "cluster", "--num-executors", "2"],
}


class Servers(NamedTuple):
    """A standalone cluster with two workers, a YARN, an HDFS with the tree, OSS; and an operator's shell."""

    facts: Mapping[str, str]
    stores: StoreConfig
    spark: Path
    shell: Mapping[str, str]
    folder: Path

    def copies(self, words: list[object], target: str, *options: object) -> "subprocess.CompletedProcess[str]":
        """The copy of the tree to a target of its own, by a command that the paths are put behind. It passes."""
        told = [*words, *self.paths(target), "--layout", "contents", "--proof", "end-to-end", *options]
        done = subprocess.run(
            list(map(str, told)),
            env=dict(self.shell),
            # Python takes code from where it is started: not from this checkout.
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COPY_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.place(self.paths(target)[1]).read() == FILES
        assert re.search(rf"proof end-to-end +{len(FILES)} files", self.ledger(target)), self.ledger(target)
        return done

    def paths(self, target: str) -> list[str]:
        return [f"{self.facts['SANDBOX_HDFS']}/matrix", f"oss://{self.facts['SANDBOX_BUCKET']}/{target}"]

    def place(self, uri: str) -> Place:
        return Place(parse_uri(uri).uri, self.stores)

    def yarn_words(self) -> list[str]:
        """Spark's jars are on each node already, and so is the shell's python3."""
        words = ["--conf", f"spark.yarn.jars=local:{self.spark}/jars/*"]
        for process in ("executorEnv", "yarn.appMasterEnv"):
            words += ["--conf", f"spark.{process}.PATH={self.shell['PATH']}"]
        return words

    def ledger(self, target: str) -> str:
        """What is on record of the copy, as somebody is told who asks later."""
        command = [sys.executable, "-m", "hdfs2oss", "ledger", *self.paths(target)]
        environment = {**os.environ, **self.shell, "PYTHONPATH": str(PROJECT)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: f"spark {version}")
def servers(
    request: pytest.FixtureRequest, sandbox_name: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    home = spark_home(request.param)
    folder = tmp_path_factory.mktemp("shell")
    shell = bare_environment(folder / "bin", home)
    ask = subprocess.run(
        ["python3", "-c", "import hdfs_native"], env=shell, capture_output=True, timeout=60, check=False
    )
    assert ask.returncode == 1
    started = Sandbox(sandbox_name(), yarn=True, spark=True, datanodes=2)
    with pytest.MonkeyPatch.context() as patch:
        # The master and its workers are those of this Spark, and have this shell's python3.
        for name in ("PATH", "SPARK_HOME"):
            patch.setenv(name, shell[name])
        started.up()
    facts = started.env()
    names = ("HADOOP_CONF_DIR", "OSS_ENDPOINT", *KEYS)
    shell |= {"XDG_CACHE_HOME": str(folder / "cache"), **{name: facts[name] for name in names}}
    made = Servers(facts, SandboxStores(started).config, home, shell, folder)
    made.place(made.paths("")[0]).make(FILES)
    try:
        yield made
    finally:
        started.down()
        # Spark's stand-in for a cluster keeps its logs where Spark is installed.
        shutil.rmtree(home / "work", ignore_errors=True)


@pytest.fixture(scope="module")
def unpacked(dist: Dist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive on the gateway, whose driver has the same Python as the nodes."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["tar", "xzf", dist.archive, "-C", folder], check=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def installed(dist: Dist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel, at the same place on each node."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (mine,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", packages]
    subprocess.run([*install, dist.wheel], check=True, timeout=300)
    # What the wheel requires; the package itself is found above it.
    (packages / "required.pth").write_text(f"{mine}\n")
    return folder


def wheel_words(installed: Path) -> tuple[list[str], Path]:
    """Options of spark-submit, and the job."""
    python = installed / "bin/python"
    words = ["--conf", f"spark.pyspark.python={python}", "--conf", f"spark.pyspark.driver.python={python}"]
    return words, next(installed.glob("lib/python3*/site-packages/share/hdfs2oss/jobs/hdfs2oss.py"))


def zip_words(dist: Dist, unpacked: Path, runner: str) -> tuple[list[str], Path]:
    """Options of spark-submit, and the job. Nothing is unpacked for local[2], whose tasks have the driver's Python."""
    words = ["--py-files", str(dist.code), "--archives", f"{dist.archive}#environment"]
    words += ["--conf", "spark.pyspark.python=./environment/bin/python3"]
    if runner == "yarn cluster":
        words += ["--conf", "spark.pyspark.driver.python=./environment/bin/python3"]
    else:
        words += ["--conf", f"spark.pyspark.driver.python={unpacked}/bin/python3"]
    return words, dist.job


@pytest.mark.parametrize("code", ["wheel", "zip and archive"])
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_copy_passes_on_every_runner_of_spark(
    servers: Servers, dist: Dist, installed: Path, unpacked: Path, tmp_path: Path, runner: str, code: str
) -> None:
    words, job = wheel_words(installed) if code == "wheel" else zip_words(dist, unpacked, runner)
    master = [word.format(standalone=servers.facts["SANDBOX_SPARK"]) for word in RUNNERS[runner]]
    options = []
    if runner.startswith("yarn"):
        master += servers.yarn_words()
    if runner == "yarn cluster":
        # A driver in the cluster does not have this shell's environment.
        keys = tmp_path / "keys"
        keys.write_text("".join(f"{name}={servers.shell[name]}\n" for name in KEYS))
        keys.chmod(0o600)
        master += ["--files", str(keys)]
        options = ["--credentials-file", "keys", f"-Dfs.oss.endpoint={servers.shell['OSS_ENDPOINT']}"]
    target = f"{runner} {code}".replace(" ", "-")
    done = servers.copies([servers.spark / "bin/spark-submit", *master, *SMALL, *words, job], target, *options)
    if runner != "yarn cluster":
        assert done.stdout.splitlines()[-1].endswith("does succeed !!!")


@pytest.mark.parametrize("code", ["wheel", "archive"])
def test_a_copy_passes_without_spark(servers: Servers, installed: Path, unpacked: Path, code: str) -> None:
    words = [installed / "bin/python", "-m", "hdfs2oss"] if code == "wheel" else [unpacked / "bin/hdfs2oss"]
    servers.copies(list(words), f"local-{code}")


@pytest.mark.parametrize("runner", ["standalone", "yarn client", "yarn cluster"])
def test_the_wrapper_sends_the_environment_along(servers: Servers, dist: Dist, tmp_path: Path, runner: str) -> None:
    (tmp_path / "filters").write_text(".*/no-such-file\n")
    words: list[object] = [word.format(standalone=servers.facts["SANDBOX_SPARK"]) for word in RUNNERS[runner]]
    if runner.startswith("yarn"):
        words += servers.yarn_words()
    words += [*SMALL, "--environment", dist.archive, "-filters", tmp_path / "filters"]
    done = servers.copies([WRAPPER, *words], f"wrapper {runner}".replace(" ", "-"))
    if runner == "yarn cluster":
        assert "hdfs2oss4emr.sh: the driver runs in the cluster, as application_" in done.stderr
        report = next(line for line in done.stderr.splitlines() if line.startswith("hdfs2oss4emr.sh: report: hdfs://"))
        assert report.endswith("/report.json")
    else:
        assert done.stdout.splitlines()[-1].endswith("does succeed !!!")

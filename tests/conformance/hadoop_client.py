"""Hadoop's connector for OSS over the Java client: jars by Maven, contract tests compiled beside them."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conformance.downloads import fetched, run_tool
from tests.sandbox.hadoop_conf import LOG4J, write_properties
from tests.sandbox.jars import PLUGIN
from tests.sandbox.java import java_command, java_environment, java_executable

SOURCES = Path(__file__).parent / "hadoop_contract"
POM = SOURCES / "pom.xml"
HEAP_MIB = 512
# From Maven, as the machine may have no more of Java than runs it.
COMPILER = "org.eclipse.jdt.internal.compiler.batch.Main"
_OUTCOME = re.compile(r"CONTRACT\t(passed|failed)\t([^\t]+)\t(.*)")
_TOTAL = re.compile(r"CONTRACT run (\d+) failures (\d+)")


class ContractRun(NamedTuple):
    """`Class.test` -> "" or the cause of its failure; and the two totals as JUnit has them."""

    causes: dict[str, str]
    run_count: int
    failure_count: int


def fetch_contract_jars() -> Path:
    """The jars of the connector and of Hadoop's own contract tests, with the subclasses compiled beside them."""
    sources = sorted((SOURCES / "local_oss").glob("*.java"))
    texts = [source.read_text() for source in (POM, *sources)]
    return fetched("conformance-hadoop-contract", [*texts, PLUGIN], lambda folder: _make(folder, sources))


def _make(folder: Path, sources: Sequence[Path]) -> None:
    maven = ["mvn", "-q", "-B", "-ntp", "-f", POM, f"{PLUGIN}:copy-dependencies"]
    jars = folder / "jars"
    what = "Hadoop's contract tests"
    run_tool(what, [*maven, f"-DoutputDirectory={jars}", "-DincludeScope=runtime"], folder)
    classpath = ":".join(str(jar) for jar in sorted(jars.glob("*.jar")))
    compiler = [java_executable(), "-cp", classpath, COMPILER, "-17", "-nowarn", "-proc:none", "-cp", classpath]
    run_tool(what, [*compiler, "-d", folder / "classes", *sources], folder)


def write_core_site(conf: Path, endpoint: str, keys: tuple[str, str], bucket: str) -> None:
    """A folder for the class path: the bucket is the default file system."""
    properties = {
        "fs.defaultFS": f"oss://{bucket}",
        "fs.contract.test.fs.oss": f"oss://{bucket}",
        "fs.oss.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
        "fs.oss.endpoint": endpoint,
        "fs.oss.accessKeyId": keys[0],
        "fs.oss.accessKeySecret": keys[1],
        "hadoop.tmp.dir": conf / "tmp",
    }
    write_properties(conf / "core-site.xml", properties)
    (conf / "log4j.properties").write_text(LOG4J)


def run_contract(folder: Path, conf: Path) -> ContractRun:
    """All contract tests in one Java process; raises RuntimeError if it did not reach its end."""
    shutil.copy(SOURCES / "contract.xml", conf)
    classpath = f"{conf}:{folder}/classes:{folder}/jars/*"
    names = sorted(path.stem for path in (SOURCES / "local_oss").glob("*Test.java"))
    done = _java(conf, [*java_command(classpath, "local_oss.RunAll", HEAP_MIB), *names])
    total = _TOTAL.search(done.stdout)
    if done.returncode != 0 or not total:
        raise RuntimeError(f"the contract tests ended with {done.returncode}:\n{done.stderr[-2000:]}")
    causes = {name: cause for _, name, cause in _OUTCOME.findall(done.stdout)}
    return ContractRun(causes, int(total.group(1)), int(total.group(2)))


def hadoop_fs(jars: Path, conf: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`hadoop fs ARGUMENTS`."""
    command = java_command(f"{conf}:{jars}/*", "org.apache.hadoop.fs.FsShell", HEAP_MIB)
    return _java(conf, [*command, *arguments])


def _java(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=java_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )

"""A standalone cluster: a master and two workers, on hosts of their own (127.0.0.2, 127.0.0.3), by Spark's classes.

Its nodes have a bare `python3`, that of the system: none of our packages.
"""

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.sandbox.ports import choose_ports
from tests.spark.conftest import QUICK_JVM

HOSTS = ("127.0.0.2", "127.0.0.3")
START_SECONDS = 180.0


def bare_environment(folder: Path, spark_home: Path) -> dict[str, str]:
    """What a node's or an operator's shell has: Spark, Java, and a python3 without packages."""
    names = ("JAVA_HOME", "HOME", "LANG", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {
        **kept,
        "PATH": f"{folder}:/usr/bin:/bin",
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_DAEMON_JAVA_OPTS": QUICK_JVM,
        "SPARK_SUBMIT_OPTS": QUICK_JVM,
    }


@contextmanager
def standalone_cluster(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The master's URL, once both workers are there."""
    ports = choose_ports(["master", "pages"], {})
    url = f"spark://127.0.0.1:{ports['master']}"
    spark_class = Path(environment["SPARK_HOME"], "bin/spark-class")
    master = ["--host", "127.0.0.1", "--port", str(ports["master"]), "--webui-port", str(ports["pages"])]
    commands = [["org.apache.spark.deploy.master.Master", *master]]
    for host in HOSTS:
        place = ["--host", host, "--webui-port", "0", "-c", "1", "-m", "1g", "--work-dir", str(folder / host)]
        commands.append(["org.apache.spark.deploy.worker.Worker", *place, url])
    daemons: list[subprocess.Popen[bytes]] = []

    def workers() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{ports['pages']}/json/", timeout=30) as answer:
            return answer.read().count(b'"ALIVE"') > len(HOSTS)  # with the master's own

    try:
        with open(folder / "daemons.log", "wb") as log:
            for command in commands:
                daemons.append(
                    subprocess.Popen(
                        [spark_class, *command], env={**environment, "SPARK_LOCAL_IP": ""}, stdout=log, stderr=log
                    )
                )
        deadline = time.monotonic() + START_SECONDS
        while not _answers(workers):
            assert time.monotonic() < deadline, (folder / "daemons.log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        for daemon in daemons:
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(60)


def _answers(ask) -> bool:
    try:
        return ask()
    except OSError:
        return False

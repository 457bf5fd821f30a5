"""A standalone Spark master and two workers, each with an address of its own as if they were three hosts."""

import importlib.util
import os
from pathlib import Path

from .daemon import START_TIMEOUT_SECONDS, Daemon, wait_until
from .errors import SandboxError
from .java import QUICK_FLAGS, java_environment
from .jmx import get_json
from .ports import LOOPBACK, accepts_connections
from .state import Record, StateFolder

MASTER = "spark-master"
PORTS = ("spark-master", "spark-http")
WORKER_HOSTS = {"spark-worker-1": "127.0.0.2", "spark-worker-2": "127.0.0.3"}
SERVICES = [MASTER, *WORKER_HOSTS]
MASTER_CLASS = "org.apache.spark.deploy.master.Master"
WORKER_CLASS = "org.apache.spark.deploy.worker.Worker"
CORES, MEMORY = 2, "4g"


class SparkCluster:
    def __init__(self, state: StateFolder, record: Record) -> None:
        self._state = state
        self._record = record
        ports = record.ports
        words = ["--host", LOOPBACK, "--port", ports.get("spark-master", 0), "--webui-port", ports.get("spark-http", 0)]
        self.master = self._daemon(MASTER, MASTER_CLASS, LOOPBACK, *map(str, words))
        self.workers = [self._worker(service, host) for service, host in WORKER_HOSTS.items()]

    def daemons(self) -> list[Daemon]:
        return [self.master, *self.workers]

    def start(self, missing: list[str]) -> None:
        for daemon in self.daemons():
            if daemon.service in missing:
                daemon.start()
                if daemon is self.master:
                    port = self._record.ports["spark-master"]
                    wait_until(lambda: accepts_connections(port), "its port answers", START_TIMEOUT_SECONDS, [daemon])  # noqa: B023

    def wait(self) -> None:
        """Return when all workers are there."""
        wait_until(self._usable, "its workers are alive", START_TIMEOUT_SECONDS, self.daemons())

    def url(self) -> str:
        """What --master of spark-submit is given."""
        return f"spark://{LOOPBACK}:{self._record.ports['spark-master']}"

    def _usable(self) -> bool:
        answer = get_json(self._record.ports["spark-http"], "/json/")
        return answer is not None and int(answer["aliveworkers"]) >= len(WORKER_HOSTS)

    def _worker(self, service: str, host: str) -> Daemon:
        folder = self._state.path / "spark" / service
        words = ["--host", host, "--port", "0", "--webui-port", "0", "--cores", str(CORES), "--memory", MEMORY]
        words += ["--work-dir", str(folder), f"spark://{LOOPBACK}:{self._record.ports.get('spark-master', 0)}"]
        return self._daemon(service, WORKER_CLASS, host, *words)

    def _daemon(self, service: str, main_class: str, host: str, *words: str) -> Daemon:
        marker = f"proc_sandbox_{self._record.id}_{service}"
        environment = {
            **{
                name: value for name, value in java_environment().items() if not name.startswith(("SPARK_", "PYSPARK_"))
            },
            "SPARK_HOME": str(spark_home()),
            "SPARK_LOCAL_IP": host,
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": " ".join([f"-D{marker}", *QUICK_FLAGS]),
        }
        command = [str(spark_home() / "bin" / "spark-class"), main_class, *words]
        return Daemon(service, marker, command, self._state.log(service), environment)


def spark_home() -> Path:
    """SPARK_HOME, else the installed pyspark."""
    if os.environ.get("SPARK_HOME"):
        return Path(os.environ["SPARK_HOME"])
    installed = importlib.util.find_spec("pyspark")
    if installed is None or installed.origin is None:
        raise SandboxError("no Spark was found: set SPARK_HOME, or run 'make setup'")
    return Path(installed.origin).parent

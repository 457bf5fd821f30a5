"""A ResourceManager and NodeManagers, for what asks for a scheduler."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from .daemon import START_TIMEOUT_SECONDS, Daemon, find_processes, stop_processes, wait_until
from .java import java_command, java_environment
from .jmx import get_json
from .kdc import java_flag
from .ports import LOOPBACK, accepts_connections
from .state import Record, StateFolder

PORTS = ("yarn-rpc", "yarn-scheduler", "yarn-tracker", "yarn-admin", "yarn-http")
MANAGER_CLASS = "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager"
NODE_CLASS = "org.apache.hadoop.yarn.server.nodemanager.NodeManager"
HEAP_MIB = 256
FIRST_NODE = "nodemanager"
NODE_READY = "Registered with ResourceManager as"


def node_services(record: Record) -> list[str]:
    return [FIRST_NODE, *(f"{FIRST_NODE}-{index}" for index in range(2, record.nodemanagers + 1))]


class YarnCluster:
    def __init__(self, state: StateFolder, record: Record, classpath: str) -> None:
        self._state = state
        self._record = record
        self.manager = self._daemon("resourcemanager", MANAGER_CLASS, classpath)
        self.nodes = [
            self._daemon(service, NODE_CLASS, self._own_classpath(service, classpath))
            for service in node_services(record)
        ]

    def start_manager(self) -> None:
        if self.manager.pid() is None:
            self.manager.start()

    def start_nodes(self) -> None:
        """Start the nodes that do not run, and return when applications can be submitted."""
        tracker = self._record.ports["yarn-tracker"]
        wait_until(lambda: accepts_connections(tracker), "its port answers", START_TIMEOUT_SECONDS, [self.manager])
        for node in self.nodes:
            if node.pid() is None:
                node.start()
        wait_until(self._usable, "its nodes are active", START_TIMEOUT_SECONDS, [self.manager, *self.nodes])

    def lose_node(self, index: int) -> None:
        """Kill it, and what it has started: a host that has gone. The ResourceManager finds out by itself."""
        self.nodes[index - 1].kill()
        for pid in containers_in(self._folder(index)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def containers(self, index: int) -> list[int]:
        """The processes that a node has started."""
        return containers_in(self._folder(index))

    def stop_containers(self) -> None:
        """What the NodeManager started and left behind because it was killed itself."""
        stop_processes(lambda: find_processes(f"{self._state.path / 'yarn'}/", whole=False))

    def address(self) -> str:
        return f"http://{LOOPBACK}:{self._record.ports['yarn-http']}"

    def _usable(self) -> bool:
        if self._record.secure:  # over HTTP nobody is told without a ticket
            return all(NODE_READY in node.new_log() for node in self.nodes)
        answer = get_json(self._record.ports["yarn-http"], "/ws/v1/cluster/metrics")
        return answer is not None and int(answer["clusterMetrics"]["activeNodes"]) >= len(self.nodes)

    def _folder(self, index: int) -> Path:
        yarn = self._state.path / "yarn"
        return yarn / f"node-{index}" if index > 1 else yarn / "local"

    def _own_classpath(self, service: str, classpath: str) -> str:
        own = self._state.path / f"conf-{service}"
        return f"{own}:{classpath}" if service != FIRST_NODE else classpath

    def _daemon(self, service: str, main_class: str, classpath: str) -> Daemon:
        marker = f"proc_sandbox_{self._record.id}_{service}"
        flags = [java_flag(self._state.path)] if self._record.secure else []
        command = java_command(classpath, main_class, HEAP_MIB, [marker, "hadoop.root.logger=INFO,console", *flags])
        environment = {**java_environment(), "HADOOP_CONF_DIR": str(self._state.conf)}
        return Daemon(service, marker, command, self._state.log(service), environment)


def containers_in(folder: Path) -> list[int]:
    """Processes that work below a folder, as all do that a NodeManager has started, and all that these start."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append(int(process.name))
    return found

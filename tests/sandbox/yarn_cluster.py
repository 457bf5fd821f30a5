"""A ResourceManager and a NodeManager, for what asks for a scheduler."""

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
NODE_READY = "Registered with ResourceManager as"


class YarnCluster:
    def __init__(self, state: StateFolder, record: Record, classpath: str) -> None:
        self._state = state
        self._record = record
        self.manager = self._daemon("resourcemanager", MANAGER_CLASS, classpath)
        self.node = self._daemon("nodemanager", NODE_CLASS, classpath)

    def start_manager(self) -> None:
        if self.manager.pid() is None:
            self.manager.start()

    def start_node(self) -> None:
        """Start the node, if it does not run, and return when applications can be submitted."""
        tracker = self._record.ports["yarn-tracker"]
        wait_until(lambda: accepts_connections(tracker), "its port answers", START_TIMEOUT_SECONDS, [self.manager])
        if self.node.pid() is None:
            self.node.start()
        wait_until(self._usable, "a node is active", START_TIMEOUT_SECONDS, [self.manager, self.node])

    def stop_containers(self) -> None:
        """What the NodeManager started and left behind because it was killed itself."""
        stop_processes(lambda: find_processes(f"{self._state.path / 'yarn'}/", whole=False))

    def address(self) -> str:
        return f"http://{LOOPBACK}:{self._record.ports['yarn-http']}"

    def _usable(self) -> bool:
        if self._record.secure:  # over HTTP nobody is told without a ticket
            return NODE_READY in self.node.new_log()
        answer = get_json(self._record.ports["yarn-http"], "/ws/v1/cluster/metrics")
        return answer is not None and int(answer["clusterMetrics"]["activeNodes"]) >= 1

    def _daemon(self, service: str, main_class: str, classpath: str) -> Daemon:
        marker = f"proc_sandbox_{self._record.id}_{service}"
        flags = [java_flag(self._state.path)] if self._record.secure else []
        command = java_command(classpath, main_class, HEAP_MIB, [marker, "hadoop.root.logger=INFO,console", *flags])
        environment = {**java_environment(), "HADOOP_CONF_DIR": str(self._state.conf)}
        return Daemon(service, marker, command, self._state.log(service), environment)

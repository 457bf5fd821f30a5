"""The servers a sandbox consists of: which, with which ports and processes, and the order of their start."""

from dataclasses import dataclass

from . import hdfs_cluster, oss_server, yarn_cluster
from .daemon import Daemon, find_processes
from .hdfs_cluster import HdfsCluster
from .oss_server import OssServer
from .state import Record, StateFolder
from .yarn_cluster import YarnCluster


@dataclass(frozen=True)
class Service:
    """One line of `status`."""

    name: str
    pid: int | None
    ports: dict[str, int]


class Servers:
    def __init__(self, state: StateFolder, record: Record, classpath: str) -> None:
        self.record = record
        self.hdfs = HdfsCluster(state, record, classpath)
        self.oss = OssServer(state, record)
        self.yarn = YarnCluster(state, record, classpath)

    def daemons(self) -> list[Daemon]:
        return [self.oss.daemon, self.hdfs.namenode, *self.hdfs.datanodes, self.yarn.manager, self.yarn.node]

    def start(self, missing: list[str]) -> None:
        if "oss" in missing:
            self.oss.start()
        if "namenode" in missing:
            self.hdfs.start_namenode()
        if self.record.yarn:
            self.yarn.start_manager()
        self.hdfs.start_datanodes([node for node in self.hdfs.datanodes if node.service in missing])
        self.hdfs.wait_for_namenode()
        self.hdfs.make_home_folders()
        if "oss" in missing:
            self.oss.wait()
        if self.record.yarn:
            self.yarn.start_node()


def services_of(record: Record) -> list[Service]:
    names = ["namenode", *(f"datanode-{index}" for index in range(1, record.datanodes + 1))]
    names += ["oss"] if record.oss else []
    names += ["resourcemanager", "nodemanager"] if record.yarn else []
    return [
        Service(
            name,
            next(iter(find_processes(f"proc_sandbox_{record.id}_{name}")), None),
            {port: record.ports[port] for port in ports_of([name]) if port in record.ports},
        )
        for name in names
    ]


def ports_of(services: list[str]) -> list[str]:
    ports = {
        "namenode": hdfs_cluster.PORTS,
        "oss": oss_server.PORTS,
        "resourcemanager": yarn_cluster.PORTS,
    }
    return [port for service in services for port in ports.get(service, ())]


def processes_of(record: Record) -> list[int]:
    return find_processes(f"proc_sandbox_{record.id}_", whole=False)

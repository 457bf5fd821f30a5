"""The servers a sandbox consists of: which, with which ports and processes, and the order of their start."""

from dataclasses import dataclass

from . import kdc, kms, oss_server, spark_cluster, yarn_cluster
from .daemon import Daemon, find_processes
from .hdfs_cluster import HdfsCluster, namenode_services
from .kdc import Kdc
from .kms import Kms
from .oss_server import OssServer
from .spark_cluster import SparkCluster
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
        self.kdc = Kdc(state, record)
        self.kms = Kms(state, record)
        self.hdfs = HdfsCluster(state, record, classpath)
        self.oss = OssServer(state, record)
        self.yarn = YarnCluster(state, record, classpath)
        self.spark = SparkCluster(state, record)

    def daemons(self) -> list[Daemon]:
        return [
            self.kdc.daemon,
            self.kms.daemon,
            self.oss.daemon,
            *self.hdfs.daemons(),
            self.yarn.manager,
            *self.yarn.nodes,
            *self.spark.daemons(),
        ]

    def start(self, missing: list[str]) -> None:
        if "oss" in missing:
            self.oss.start()
        if "kdc" in missing:
            self.kdc.start()
        if "kms" in missing:
            self.kms.start()
        if "journalnode" in missing:
            self.hdfs.start_journalnode()
        for index, namenode in enumerate(self.hdfs.namenodes, 1):
            if namenode.service in missing:
                self.hdfs.start_namenode(index)
        self.hdfs.make_one_active()
        if self.record.yarn:
            self.yarn.start_manager()
        if self.record.spark:
            self.spark.start(missing)
        self.hdfs.start_datanodes([node for node in self.hdfs.datanodes if node.service in missing])
        self.hdfs.wait_for_namenode()
        self.hdfs.make_home_folders()
        if "oss" in missing:
            self.oss.wait()
        if "kms" in missing:
            self.kms.wait()
        if self.record.yarn:
            self.yarn.start_nodes()
        if self.record.spark:
            self.spark.wait()


def services_of(record: Record) -> list[Service]:
    names = ["kdc"] if record.secure else []
    names += [kms.SERVICE] if record.kms else []
    names += ["journalnode"] if record.ha else []
    names += namenode_services(record)
    names += [f"datanode-{index}" for index in range(1, record.datanodes + 1)]
    names += ["oss"] if record.oss else []
    names += ["resourcemanager", *yarn_cluster.node_services(record)] if record.yarn else []
    names += spark_cluster.SERVICES if record.spark else []
    return [
        Service(
            name,
            next(iter(find_processes(f"proc_sandbox_{record.id}_{name}")), None),
            {port: record.ports[port] for port in ports_of([name]) if port in record.ports},
        )
        for name in names
    ]


def ports_of(services: list[str]) -> list[str]:
    return [port for service in services for port in _ports_of(service)]


def _ports_of(service: str) -> tuple[str, ...]:
    if service.startswith("namenode") or service == "journalnode":
        return f"{service}-rpc", f"{service}-http"
    ports = {
        "kdc": kdc.PORTS,
        kms.SERVICE: kms.PORTS,
        "oss": oss_server.PORTS,
        "resourcemanager": yarn_cluster.PORTS,
        spark_cluster.MASTER: spark_cluster.PORTS,
    }
    return ports.get(service, ())


def processes_of(record: Record) -> list[int]:
    return find_processes(f"proc_sandbox_{record.id}_", whole=False)

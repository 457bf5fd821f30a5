"""A sandbox: real servers on loopback, under one name.

`up` starts what is wanted and does not run, `down` ends everything. Both may be repeated; only one of them at
a time works on a sandbox. A sandbox remembers what it was asked for: an `up` may add to it, never take away.
"""

import os
import secrets
import subprocess
import time
from collections.abc import Callable

from .daemon import stop_processes
from .errors import NotUp, PortTaken, SandboxError
from .hadoop_conf import (
    capacity_scheduler,
    core_site,
    datanode_site,
    hdfs_site,
    mapred_site,
    namenode_site,
    nodemanager_site,
    write_conf_folder,
    write_properties,
    yarn_site,
)
from .hdfs_cluster import HdfsCluster
from .jars import KMS, added_artefacts, artefacts_of, fetch, fetch_jars, jars_folder
from .java import java_command, java_environment
from .kdc import fetch_kdc, java_flag
from .oss_server import BUCKET
from .ports import choose_ports
from .servers import Servers, Service, ports_of, processes_of, services_of
from .state import Record, StateFolder, sandbox_names

PORT_CHOICES = 3
TOOL_HEAP_MIB = 512
TOOL_TIMEOUT_SECONDS = 240.0
SHELL_CLASS = "org.apache.hadoop.fs.FsShell"


class Sandbox:
    def __init__(
        self,
        name: str = "default",
        *,
        oss: bool = True,
        yarn: bool = False,
        ha: bool = False,
        secure: bool = False,
        spark: bool = False,
        kms: bool = False,
        hadoop: str = "",
        datanodes: int = 1,
        nodemanagers: int = 1,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.name = name
        self._wanted = Record("", oss, yarn, ha, secure, spark, kms, hadoop, datanodes, nodemanagers)
        self._say = say
        self._state = StateFolder(name)
        self._servers_made: Servers | None = None

    def up(self) -> list[str]:
        """Start what is missing and return its names: none, if everything ran already."""
        with self._state.locked():
            record = self._state.load()
            fresh = record is None
            record = self._merge(record or Record(id=secrets.token_hex(6)))
            missing = [service.name for service in services_of(record) if service.pid is None]
            if not missing:
                return []
            started = time.monotonic()
            fetch_jars(self._say, record.hadoop)
            if record.secure:
                fetch_kdc(self._say)
            if record.kms:
                fetch(added_artefacts(KMS), self._say)
            try:
                self._start(record, missing)
            except BaseException:
                if fresh:
                    stop_processes(lambda: processes_of(record))
                    self._state.remove(keep_logs=True)
                raise
            self._say(f"sandbox '{self.name}' is up after {time.monotonic() - started:.1f} s")
            return missing

    def down(self, keep: bool = False) -> bool:
        """End its processes and, unless told to keep it, remove its state. False: there was nothing to do."""
        with self._state.locked():
            record = self._state.load()
            pids = processes_of(record) if record else []
            if record:
                stop_processes(lambda: processes_of(record))
                if record.yarn:
                    self._servers(record).yarn.stop_containers()
            there = self._state.path.exists()
            if not keep:
                self._state.remove()
            self._servers_made = None
            return bool(pids) or (there and not keep)

    def status(self) -> list[Service]:
        """What belongs to it, running or not; nothing if there is no such sandbox."""
        record = self._state.load()
        return services_of(record) if record else []

    def is_up(self) -> bool:
        services = self.status()
        return bool(services) and all(service.pid for service in services)

    def env(self) -> dict[str, str]:
        """What a client needs to know, as environment variables."""
        record = self._running_record()
        hdfs, webhdfs = self._servers(record).hdfs.uris()
        variables = {
            "HADOOP_CONF_DIR": str(self._state.conf),
            "HADOOP_CLASSPATH_FILE": str(self._state.classpath_file),
            "SANDBOX_HDFS": hdfs,
            "SANDBOX_WEBHDFS": webhdfs,
        }
        if record.oss:
            keys = self._state.keys()
            variables |= {
                "SANDBOX_BUCKET": BUCKET,
                "OSS_ENDPOINT": self._servers(record).oss.endpoint(),
                "OSS_ACCESS_KEY_ID": keys.access_key_id,
                "OSS_ACCESS_KEY_SECRET": keys.access_key_secret,
            }
        if record.yarn:
            variables["SANDBOX_YARN"] = self._servers(record).yarn.address()
        if record.spark:
            variables["SANDBOX_SPARK"] = self._servers(record).spark.url()
        if record.secure:
            variables |= self._servers(record).kdc.client_environment()
        return variables

    def hadoop_shell(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`hadoop fs` with these arguments; the caller looks at the exit code."""
        return self.hadoop(SHELL_CLASS, *arguments)

    def hadoop(self, main_class: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Any Hadoop tool, such as DistCp, as a client of this sandbox. `oss://` works too."""
        record = self._running_record()
        if record.secure:
            self._servers(record).kdc.take_ticket()
        flags = [java_flag(self._state.path)] if record.secure else []
        command = java_command(self._state.classpath_file.read_text(), main_class, TOOL_HEAP_MIB, flags)
        return subprocess.run(
            [*command, *arguments],
            env={**java_environment(), **self.env()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TOOL_TIMEOUT_SECONDS,
            check=False,
        )

    # Faults: what can happen to a cluster while somebody works with it.

    def kill_datanode(self, index: int = 1) -> None:
        """The NameNode goes on believing in it for 20 s."""
        self._hdfs().datanodes[index - 1].kill()

    def start_datanode(self, index: int = 1) -> None:
        hdfs = self._hdfs()
        hdfs.start_datanodes([hdfs.datanodes[index - 1]])

    def kill_namenode(self, index: int = 1) -> None:
        self._hdfs().namenodes[index - 1].kill()

    def start_namenode(self, index: int = 1) -> None:
        """With its old port and data; returns when the DataNodes are back and safe mode is over."""
        hdfs = self._hdfs()
        hdfs.start_namenode(index)
        hdfs.wait_for_namenode()

    def freeze_namenode(self, index: int = 1) -> None:
        """It keeps its connections and answers nobody."""
        self._hdfs().namenodes[index - 1].freeze()

    def thaw_namenode(self, index: int = 1) -> None:
        self._hdfs().namenodes[index - 1].thaw()

    def lose_nodemanager(self, index: int) -> None:
        """Kill a node of YARN with all its containers, as if its host had gone."""
        self._servers(self._running_record()).yarn.lose_node(index)

    def containers(self, index: int = 1) -> list[int]:
        """The processes of the containers of a node of YARN."""
        return self._servers(self._running_record()).yarn.containers(index)

    def active_namenode(self) -> int | None:
        """Of two NameNodes: the number of the active one."""
        return self._hdfs().active()

    def failover(self) -> int:
        """Make the other NameNode active, whether the one that was still lives or not; its number."""
        record = self._running_record()
        if not record.ha:
            raise SandboxError(f"sandbox '{self.name}' has one NameNode: 'bin/sandbox up ha' starts one with two")
        return self._servers(record).hdfs.failover()

    def take_ticket(self) -> None:
        """Of a secure sandbox: `kinit` for its ordinary user, into the cache that `env` names."""
        self._servers(self._running_record()).kdc.take_ticket()

    def limit_tickets(self, seconds: int) -> None:
        """Of a secure sandbox: let new tickets of its ordinary user end so soon."""
        self._servers(self._running_record()).kdc.limit_tickets(seconds)

    def kill_oss(self) -> None:
        self._servers(self._running_record()).oss.daemon.kill()

    def start_oss(self) -> None:
        oss = self._servers(self._running_record()).oss
        oss.start()
        oss.wait()

    def _hdfs(self) -> HdfsCluster:
        return self._servers(self._running_record()).hdfs

    def _running_record(self) -> Record:
        record = self._state.load()
        if record is None or not processes_of(record):
            raise NotUp(f"sandbox '{self.name}' is not up: start it with 'bin/sandbox up --name {self.name}'")
        return record

    def _merge(self, record: Record) -> Record:
        for trait in ("ha", "secure", "kms"):
            if getattr(self._wanted, trait) and record.ports and not getattr(record, trait):
                raise SandboxError(
                    f"sandbox '{self.name}' was made without '{trait}', which its data cannot get later: "
                    f"'bin/sandbox down --name {self.name}' first, or choose another --name"
                )
        if self._wanted.hadoop and record.ports and record.hadoop != self._wanted.hadoop:
            raise SandboxError(
                f"sandbox '{self.name}' runs on Hadoop {artefacts_of(record.hadoop).version}: "
                f"'bin/sandbox down --name {self.name}' first, or choose another --name"
            )
        record.hadoop = record.hadoop or self._wanted.hadoop
        if record.hadoop and (record.yarn or self._wanted.yarn):
            raise SandboxError(f"of Hadoop {record.hadoop} there is HDFS alone here, and no YARN: leave out --hadoop")
        record.ha = record.ha or self._wanted.ha
        record.secure = record.secure or self._wanted.secure
        record.spark = record.spark or self._wanted.spark
        record.kms = record.kms or self._wanted.kms
        record.oss = record.oss or self._wanted.oss
        record.yarn = record.yarn or self._wanted.yarn
        record.datanodes = max(record.datanodes, self._wanted.datanodes)
        record.nodemanagers = max(record.nodemanagers, self._wanted.nodemanagers)
        return record

    def _start(self, record: Record, missing: list[str]) -> None:
        """Choose ports and start; when somebody was faster with a port, choose again."""
        for choice in range(PORT_CHOICES):
            preferred = record.ports if choice == 0 else {}
            record.ports |= choose_ports(ports_of(missing), preferred)
            self._state.save(record)
            self._write_conf(record)
            self._servers_made = None
            servers = self._servers(record)
            daemons = [daemon for daemon in servers.daemons() if daemon.service in missing]
            try:
                servers.start(missing)
                return
            except BaseException as error:
                for daemon in daemons:
                    daemon.stop()
                if not isinstance(error, PortTaken) or choice == PORT_CHOICES - 1:
                    raise

    def _write_conf(self, record: Record) -> None:
        path = self._state.path
        classpath = self._classpath(record)
        files = {
            "core-site": core_site(path, record),
            "hdfs-site": hdfs_site(path, record),
            "mapred-site": mapred_site(path, record.yarn, classpath),
        }
        if record.yarn:
            files["yarn-site"] = yarn_site(path, record, classpath)
            files["capacity-scheduler"] = capacity_scheduler()
        write_conf_folder(self._state.conf, files)
        for index in range(1, record.datanodes + 1):
            own = path / f"conf-datanode-{index}" / "hdfs-site.xml"
            write_properties(own, datanode_site(path, record, index))
        for index in range(2, record.nodemanagers + 1) if record.yarn else ():
            own = path / f"conf-nodemanager-{index}" / "yarn-site.xml"
            write_properties(own, nodemanager_site(path, record, classpath, index))
        for index in (1, 2) if record.ha else ():
            own = path / f"conf-namenode-{index}" / "hdfs-site.xml"
            write_properties(own, namenode_site(path, record, index))
        self._state.classpath_file.write_text(classpath)

    def _classpath(self, record: Record) -> str:
        return f"{self._state.conf}:{jars_folder(record.hadoop)}/*"

    def _servers(self, record: Record) -> Servers:
        if self._servers_made is None or self._servers_made.record != record:
            self._servers_made = Servers(self._state, record, self._classpath(record))
        return self._servers_made


def reap_abandoned(prefix: str) -> None:
    """Bring down the sandboxes named `<prefix>-<pid>-...` whose process is gone without having done it."""
    for name in sandbox_names():
        head, _, rest = name.partition("-")
        pid = rest.partition("-")[0]
        if head == prefix and pid.isdecimal() and not os.path.exists(f"/proc/{pid}"):
            Sandbox(name).down()

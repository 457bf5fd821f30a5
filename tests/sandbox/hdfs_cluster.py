"""A NameNode and its DataNodes; or two NameNodes, one of which is active, with a JournalNode between them."""

import os
import pwd
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from .daemon import START_TIMEOUT_SECONDS, Daemon, find_processes, stop_processes, wait_until
from .errors import SandboxError
from .hadoop_conf import NAMENODES, default_fs, host_of
from .java import java_command, java_environment
from .jmx import bean, request
from .kdc import java_flag
from .ports import accepts_connections
from .secure_conf import SERVER, USER, krb5_conf, server_keytab
from .state import PROJECT, Record, StateFolder

NAMENODE_CLASS = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATANODE_CLASS = "org.apache.hadoop.hdfs.server.datanode.DataNode"
JOURNALNODE_CLASS = "org.apache.hadoop.hdfs.qjournal.server.JournalNode"
ADMIN_CLASS = "org.apache.hadoop.hdfs.tools.DFSHAAdmin"
NAMENODE_HEAP_MIB = 512
DATANODE_HEAP_MIB = 256
# In the words of Hadoop 2.7 and newer, 2.5 and 2.6, 2.4.
DATANODE_READY = re.compile(r"Successfully sent block report|Sent \d+ blockreports|BlockReport of \d+ blocks took")
SERVER_LOGGING = "hadoop.root.logger=INFO,console"


def namenode_services(record: Record) -> list[str]:
    return [f"namenode-{index}" for index in range(1, len(NAMENODES) + 1)] if record.ha else ["namenode"]


class HdfsCluster:
    def __init__(self, state: StateFolder, record: Record, classpath: str) -> None:
        self._state = state
        self._record = record
        self._classpath = classpath
        self.journalnode = self._daemon("journalnode", JOURNALNODE_CLASS, DATANODE_HEAP_MIB, classpath)
        self.namenodes = [
            self._daemon(service, NAMENODE_CLASS, NAMENODE_HEAP_MIB, self._own_classpath(service))
            for service in namenode_services(record)
        ]
        self.datanodes = [
            self._daemon(service, DATANODE_CLASS, DATANODE_HEAP_MIB, self._own_classpath(service))
            for service in (f"datanode-{index}" for index in range(1, record.datanodes + 1))
        ]

    def daemons(self) -> list[Daemon]:
        return [*([self.journalnode] if self._record.ha else []), *self.namenodes, *self.datanodes]

    def start_journalnode(self) -> None:
        self.journalnode.start()
        rpc = self._record.ports["journalnode-rpc"]
        wait_until(lambda: accepts_connections(rpc), "its RPC port answers", START_TIMEOUT_SECONDS, [self.journalnode])

    def start_namenode(self, index: int = 1) -> None:
        """Format it if it is new, start it, and return when its RPC port answers.

        A DataNode that comes before that sleeps for five seconds until its next try. The second NameNode takes over
        what the first one has.
        """
        namenode = self.namenodes[index - 1]
        if not self._is_formatted(index):
            how = ("-format", "-nonInteractive", "-force") if index == 1 else ("-bootstrapStandby", "-nonInteractive")
            self._format(namenode.service, how)
        namenode.start()
        rpc = self._record.ports[f"{namenode.service}-rpc"]
        wait_until(lambda: accepts_connections(rpc), "its RPC port answers", START_TIMEOUT_SECONDS, [namenode])

    def make_one_active(self) -> None:
        """Of two NameNodes that both stand by, the first."""
        if self._record.ha and self.active() is None:
            self._administer("-transitionToActive", NAMENODES[0])
            wait_until(lambda: self.active() == 1, "it is active", START_TIMEOUT_SECONDS, [self.namenodes[0]])

    def active(self) -> int | None:
        """The number of the NameNode that is active; None while none is, or none answers."""
        for index in range(1, len(self.namenodes) + 1):
            status = bean(self._http(index), "Hadoop:service=NameNode,name=NameNodeStatus")
            if status is not None and status.get("State") == "active":
                return index
        return None

    def failover(self) -> int:
        """Make the NameNode active that is not, also when the other one is dead. Its number."""
        active = self.active()
        # Of a dead one nobody can tell whether it was active.
        alive = [index for index, namenode in enumerate(self.namenodes, 1) if namenode.pid() is not None]
        old = active or next((index for index in (1, 2) if index not in alive), 1)
        new = 3 - old
        self._administer("-failover", NAMENODES[old - 1], NAMENODES[new - 1])
        wait_until(lambda: self.active() == new, "it is active", START_TIMEOUT_SECONDS, [self.namenodes[new - 1]])
        return new

    def wait_for_namenode(self) -> None:
        """Return when each that runs knows as many live DataNodes as there should be, and is not in safe mode.

        With Kerberos nobody is told that over HTTP without a ticket; there, whoever makes the folders waits.
        """
        if self._record.secure:
            return
        wait_until(self._usable, "HDFS is usable", START_TIMEOUT_SECONDS, [self._first_running()])

    def start_datanodes(self, datanodes: Sequence[Daemon]) -> None:
        """Return when the NameNode knows their blocks.

        That it calls them alive is not enough: it says so of a dead one too, for 20 s.
        """
        for datanode in datanodes:
            datanode.start()
        for datanode in datanodes:
            wait_until(
                lambda node=datanode: DATANODE_READY.search(node.new_log()) is not None,  # type: ignore[misc]
                "its blocks are reported",
                START_TIMEOUT_SECONDS,
                [self._first_running(), datanode],
            )

    def make_home_folders(self) -> None:
        """As an administrator would. Else the first use of the trash makes /user, for its own user only."""
        if self._record.secure:
            self._make_secure_folders()
            return
        for path, permission in (("/tmp", "1777"), ("/user", "755"), (f"/user/{user_name()}", "755")):
            query = urlencode({"op": "MKDIRS", "permission": permission, "user.name": user_name()})
            # The first request of all has the server load what answers it.
            port = self._http(self.active() or 1)
            status, body = request("PUT", port, f"/webhdfs/v1{path}?{query}", START_TIMEOUT_SECONDS)
            if status != 200:
                raise SandboxError(f"WebHDFS could not make {path}: {status} {body[:400]}")

    def uris(self) -> tuple[str, str]:
        """fs.defaultFS and the address of WebHDFS; of two NameNodes, that of the active one."""
        web = (self.active() or 1) if self._record.ha else 1
        return default_fs(self._record), f"http://{host_of(self._record)}:{self._http(web)}"

    def _http(self, index: int) -> int:
        return self._record.ports[f"{self.namenodes[index - 1].service}-http"]

    def _first_running(self) -> Daemon:
        return next((namenode for namenode in self.namenodes if namenode.pid() is not None), self.namenodes[0])

    def _make_secure_folders(self) -> None:
        """With the key of the superuser, in a process of its own, as Kerberos is a matter of the environment."""
        words = [SERVER, str(server_keytab(self._state.path)), default_fs(self._record), USER]
        environment = {
            **java_environment(),
            "KRB5_CONFIG": str(krb5_conf(self._state.path)),
            "HADOOP_CONF_DIR": str(self._state.conf),
            "PYTHONPATH": str(PROJECT),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.sandbox.secure_folders", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise SandboxError(f"the home folders could not be made: {done.stderr.strip()[-600:]}")

    def _is_formatted(self, index: int) -> bool:
        """An image appears as the last step; a format that was interrupted is done again."""
        folder = f"name-{index}" if self._record.ha else "name"
        current = self._state.path / "hdfs" / folder / "current"
        return any(image.suffix != ".md5" for image in current.glob("fsimage_*"))

    def _format(self, service: str, how: Sequence[str]) -> None:
        marker = f"proc_sandbox_{self._record.id}_format"
        stop_processes(lambda: find_processes(marker))  # of an `up` that was killed
        self._run(self._own_classpath(service), NAMENODE_CLASS, how, f"{service} could not be formatted", marker)

    def _administer(self, *arguments: str) -> None:
        self._run(self._classpath, ADMIN_CLASS, arguments, f"haadmin {' '.join(arguments)} failed")

    def _run(self, classpath: str, main_class: str, arguments: Sequence[str], failure: str, *marks: str) -> None:
        command = java_command(classpath, main_class, NAMENODE_HEAP_MIB, [*marks, *self._secure_flags()])
        done = subprocess.run(
            [*command, *arguments],
            env=java_environment(),
            cwd=self._state.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            tail = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-12:])
            raise SandboxError(f"{failure} (exit code {done.returncode}):\n{tail}")

    def _usable(self) -> bool:
        running = [index for index, namenode in enumerate(self.namenodes, 1) if namenode.pid() is not None]
        return bool(running) and all(self._is_usable(self._http(index)) for index in running)

    def _is_usable(self, port: int) -> bool:
        system = bean(port, "Hadoop:service=NameNode,name=FSNamesystemState")
        info = bean(port, "Hadoop:service=NameNode,name=NameNodeInfo")
        if system is None or info is None:
            return False
        return int(system["NumLiveDataNodes"]) >= self._record.datanodes and not info["Safemode"]

    def _own_classpath(self, service: str) -> str:
        """What one server alone is told comes first."""
        own: Path = self._state.path / f"conf-{service}"
        return self._classpath if service == "namenode" else f"{own}:{self._classpath}"

    def _secure_flags(self) -> list[str]:
        return [java_flag(self._state.path)] if self._record.secure else []

    def _daemon(self, service: str, main_class: str, heap_mib: int, classpath: str) -> Daemon:
        marker = f"proc_sandbox_{self._record.id}_{service}"
        command = java_command(classpath, main_class, heap_mib, [marker, SERVER_LOGGING, *self._secure_flags()])
        return Daemon(service, marker, command, self._state.log(service), java_environment())


def user_name() -> str:
    """The user the servers run as, and so HDFS's superuser."""
    return pwd.getpwuid(os.getuid()).pw_name

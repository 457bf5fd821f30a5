"""A NameNode and its DataNodes."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from urllib.parse import urlencode

from .daemon import Daemon, find_processes, stop_processes, wait_until
from .errors import SandboxError
from .java import java_command, java_environment
from .jmx import bean, request
from .ports import LOOPBACK, accepts_connections
from .state import Record, StateFolder

PORTS = ("namenode-rpc", "namenode-http")
NAMENODE_CLASS = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATANODE_CLASS = "org.apache.hadoop.hdfs.server.datanode.DataNode"
NAMENODE_HEAP_MIB = 512
DATANODE_HEAP_MIB = 256
START_TIMEOUT_SECONDS = 90.0
DATANODE_READY = "Successfully sent block report"
SERVER_LOGGING = "hadoop.root.logger=INFO,console"


class HdfsCluster:
    def __init__(self, state: StateFolder, record: Record, classpath: str) -> None:
        self._state = state
        self._record = record
        self._classpath = classpath
        self.namenode = self._daemon("namenode", NAMENODE_CLASS, NAMENODE_HEAP_MIB, classpath)
        self.datanodes = [
            self._daemon(
                f"datanode-{index}",
                DATANODE_CLASS,
                DATANODE_HEAP_MIB,
                f"{state.path / f'conf-datanode-{index}'}:{classpath}",
            )
            for index in range(1, record.datanodes + 1)
        ]

    def start_namenode(self) -> None:
        """Format it if it is new, start it, and return when its RPC port answers.

        A DataNode that comes before that sleeps for five seconds until its next try.
        """
        if not self._is_formatted():
            self._format()
        self.namenode.start()
        rpc = self._record.ports["namenode-rpc"]
        wait_until(lambda: accepts_connections(rpc), "its RPC port answers", START_TIMEOUT_SECONDS, [self.namenode])

    def wait_for_namenode(self) -> None:
        """Return when it can be written to: as many live DataNodes as there should be, and no safe mode."""
        wait_until(self._usable, "HDFS is usable", START_TIMEOUT_SECONDS, [self.namenode])

    def start_datanodes(self, datanodes: Sequence[Daemon]) -> None:
        """Return when the NameNode knows their blocks.

        That it calls them alive is not enough: it says so of a dead one too, for 20 s.
        """
        for datanode in datanodes:
            datanode.start()
        for datanode in datanodes:
            wait_until(
                lambda node=datanode: DATANODE_READY in node.new_log(),  # type: ignore[misc]
                "its blocks are reported",
                START_TIMEOUT_SECONDS,
                [self.namenode, datanode],
            )

    def make_home_folders(self) -> None:
        """As an administrator would. Else the first use of the trash makes /user, for its own user only."""
        for path, permission in (("/tmp", "1777"), ("/user", "755"), (f"/user/{user_name()}", "755")):
            query = urlencode({"op": "MKDIRS", "permission": permission, "user.name": user_name()})
            status, body = request("PUT", self._record.ports["namenode-http"], f"/webhdfs/v1{path}?{query}")
            if status != 200:
                raise SandboxError(f"WebHDFS could not make {path}: {status} {body[:400]}")

    def uris(self) -> tuple[str, str]:
        """fs.defaultFS and the address of WebHDFS."""
        ports = self._record.ports
        return f"hdfs://{LOOPBACK}:{ports['namenode-rpc']}", f"http://{LOOPBACK}:{ports['namenode-http']}"

    def _is_formatted(self) -> bool:
        """An image appears as the last step; a format that was interrupted is done again."""
        current = self._state.path / "hdfs" / "name" / "current"
        return any(image.suffix != ".md5" for image in current.glob("fsimage_*"))

    def _format(self) -> None:
        marker = f"proc_sandbox_{self._record.id}_format"
        stop_processes(lambda: find_processes(marker))  # of an `up` that was killed
        command = java_command(self._classpath, NAMENODE_CLASS, NAMENODE_HEAP_MIB, [marker])
        done = subprocess.run(
            [*command, "-format", "-nonInteractive", "-force"],
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
            raise SandboxError(f"the NameNode could not be formatted (exit code {done.returncode}):\n{tail}")

    def _usable(self) -> bool:
        port = self._record.ports["namenode-http"]
        system = bean(port, "Hadoop:service=NameNode,name=FSNamesystemState")
        info = bean(port, "Hadoop:service=NameNode,name=NameNodeInfo")
        if system is None or info is None:
            return False
        return int(system["NumLiveDataNodes"]) >= self._record.datanodes and not info["Safemode"]

    def _daemon(self, service: str, main_class: str, heap_mib: int, classpath: str) -> Daemon:
        marker = f"proc_sandbox_{self._record.id}_{service}"
        command = java_command(classpath, main_class, heap_mib, [marker, SERVER_LOGGING])
        return Daemon(service, marker, command, self._state.log(service), java_environment())


def user_name() -> str:
    """The user the servers run as, and so HDFS's superuser."""
    return pwd.getpwuid(os.getuid()).pw_name

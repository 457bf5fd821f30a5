"""The project's own OSS server, as a process of its own."""

import os
import shlex
import sys

from .daemon import START_TIMEOUT_SECONDS, Daemon, wait_until
from .ports import LOOPBACK, accepts_connections
from .state import PROJECT, Record, StateFolder

PORTS = ("oss",)
BUCKET = "sandbox"


class OssServer:
    def __init__(self, state: StateFolder, record: Record) -> None:
        self._record = record
        self._port_file = state.path / "oss.port"
        keys = state.keys()
        marker = f"proc_sandbox_{record.id}_oss"
        command = [sys.executable, "-X", marker, "-m", "hdfs2oss", "local-oss"]
        command += ["--dir", str(state.path / "oss"), "--bucket", BUCKET]
        command += ["--port", str(record.ports.get("oss", 0)), "--port-file", str(self._port_file)]
        # Such as "--etag fast", for benchmarks.
        command += shlex.split(os.environ.get("SANDBOX_OSS_OPTIONS", ""))
        # A token of the caller's own would become one that this server asks every client for.
        inherited = {key: value for key, value in os.environ.items() if key != "OSS_SESSION_TOKEN"}
        environment = {
            **inherited,
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            "OSS_ACCESS_KEY_ID": keys.access_key_id,
            "OSS_ACCESS_KEY_SECRET": keys.access_key_secret,
        }
        self.daemon = Daemon("oss", marker, command, state.log("oss"), environment)

    def start(self) -> None:
        self._port_file.unlink(missing_ok=True)
        self.daemon.start()

    def wait(self) -> None:
        wait_until(self._usable, "it answers", START_TIMEOUT_SECONDS, [self.daemon])

    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self._record.ports['oss']}"

    def _usable(self) -> bool:
        return self._port_file.exists() and accepts_connections(self._record.ports["oss"])

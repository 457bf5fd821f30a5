"""What the servers count: calls of the NameNode, bytes of DataNodes, requests of the OSS server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.sandbox.jmx import get_json

# Calls of DataNodes to the NameNode, which come whether anybody copies or not.
_OF_DATANODES = {
    "SendHeartbeat",
    "BlockReport",
    "BlockReceivedAndDeleted",
    "RegisterDatanode",
    "VersionRequest",
    "CacheReport",
    "ErrorReport",
    "CommitBlockSynchronization",
    "ReportBadBlocks",
}
_TWICE = ("Overall", "Deferred")
"""The same calls under another name, with the time they waited."""
_SETTLE_SECONDS = 0.8
"""Beans are made anew at most twice a second (tests/sandbox/hadoop_conf.py)."""


class Reading(NamedTuple):
    """Counts since the servers began, or the difference of two such readings; calls of the NameNode by method."""

    calls: dict[str, int]
    datanode_bytes_read: int
    oss_requests: int
    oss_bytes_out: int

    def since(self, earlier: Reading) -> Reading:
        """What was counted between the two."""
        calls = {method: count - earlier.calls.get(method, 0) for method, count in self.calls.items()}
        others = (now - then for now, then in zip(self[1:], earlier[1:], strict=True))
        return Reading({method: count for method, count in calls.items() if count}, *others)


class Gauges:
    """Reads the servers of a sandbox; `log` is the request log of its OSS server."""

    def __init__(self, namenode_port: int, log: Path) -> None:
        self._namenode_port = namenode_port
        self._log = log
        self._log_offset = 0
        self._requests = 0
        self._bytes_out = 0

    def read(self) -> Reading:
        """What has been counted so far; waits until the servers have caught up."""
        time.sleep(_SETTLE_SECONDS)
        self._read_log()
        return Reading(self._namenode_calls(), self._datanode_bytes(), self._requests, self._bytes_out)

    def _read_log(self) -> None:
        with self._log.open("rb") as log:
            log.seek(self._log_offset)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._log_offset += len(line)
                self._requests += 1
                self._bytes_out += int(json.loads(line)["bytes_out"])

    def _namenode_calls(self) -> dict[str, int]:
        beans = self._beans(self._namenode_port, "NameNode", "RpcDetailedActivity*")
        return {method: count for bean in beans for method, count in calls_of(bean).items()}

    def _datanode_bytes(self) -> int:
        (info,) = self._beans(self._namenode_port, "NameNode", "NameNodeInfo")
        ports = [int(node["infoAddr"].rpartition(":")[2]) for node in json.loads(info["LiveNodes"]).values()]
        return sum(
            int(bean["BytesRead"]) for port in ports for bean in self._beans(port, "DataNode", "DataNodeActivity*")
        )

    def _beans(self, port: int, service: str, name: str) -> list[dict[str, Any]]:
        answer = get_json(port, f"/jmx?qry=Hadoop:service={service},name={name}")
        return list(answer["beans"]) if answer else []


def calls_of(bean: dict[str, Any]) -> dict[str, int]:
    """Calls by clients in a bean of RpcDetailedActivity."""
    methods = {name.removesuffix("NumOps"): int(count) for name, count in bean.items() if name.endswith("NumOps")}
    return {name: count for name, count in methods.items() if name not in _OF_DATANODES and not name.startswith(_TWICE)}

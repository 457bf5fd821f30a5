"""The one account that everything belongs to, and where it is served."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.xml import Node, printable

_ID = "1234567890123456"
OWNER: Node = ("Owner", [("ID", _ID), ("DisplayName", _ID)])


def endpoint_nodes(operation: Operation) -> list[Node]:
    """Where clients may go on: to this server, as it was reached. Some follow it, with keys that are good elsewhere."""
    endpoint = printable(operation.request.endpoint)
    return [("ExtranetEndpoint", endpoint), ("IntranetEndpoint", endpoint)]

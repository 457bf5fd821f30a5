"""The one account that everything belongs to."""

from __future__ import annotations

from hdfs2oss.local_oss.protocol.xml import Node

_ID = "1234567890123456"
OWNER: Node = ("Owner", [("ID", _ID), ("DisplayName", _ID)])

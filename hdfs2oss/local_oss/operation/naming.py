"""How keys are written in requests and answers that list them."""

from __future__ import annotations

from collections.abc import Callable

from hdfs2oss.local_oss.protocol.errors import invalid_argument
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.xml import Node, url_encoded

Encoder = Callable[[str], str]


def encoder_of(request: Request) -> Encoder:
    """How keys are written: percent-encoded or as they are."""
    kind = request.query.get("encoding-type", "")
    if kind == "url":
        return url_encoded
    if kind:
        raise invalid_argument("Invalid Encoding Method specified in Request.", "encoding-type", kind)
    return str


def encoding_node(request: Request) -> list[Node]:
    """What an answer says of how its keys are written, if the request says how."""
    kind = request.query.get("encoding-type", "")
    return [("EncodingType", kind)] if kind else []


def checked_name(request: Request, name: str, max_bytes: int) -> str:
    """A prefix, marker or the like, not longer than a key."""
    value = request.query.get(name, "")
    if len(value.encode()) > max_bytes:
        raise invalid_argument(f"The length of {name} must be at most {max_bytes} bytes.", name)
    return value

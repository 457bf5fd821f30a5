"""x-oss-traffic-limit: how many bits a second a request wants to move at most."""

from __future__ import annotations

from hdfs2oss.local_oss.protocol.errors import invalid_argument
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.local_oss.protocol.shaping import Pace

_NAME = "x-oss-traffic-limit"
_LOWEST, _HIGHEST = 819_200, 838_860_800


def pace_of(request: Request) -> Pace | None:
    """The pace asked for by header or query, None if nothing is asked, InvalidArgument for what is out of bounds."""
    text = request.header(_NAME) or request.query.get(_NAME, "")
    if not text:
        return None
    bits = natural(text, _HIGHEST)
    if bits is None or bits < _LOWEST:
        raise invalid_argument(f"The traffic limit must be between {_LOWEST} and {_HIGHEST}.", _NAME, text)
    return Pace(bits / 8)

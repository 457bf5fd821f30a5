"""Where a bucket is reached: a host, and what stands before its keys in the path."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from ...model.errors import StoreError
from .signing import query_of

_ENDPOINT = re.compile(r"(?P<scheme>https?)://(?P<host>[\w.-]+(?::\d+)?)/?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


class Address(NamedTuple):
    """`scheme` is http or https, `host` with its port where it has one, `before` what the path of a key begins with."""

    scheme: str
    host: str
    before: str

    def target(self, key: str, params: Mapping[str, str]) -> str:
        """What a request for a key asks for; "" is the bucket itself."""
        path = self.before + quote(key, safe="")
        return f"{path}?{query_of(params)}" if params else path


def address_of(endpoint: str, bucket: str) -> Address:
    """The bucket is named in the host; in the path where the endpoint is an address or localhost. Raises StoreError."""
    if not _BUCKET.fullmatch(bucket):
        raise StoreError(
            f"cannot use the bucket {bucket}: that is no name of a bucket",
            "One has 3 to 63 of a-z, 0-9 and -, and no - at its ends.",
        )
    found = _ENDPOINT.fullmatch(endpoint.strip())
    if found is None:
        raise StoreError(
            f"cannot use the bucket {bucket}: the endpoint {endpoint!r} is none",
            "Write it as https://oss-cn-hangzhou-internal.aliyuncs.com.",
        )
    scheme, host = found["scheme"], found["host"]
    if _is_number(host.partition(":")[0]):
        return Address(scheme, host, f"/{bucket}/")
    return Address(scheme, f"{bucket}.{host}", "/")


def _is_number(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        socket.inet_aton(name)
    except OSError:
        return False
    return True

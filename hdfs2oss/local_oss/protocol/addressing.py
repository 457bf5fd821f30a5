"""Which bucket and key a request names, from its target and its Host.

| Host                         | rule                                                    |
|------------------------------|---------------------------------------------------------|
| a name in the CNAME table    | the bucket of the table, the whole path is the key      |
| BUCKET + a known suffix      | virtual host: BUCKET, the whole path is the key         |
| anything else, any IP        | path style: the first path element is the bucket        |

The path is percent-decoded once, after the bucket is split off: a key may hold %2F, `..` or `//`, which
are ordinary characters here and never reach a file name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_plus, unquote_to_bytes

from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_DEFAULT_SUFFIXES = (r"\.oss\.local", r"\.localhost", r"\.oss-[a-z0-9-]+\.aliyuncs\.com")


class Address(NamedTuple):
    """What a request is about. An empty key means the bucket, an empty bucket the service.

    `endpoint` is where this client reaches the service: the Host, with its port, without a bucket's label.
    """

    bucket: str
    key: str
    query: dict[str, str]
    endpoint: str


@dataclass(frozen=True)
class Addressing:
    """The rule above. `suffixes` are regular expressions, `cnames` maps host names, in any case, to buckets."""

    cnames: Mapping[str, str] = field(default_factory=dict)
    suffixes: tuple[str, ...] = _DEFAULT_SUFFIXES

    def __post_init__(self) -> None:
        object.__setattr__(self, "cnames", {name.lower(): bucket for name, bucket in self.cnames.items()})

    def resolve(self, target: str, host: str) -> Address:
        """The address of a request.

        `target` is the request target as sent (origin or absolute form, Latin-1), `host` the Host header.
        Raises InvalidArgument or InvalidObjectName for what cannot be decoded.
        """
        if not target.startswith("/"):
            host, target = _split_absolute(target)
        path, _, query = target.partition("?")
        host = host.rpartition("@")[2].lower()
        bucket = self._bucket_of_host(host)
        is_virtual_host = bucket and host.startswith(bucket + ".")
        endpoint = host[len(bucket) + 1 :] if is_virtual_host else host
        rest = path[1:]
        if not bucket:
            first, _, rest = rest.partition("/")
            bucket = _decode(first)
        return Address(bucket, _decode(rest), parse_query(query), endpoint)

    def _bucket_of_host(self, host: str) -> str:
        name = re.sub(r":\d*$", "", host)
        if name in self.cnames:
            return self.cnames[name]
        if name.replace(".", "").isdigit():
            return ""
        for suffix in self.suffixes:
            match = re.fullmatch(f"(.+){suffix}", name)
            if match:
                return match.group(1)
        return ""


def parse_query(query: str) -> dict[str, str]:
    """Query parameters by name, decoded; a name without a value has the value ''.

    A repeated name is refused: which of its values was signed would be a guess.
    """
    parameters: dict[str, str] = {}
    try:
        text = query if query.isascii() else query.encode("latin-1").decode("utf-8")
        pairs = [_decode_pair(piece) for piece in text.split("&") if piece]
    except UnicodeDecodeError:
        raise invalid_argument("The query is not valid UTF-8.") from None
    for name, value in pairs:
        if name in parameters:
            raise invalid_argument("A query parameter is given twice.", name, value)
        parameters[name] = value
    return parameters


def check_bucket_name(name: str) -> None:
    """3 to 63 of a-z, 0-9 and `-`, no `-` at either end; else InvalidBucketName."""
    if not _BUCKET_NAME.fullmatch(name):
        raise OssError(400, "InvalidBucketName", "The specified bucket is not valid.", {"BucketName": name})


def check_key(key: str, max_key_bytes: int) -> None:
    """1 to 1023 UTF-8 bytes, not beginning with `/` or a backslash; else InvalidObjectName."""
    if key[:1] in ("/", "\\") or "\0" in key or len(key.encode("utf-8")) > max_key_bytes:
        raise OssError(400, "InvalidObjectName", "The specified object is not valid.", {"Key": key[:1023]})


def _split_absolute(target: str) -> tuple[str, str]:
    scheme, separator, rest = target.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise invalid_argument("The request target is not a path.")
    authority, slash, path = rest.partition("/")
    host, mark, query = authority.partition("?")
    return host, "/" + path if slash else f"/{mark}{query}"


def _decode_pair(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")


def _decode(text: str) -> str:
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise OssError(400, "InvalidObjectName", "The specified object is not valid UTF-8.") from None

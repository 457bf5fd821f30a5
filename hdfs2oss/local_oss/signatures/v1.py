"""Signature version 1: base64(HMAC-SHA1(secret, string to sign)).

The string is `VERB\\nContent-MD5\\nContent-Type\\nDATE\\n`, then each x-oss-* header as `name:value\\n`
in order of name, then the resource: `/bucket/key`, never percent-encoded, with the signed query names.
DATE is x-oss-date or Date in a header signature and Expires in a URL.
"""

from __future__ import annotations

import base64
import hmac

from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.subresource import is_signed_by_v1


def string_to_sign(request: Request, date: str, resource: str = "") -> bytes:
    """The bytes both sides sign, for the resource a request is about if no other is given."""
    headers = request.headers
    oss_headers = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-oss-"))
    text = (
        f"{request.method}\n{headers.get('content-md5', '')}\n{headers.get('content-type', '')}\n{date}\n"
        f"{oss_headers}{resource or _resource(request)}"
    )
    return text.encode("utf-8", "surrogateescape")


def sign(text: bytes, access_key_secret: str) -> str:
    """The signature as it stands in a header or, decoded, in a URL."""
    return base64.b64encode(hmac.digest(access_key_secret.encode(), text, "sha1")).decode()


def bare_resource(request: Request) -> str:
    """How some clients sign a bucket that their path names without a slash at its end, '' for other requests."""
    path = f"/{request.bucket}"
    is_bare = request.bucket and not request.key and request.target.partition("?")[0] == path
    return _with_query(path, request) if is_bare else ""


def _resource(request: Request) -> str:
    return _with_query(f"/{request.bucket}/{request.key}" if request.bucket else "/", request)


def _with_query(path: str, request: Request) -> str:
    names = sorted(name for name in request.query if is_signed_by_v1(name))
    if not names:
        return path
    query = request.query
    return path + "?" + "&".join(f"{name}={query[name]}" if query[name] else name for name in names)

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


def string_to_sign(request: Request, date: str) -> bytes:
    """The bytes both sides sign."""
    headers = request.headers
    oss_headers = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-oss-"))
    text = (
        f"{request.method}\n{headers.get('content-md5', '')}\n{headers.get('content-type', '')}\n{date}\n"
        f"{oss_headers}{_resource(request)}"
    )
    return text.encode("utf-8", "surrogateescape")


def sign(text: bytes, access_key_secret: str) -> str:
    """The signature as it stands in a header or, decoded, in a URL."""
    return base64.b64encode(hmac.digest(access_key_secret.encode(), text, "sha1")).decode()


def _resource(request: Request) -> str:
    path = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    names = sorted(name for name in request.query if is_signed_by_v1(name))
    if not names:
        return path
    query = request.query
    return path + "?" + "&".join(f"{name}={query[name]}" if query[name] else name for name in names)

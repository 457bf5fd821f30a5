"""The signature of S3 clients (AWS4-HMAC-SHA256), in a header, for the S3 dialect.

Canonical request = VERB, URI, query, the signed headers, their names, the payload's hash as the client says
it: a line each. The URI is the path as it was sent. The hash is not compared with the body: CRC-64 is
what this server checks.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from hdfs2oss.local_oss.protocol.errors import invalid_argument
from hdfs2oss.local_oss.protocol.message import Request

ALGORITHM = "AWS4-HMAC-SHA256"
_CREDENTIAL = re.compile(r"(.+)/(\d{8})/([^/]+)/s3/aws4_request")


class Claim(NamedTuple):
    """What a request says about its signature."""

    access_key_id: str
    day: str
    region: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """What the signing key is good for."""
        return f"{self.day}/{self.region}/s3/aws4_request"


def claim_of(authorization: str) -> Claim:
    """The claim in an Authorization header."""
    pairs: dict[str, str] = {}
    for piece in authorization[len(ALGORITHM) :].split(","):
        name, _, value = piece.strip().partition("=")
        pairs[name] = value
    credential = _CREDENTIAL.fullmatch(pairs.get("Credential", ""))
    if not credential or not pairs.get("Signature"):
        raise invalid_argument("Authorization header is invalid.", "Authorization", authorization)
    names = tuple(pairs.get("SignedHeaders", "").lower().split(";"))
    return Claim(credential.group(1), credential.group(2), credential.group(3), names, pairs["Signature"])


def string_to_sign(request: Request, claim: Claim) -> bytes:
    """The bytes both sides sign."""
    path = quote(unquote_to_bytes(request.target.partition("?")[0].encode("latin-1")), safe="/-_.~")
    pairs = sorted((_encode(name), _encode(value)) for name, value in request.query.items())
    query = "&".join(f"{name}={value}" for name, value in pairs)
    lines = "".join(f"{name}:{' '.join(request.header(name).split())}\n" for name in claim.signed_headers)
    payload = request.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    canonical = f"{request.method}\n{path}\n{query}\n{lines}\n{';'.join(claim.signed_headers)}\n{payload}"
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    text = f"{ALGORITHM}\n{request.header('x-amz-date')}\n{claim.scope}\n{digest}"
    return text.encode("utf-8", "surrogateescape")


def sign(text: bytes, secret: str, claim: Claim) -> str:
    """The signature in hex."""
    return hmac.digest(_signing_key(secret, claim.day, claim.region), text, "sha256").hex()


@lru_cache(maxsize=16)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = ("AWS4" + secret).encode()
    for step in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, step.encode("utf-8", "surrogateescape"), "sha256")
    return key


def _encode(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe="-_.~")

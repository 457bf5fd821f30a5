"""Signature version 4 (OSS4-HMAC-SHA256).

Canonical request = VERB, URI, query, headers, additional header names, UNSIGNED-PAYLOAD, a line each:
the URI is always /bucket/key, encoded but for `/`, whatever the path on the wire looked like; the query
holds all parameters, encoded and sorted; the headers are every x-oss-*, content-type and content-md5 if
present, and the additional ones. The signature is the hex HMAC of algorithm, date, scope and the hash of
the canonical request, with a key derived from secret, day, region and product.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.numbers import natural

ALGORITHM = "OSS4-HMAC-SHA256"
PAYLOAD = "UNSIGNED-PAYLOAD"
_REQUEST_TYPE = "aliyun_v4_request"
_MAX_EXPIRES_SECONDS = 7 * 24 * 3600


class Claim(NamedTuple):
    """What a V4 request says about its signature. `date` is as it was sent, `day` that of the credential."""

    access_key_id: str
    day: str
    region: str
    product: str
    date: str
    expires_seconds: int
    additional_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """What the signing key is good for."""
        return f"{self.day}/{self.region}/{self.product}/{_REQUEST_TYPE}"


def claim_of_header(request: Request, authorization: str) -> Claim:
    """The claim in an Authorization header: comma-separated pairs in any order."""
    pairs: dict[str, str] = {}
    for piece in authorization[len(ALGORITHM) :].split(","):
        name, _, value = piece.strip().partition("=")
        pairs[name] = value
    credential, signature = pairs.get("Credential", ""), pairs.get("Signature", "")
    if not credential or not signature:
        raise invalid_argument("Authorization header is invalid.", "Authorization", authorization)
    date = request.header("x-oss-date") or request.header("date")
    return _claim(credential, date, 0, pairs.get("AdditionalHeaders", ""), signature)


def claim_of_url(request: Request) -> Claim:
    """The claim in a signed URL."""
    query = request.query
    expires = query.get("x-oss-expires", "")
    seconds = natural(expires, _MAX_EXPIRES_SECONDS)
    if seconds is None:
        raise invalid_argument(f"x-oss-expires must be at most {_MAX_EXPIRES_SECONDS}.", "x-oss-expires", expires)
    return _claim(
        query.get("x-oss-credential", ""),
        query.get("x-oss-date", ""),
        seconds,
        query.get("x-oss-additional-headers", ""),
        query.get("x-oss-signature", ""),
    )


def canonical_request(request: Request, claim: Claim) -> bytes:
    """The request in the one form both sides hash. Raises InvalidArgument for a signed header that is not there."""
    path = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    pairs = sorted(
        (_encode(name), _encode(value)) for name, value in request.query.items() if name != "x-oss-signature"
    )
    query = "&".join(f"{name}={value}" if value else name for name, value in pairs)
    headers = request.headers
    additional = sorted(claim.additional_headers)
    for name in additional:
        if name not in headers:
            raise invalid_argument("A header that is named as signed is not there.", "AdditionalHeaders", name)
    lines = "".join(
        f"{name}:{headers[name].strip()}\n"
        for name in sorted(headers)
        if name.startswith("x-oss-") or name in ("content-type", "content-md5") or name in additional
    )
    text = f"{request.method}\n{_encode(path, '/')}\n{query}\n{lines}\n{';'.join(additional)}\n{PAYLOAD}"
    return text.encode("utf-8", "surrogateescape")


def string_to_sign(canonical: bytes, claim: Claim) -> bytes:
    """Algorithm, date, scope and the hash of the canonical request."""
    text = f"{ALGORITHM}\n{claim.date}\n{claim.scope}\n{hashlib.sha256(canonical).hexdigest()}"
    return text.encode("utf-8", "surrogateescape")


def sign(text: bytes, access_key_secret: str, claim: Claim) -> str:
    """The signature in hex."""
    key = _signing_key(access_key_secret, claim.day, claim.region, claim.product)
    return hmac.digest(key, text, "sha256").hex()


def _claim(credential: str, date: str, expires_seconds: int, additional: str, signature: str) -> Claim:
    fields = credential.rsplit("/", 4)
    if len(fields) != 5 or fields[3] != "oss" or fields[4] != _REQUEST_TYPE:
        raise invalid_argument("The credential is not ID/DAY/REGION/oss/aliyun_v4_request.", "Credential", credential)
    access_key_id, day, region, product, _ = fields
    names = tuple(name.strip().lower() for name in additional.split(";") if name.strip())
    if not signature:
        raise OssError(403, "SignatureDoesNotMatch", "The request carries no signature.")
    return Claim(access_key_id, day, region, product, date, expires_seconds, names, signature)


@lru_cache(maxsize=16)
def _signing_key(access_key_secret: str, day: str, region: str, product: str) -> bytes:
    key = ("aliyun_v4" + access_key_secret).encode()
    for step in (day, region, product, _REQUEST_TYPE):
        key = hmac.digest(key, step.encode("utf-8", "surrogateescape"), "sha256")
    return key


def _encode(text: str, safe: str = "") -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe=safe)

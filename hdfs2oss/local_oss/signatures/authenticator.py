"""Who sends a request: the V1 and V4 signatures, in headers and in URLs.

| what the request carries                        | rule                                     |
|-------------------------------------------------|------------------------------------------|
| Authorization: OSS ID:SIGNATURE                 | V1, dated by x-oss-date or Date          |
| query OSSAccessKeyId, Expires, Signature        | V1 URL, valid until Expires              |
| Authorization: OSS4-HMAC-SHA256 Credential=...  | V4, dated by x-oss-date or Date          |
| query x-oss-signature-version=OSS4-HMAC-SHA256  | V4 URL, valid x-oss-expires seconds      |
| V2 of either form, anything else                | 400                                      |
| nothing                                         | anonymous: public objects only           |
"""

from __future__ import annotations

import hmac
import time
from calendar import timegm
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_tz
from functools import lru_cache

from hdfs2oss.local_oss.protocol.errors import OssError, access_denied, invalid_argument
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.local_oss.signatures import aws4, v1, v4


@dataclass(frozen=True)
class Credentials:
    """A key pair, with the token that must come with it if it is a temporary one."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Issued:
    """Temporary keys, and when their time is over (seconds since 1970)."""

    credentials: Credentials
    expires_at: float


@dataclass(frozen=True)
class Authenticator:
    """Verifies signatures against one key pair, and temporary ones that were `issued` (by id), for one region."""

    credentials: Credentials
    region: str
    max_skew_seconds: int
    clock: Callable[[], float] = time.time
    issued: Mapping[str, Issued] = field(default_factory=dict)

    def authenticate(self, request: Request) -> bool:
        """True for the owner of the key pair, False for an anonymous caller.

        Raises the service's 400 and 403 answers for anything that claims an identity and does not prove it.
        """
        authorization = request.header("authorization")
        query = request.query
        if authorization.startswith("OSS "):
            self._verify_v1_header(request, authorization)
        elif authorization.startswith(v4.ALGORITHM + " "):
            self._verify_v4_header(request, authorization)
        elif authorization or query.get("x-oss-signature-version") == "OSS2":
            raise invalid_argument("The authorization is of a kind this server does not take: use V1 or V4.")
        elif query.get("x-oss-signature-version") == v4.ALGORITHM:
            self._verify_v4_url(request)
        elif "OSSAccessKeyId" in query or "Signature" in query:
            self._verify_v1_url(request)
        else:
            return False
        return True

    def authenticate_s3(self, request: Request) -> None:
        """Verify a header of the S3 dialect, in whatever region it names."""
        claim = aws4.claim_of(request.header("authorization"))
        self._check_identity(claim.access_key_id, request.header("x-amz-security-token"))
        self._check_skew(_parse_date(request.header("x-amz-date")))
        text = aws4.string_to_sign(request, claim)
        expected = aws4.sign(text, self._secret_of(claim.access_key_id), claim)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode("utf-8", "replace")):
            raise _does_not_match(claim.access_key_id, claim.signature, text)

    def _verify_v1_header(self, request: Request, authorization: str) -> None:
        access_key_id, separator, given = authorization[4:].strip().rpartition(":")
        if not separator:
            raise invalid_argument("Authorization header is invalid.", "Authorization", authorization)
        self._check_identity(access_key_id, request.header("x-oss-security-token"))
        date = request.header("x-oss-date") or request.header("date")
        self._check_skew(_parse_date(date))
        self._check_v1(request, given, date, access_key_id)

    def _verify_v1_url(self, request: Request) -> None:
        query = request.query
        access_key_id = query.get("OSSAccessKeyId", "")
        given, expires = query.get("Signature", ""), query.get("Expires", "")
        expires_at = natural(expires)
        if not (access_key_id and given) or expires_at is None:
            raise access_denied("OSSAccessKeyId, Expires and Signature must be given together.")
        token = query.get("security-token") or request.header("x-oss-security-token")
        self._check_identity(access_key_id, token)
        if expires_at < self.clock():
            raise access_denied("Request has expired.")
        self._check_v1(request, given, expires, access_key_id)

    def _check_v1(self, request: Request, given: str, date: str, access_key_id: str) -> None:
        text = v1.string_to_sign(request, date)
        secret = self._secret_of(access_key_id)
        if _is_v1(given, text, secret):
            return
        bare = v1.bare_resource(request)
        if bare and _is_v1(given, v1.string_to_sign(request, date, bare), secret):
            return
        raise _does_not_match(access_key_id, given, text)

    def _verify_v4_header(self, request: Request, authorization: str) -> None:
        claim = v4.claim_of_header(request, authorization)
        if request.header("x-oss-content-sha256") != v4.PAYLOAD:
            raise invalid_argument(
                "The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.",
                "x-oss-content-sha256",
                request.header("x-oss-content-sha256"),
            )
        self._check_identity(claim.access_key_id, request.header("x-oss-security-token"))
        if claim.region != self.region:
            raise _wrong_region("Invalid signing region in Authorization header.", claim.region)
        signed_at = _parse_date(claim.date)
        self._check_skew(signed_at)
        self._check_v4(request, claim, signed_at)

    def _verify_v4_url(self, request: Request) -> None:
        claim = v4.claim_of_url(request)
        self._check_identity(claim.access_key_id, request.query.get("x-oss-security-token", ""))
        if claim.region != self.region:
            raise _wrong_region("The signing region in credential is invalid.", claim.region)
        signed_at = _parse_date(claim.date)
        if signed_at is None:
            raise access_denied("x-oss-date is missing or is not a date.")
        if signed_at + claim.expires_seconds < self.clock():
            raise access_denied("Request has expired.")
        if signed_at > self.clock() + self.max_skew_seconds:
            raise _too_skewed()
        self._check_v4(request, claim, signed_at)

    def _check_v4(self, request: Request, claim: v4.Claim, signed_at: float | None) -> None:
        if claim.day != _day_of(signed_at):
            raise access_denied("The day of the credential is not the day, in UTC, of the request's date.")
        canonical = v4.canonical_request(request, claim)
        text = v4.string_to_sign(canonical, claim)
        expected = v4.sign(text, self._secret_of(claim.access_key_id), claim)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode("utf-8", "replace")):
            error = _does_not_match(claim.access_key_id, claim.signature, text)
            error.details["CanonicalRequest"] = canonical.decode("utf-8", "replace")
            raise error

    def _check_identity(self, access_key_id: str, token: str) -> None:
        issued = self.issued.get(access_key_id)
        known = issued.credentials if issued else self.credentials
        if access_key_id != known.access_key_id:
            raise OssError(
                403,
                "InvalidAccessKeyId",
                "The OSS Access Key Id you provided does not exist in our records.",
                {"OSSAccessKeyId": access_key_id},
            )
        expected = known.security_token
        if expected and not hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace")):
            raise OssError(403, "InvalidSecurityToken", "The security token you provided is invalid.")
        if issued and issued.expires_at <= self.clock():
            raise OssError(403, "SecurityTokenExpired", "The security token you provided has expired.")

    def _secret_of(self, access_key_id: str) -> str:
        issued = self.issued.get(access_key_id)
        return (issued.credentials if issued else self.credentials).access_key_secret

    def _check_skew(self, signed_at: float | None) -> None:
        if signed_at is None:
            raise access_denied("OSS authentication requires a valid Date.")
        if abs(self.clock() - signed_at) > self.max_skew_seconds:
            raise _too_skewed()


def _is_v1(given: str, text: bytes, secret: str) -> bool:
    return hmac.compare_digest(v1.sign(text, secret).encode(), given.encode("utf-8", "replace"))


@lru_cache(maxsize=256)
def _parse_date(text: str) -> float | None:
    """Seconds since 1970 of an RFC 1123 or basic ISO date. Cached: requests come many to a second."""
    try:
        return float(timegm(time.strptime(text, "%Y%m%dT%H%M%SZ")))
    except ValueError:
        pass
    try:
        fields = parsedate_tz(text)
        return float(timegm((*fields[:6], 0, 0, 0)) - (fields[9] or 0)) if fields else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@lru_cache(maxsize=256)
def _day_of(seconds: float | None) -> str:
    return time.strftime("%Y%m%d", time.gmtime(seconds)) if seconds is not None else ""


def _too_skewed() -> OssError:
    return OssError(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    )


def _wrong_region(message: str, region: str) -> OssError:
    return OssError(400, "InvalidArgument", message, {"Region": region}, number="0002-00000226")


def _does_not_match(access_key_id: str, given: str, text: bytes) -> OssError:
    return OssError(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        {
            "OSSAccessKeyId": access_key_id,
            "SignatureProvided": given,
            "StringToSign": text.decode("utf-8", "replace"),
            "StringToSignBytes": text.hex(" ").upper(),
        },
    )

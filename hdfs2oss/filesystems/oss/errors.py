"""What OSS answers, as our errors. A message holds code, words and request id, never a key.

another endpoint is named (403, 301, 307)               WrongEndpoint (a StoreError)
4xx that bears no mark of OSS                           WrongEndpoint
404 NoSuchBucket                                        BucketMissing (a NotFound)
404                                                     NotFound
InvalidAccessKeyId, SignatureDoesNotMatch, token        KeysRefused (an AuthenticationFailed)
SecurityTokenExpired                                    KeysExpired (a KeysRefused)
UserDisable, InDebt, signing region, 401, 407           AuthenticationFailed
a quota is told of (code with Quota in it)              QuotaExceeded
RequestTimeTooSkewed                                    ClockOff (an AuthenticationFailed)
403                                                     PermissionDenied
FileImmutable                                           ObjectImmutable (a PermissionDenied)
409 FileAlreadyExists                                   AlreadyExists
501 NotImplemented                                      NotOffered (a StoreError)
429, 503                                                Throttled, with the delay that is named
400 RequestTimeout, 408, other 5xx                      Unreachable
InvalidDigest, InvalidCRC64, IncompleteBody, 412        CorruptData
anything else                                           StoreError
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ...model.errors import (
    AlreadyExists,
    AuthenticationFailed,
    CorruptData,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    StoreError,
    Throttled,
    Unreachable,
)
from ..proxy import PROXY_HINT
from .response import OssResponse

_MAX_MESSAGE = 300
_LONGEST_NAMED_SECONDS = 30.0


class BucketMissing(NotFound):
    """The bucket itself does not exist, which is more than a missing path."""

    ends_wave = True


class ClockOff(AuthenticationFailed):
    """This node's clock is wrong: a matter of the node, not of the keys."""

    ends_wave = False
    retryable = True


class KeysRefused(AuthenticationFailed):
    """The keys are not, or no longer, those of anybody; others may be accepted."""


class KeysExpired(KeysRefused):
    """The keys were right, and their time is over."""


class WrongEndpoint(StoreError):
    """The bucket lies elsewhere, or what answers is no OSS."""

    ends_wave = True


class UploadMissing(NotFound):
    """The multipart upload was completed, aborted or never begun."""


class ObjectImmutable(PermissionDenied):
    """What stands there must not be changed; something new may be allowed."""


class NotOffered(StoreError):
    """The store does not know this request at all; asking again changes nothing."""


class ObjectReplaced(CorruptData):
    """The object is no longer the one that was opened; to be opened anew, not asked for again."""

    asked_again = False


# What an answer without any mark of OSS may still be: a balancer or a proxy before it, which asks for patience.
_MAY_PASS = (407, 408, 429)
_ON_BUCKETS = ("oss:ListObjects", "oss:ListMultipartUploads")
_BILLS_HINT = "Look at the console: pay what is overdue, or ask the owner of the bucket to, and run again."
_QUOTA_HINT = "Remove what is not needed, or have the quota raised, and run again."
_KEYS_HINT = "Check OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET (or the keys in the path)."
# code: (class, sentence in place of the store's own words or "", hint)
_BY_CODE: dict[str, tuple[type[StoreError], str, str]] = {
    "InvalidAccessKeyId": (KeysRefused, "the access key id is not known or disabled", _KEYS_HINT),
    "SignatureDoesNotMatch": (KeysRefused, "the access key secret does not fit the id", _KEYS_HINT),
    "SecurityTokenExpired": (
        KeysExpired,
        "the temporary keys have expired",
        "Get new ones and run again. A run takes newer ones from the file that --credentials-file names.",
    ),
    "InvalidSecurityToken": (KeysRefused, "the security token does not fit the keys", _KEYS_HINT),
    "UserDisable": (
        AuthenticationFailed,
        "the account is disabled",
        "Look at the console: bills are overdue, or OSS is not activated for the account.",
    ),
    "InDebt": (AuthenticationFailed, "the account is in arrears", _BILLS_HINT),
    "InDebtOverdue": (AuthenticationFailed, "the account is in arrears, and has been for too long", _BILLS_HINT),
    "AbnormalBucketOwnerStatus": (AuthenticationFailed, "the account of the bucket's owner is suspended", _BILLS_HINT),
    "BucketDisable": (
        AuthenticationFailed,
        "the bucket is disabled",
        "Look for a security notice in the console's message center.",
    ),
    "RequestTimeTooSkewed": (
        ClockOff,
        "the clock of this node is more than 15 minutes off",
        "Set the clock of the node (chronyc makestep) and run again.",
    ),
    "InvalidObjectState": (
        PermissionDenied,
        "the object is archived: restore it first",
        "Restore it (ossutil restore), wait until that is done, and run again.",
    ),
    "SecondLevelDomainForbidden": (
        PermissionDenied,
        "the endpoint must be a host name of OSS, not an address",
        "Use an endpoint such as https://oss-cn-hangzhou-internal.aliyuncs.com.",
    ),
    "FileImmutable": (ObjectImmutable, "the bucket's retention policy forbids changes to the object", ""),
    "FileAlreadyExists": (AlreadyExists, "the path is taken", ""),
    "NoSuchUpload": (UploadMissing, "the upload is gone", ""),
    "NotImplemented": (NotOffered, "", ""),
    "RequestTimeout": (Unreachable, "", ""),
    "InvalidDigest": (CorruptData, "what arrived is not what was sent", ""),
    "InvalidCRC64": (CorruptData, "what arrived is not what was sent", ""),
    "IncompleteBody": (CorruptData, "not all that was sent arrived", ""),
    "PreconditionFailed": (ObjectReplaced, "the object was replaced while it was read", ""),
}


def refusal(response: OssResponse, what: str, bucket: str, endpoint: str, action: str = "") -> StoreError:
    """The error of ours for an answer that is none of success; `what` names the action and the path, `action` is as
    RAM calls it."""
    if response.status == 404 and b"<Code>NoSuchKey</Code>" in _said(response):
        return NotFound(f"cannot {what}: NoSuchKey: there is no such object (request {response.request_id})")
    # Not at the top: that nothing is there is no error, and oss2, which knows how to read all others, takes 0.27 s of
    # CPU to import: as much as all else of a short run.
    from oss2.exceptions import make_exception

    return _translate(make_exception(response), what, bucket, endpoint, action)


def _said(response: OssResponse) -> bytes:
    """What an answer of an error says of it; one to a HEAD says it in a header."""
    try:
        return base64.b64decode(response.headers.get("x-oss-err") or "") or response.said
    except binascii.Error:
        return response.said


def _translate(error: Any, what: str, bucket: str, endpoint: str, action: str) -> StoreError:
    """For an error of oss2 (`oss2.exceptions.OssError`)."""
    code, status = error.code or "", error.status
    elsewhere = _wrong_endpoint(error, what, bucket, endpoint)
    if elsewhere is not None:
        return elsewhere
    if code == "NoSuchBucket":
        return BucketMissing(
            f"the bucket {bucket} does not exist at {endpoint}",
            "Check the bucket's name and the region of the endpoint.",
        )
    kind, words, hint = _BY_CODE.get(code) or _by_words(error, bucket, action) or (_by_status(status), "", "")
    words = words or _shorten(error.message or "")
    if not words and not code:
        words = f"HTTP status {status}"
    label = f"{code}: {words}" if code and words else code or words
    message = f"cannot {what}: {label}"
    if error.request_id:
        message += f" (request {error.request_id})"
    if kind is Throttled:
        return Throttled(message, hint, _named_delay(error))
    return kind(message, hint)


def action_of(method: str, key: str, params: Mapping[str, str]) -> str:
    """What RAM calls the permission for a request."""
    if "uploadId" in params and method in ("GET", "DELETE"):
        return "oss:ListParts" if method == "GET" else "oss:AbortMultipartUpload"
    if method == "GET" and not key:
        return "oss:ListMultipartUploads" if "uploads" in params else "oss:ListObjects"
    if method == "DELETE" or "delete" in params:
        return "oss:DeleteObject"
    return "oss:GetObject" if method in ("GET", "HEAD") else "oss:PutObject"


def _wrong_endpoint(error: Any, what: str, bucket: str, endpoint: str) -> WrongEndpoint | None:
    """The store names the endpoint where the bucket is, or nothing in the answer is of OSS."""
    details = error.details if isinstance(error.details, dict) else {}
    right = str(details.get("Endpoint") or "").removeprefix(f"{bucket}.")
    if right and (error.status in (301, 307) or "endpoint" in (error.message or "").lower()):
        scheme = endpoint.partition("://")[0]
        return WrongEndpoint(
            f"cannot {what}: the bucket {bucket} is not at {endpoint}, but at {right}",
            f"Set OSS_ENDPOINT={scheme}://{right} (or --oss-endpoint, or fs.oss.endpoint), or its -internal twin.",
        )
    marks = (value for name, value in error.headers.items() if name.lower().startswith("x-oss-"))
    is_marked = error.code or any(marks)
    if not is_marked and 300 <= error.status < 500 and error.status not in _MAY_PASS:
        return WrongEndpoint(
            f"cannot {what}: what answers at {endpoint} is no OSS (HTTP status {error.status})",
            "Check the endpoint, such as https://oss-cn-hangzhou-internal.aliyuncs.com, and proxies on the way.",
        )
    return None


def _by_words(error: Any, bucket: str, action: str) -> tuple[type[StoreError], str, str] | None:
    """Answers whose code alone does not tell what to do."""
    said = (error.message or "").lower()
    if error.status == 407:
        return AuthenticationFailed, "the proxy wants to know who asks", PROXY_HINT
    if "Quota" in (error.code or ""):
        return QuotaExceeded, "", _QUOTA_HINT
    if "signing region" in said:
        hint = "Set OSS_REGION to the region of the bucket (cn-hangzhou for oss-cn-hangzhou.aliyuncs.com)."
        return AuthenticationFailed, "", hint
    # The answer to a HEAD has no body to hold a code.
    if action and (error.code == "AccessDenied" or (error.status == 403 and not error.code)):
        resource = f"acs:oss:*:*:{bucket}" + ("" if action in _ON_BUCKETS else "/*")
        hint = f"The keys need {action} on {resource}: look at their RAM policy and at the bucket's own policy."
        return PermissionDenied, "", hint
    return None


def _by_status(status: int) -> type[StoreError]:
    if status in (503, 429):
        return Throttled
    if status == 501:
        return NotOffered
    if status >= 500 or status == 408:
        return Unreachable
    return {404: NotFound, 401: AuthenticationFailed, 403: PermissionDenied, 412: ObjectReplaced}.get(
        status, StoreError
    )


def _named_delay(error: Any) -> float:
    """Seconds that OSS, or a balancer before it, asks for, as far as that is reasonable."""
    milliseconds = error.headers.get("x-oss-qos-delay-time") or ""
    seconds = error.headers.get("Retry-After") or ""
    named = int(milliseconds) / 1000 if milliseconds.isdecimal() else float(seconds) if seconds.isdecimal() else 0.0
    return min(named, _LONGEST_NAMED_SECONDS)


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_MESSAGE else line[:_MAX_MESSAGE] + "..."

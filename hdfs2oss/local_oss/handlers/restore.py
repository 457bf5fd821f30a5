"""RestoreObject, and when an object of an archive class can be read.

| asked for              | answer                                                            |
|------------------------|-------------------------------------------------------------------|
| nothing yet, or lapsed | 202, readable after the seconds of `Limits.restore_seconds`       |
| under way              | 409 RestoreAlreadyInProgress                                      |
| restored               | 200, and it stays readable for the days asked for, from now       |
"""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

from hdfs2oss.local_oss.attributes import FROZEN_CLASSES
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, invalid_argument, malformed_xml
from hdfs2oss.local_oss.handlers.lookup import existing, version_headers, version_of
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.xml import parse, text_of
from hdfs2oss.local_oss.store.rows import StoredObject

_TIERS = ("Expedited", "Standard", "Bulk")
_DEFAULT_TIER = "Standard"
_PRIORITY = "x-oss-object-restore-priority"
_DAY_MS = 24 * 3600 * 1000
_MAX_DAYS = 365


def restore_object(context: Context, request: Request) -> Response:
    """RestoreObject, by the table above."""
    bucket, version_id = context.bucket(request), version_of(request)
    days, tier = _wanted(context, request)
    now_ms = context.now_ms()
    with context.store.writing(bucket) as connection:
        found = existing(connection, bucket, request.key, version_id)
        storage_class = found.attributes.storage_class
        if storage_class not in FROZEN_CLASSES:
            raise OssError(400, "OperationNotSupported", "The object's storage class needs no restoring.")
        if tier and storage_class == FROZEN_CLASSES[0]:
            raise malformed_xml()
        if is_restoring(found, now_ms):
            raise OssError(409, "RestoreAlreadyInProgress", "The restore operation is in progress.")
        was_restored = is_restored(found, now_ms)
        ready_ms = found.restored_ms if was_restored else now_ms + int(context.limits.restore_seconds * 1000)
        until_ms = max(now_ms, ready_ms) + days * _DAY_MS
        context.store.objects.update(
            connection, bucket, replace(found, restored_ms=ready_ms, restored_until_ms=until_ms)
        )
    headers = version_headers(bucket, found)
    if storage_class != FROZEN_CLASSES[0]:
        headers[_PRIORITY] = tier or _DEFAULT_TIER
    return Response(200 if was_restored else 202, headers)


def is_restoring(stored: StoredObject, now_ms: int) -> bool:
    """Whether a restore is under way."""
    return now_ms < stored.restored_ms


def is_restored(stored: StoredObject, now_ms: int) -> bool:
    """Whether an archived object can be read for a while."""
    return stored.restored_ms <= now_ms < stored.restored_until_ms


def restore_state(restored_ms: int, until_ms: int, now_ms: int) -> str:
    """What headers and lists say: under way, until when, or '' for nothing."""
    if now_ms < restored_ms:
        return 'ongoing-request="true"'
    if now_ms < until_ms:
        return f'ongoing-request="false", expiry-date="{formatdate(until_ms // 1000, usegmt=True)}"'
    return ""


def check_readable(context: Context, stored: StoredObject) -> None:
    """Refuse the bytes of an object in a class that must be restored first: InvalidObjectState."""
    if stored.attributes.storage_class in FROZEN_CLASSES and not is_restored(stored, context.now_ms()):
        raise OssError(
            403,
            "InvalidObjectState",
            "The operation is not valid for the object's state.",
            {"ObjectName": stored.key},
        )


def _wanted(context: Context, request: Request) -> tuple[int, str]:
    """(days, tier) asked for, the tier '' if the request names none."""
    body = request.document(context.limits.max_document_bytes)
    if not body.strip():
        return 1, ""
    root = parse(body, "RestoreRequest")
    days = (text_of(root, "Days") or "").strip()
    if not (days.isascii() and days.isdigit() and len(days) < 5 and 1 <= int(days) <= _MAX_DAYS):
        raise invalid_argument(f"Days must be between 1 and {_MAX_DAYS}.", "Days", days)
    parameters = root.find("JobParameters")
    if parameters is None:
        return int(days), ""
    tier = text_of(parameters, "Tier") or ""
    if tier not in _TIERS:
        raise invalid_argument("The restore tier is invalid.", "Tier", tier)
    return int(days), tier

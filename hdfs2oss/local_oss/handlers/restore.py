"""RestoreObject.

| asked for              | answer                                                            |
|------------------------|-------------------------------------------------------------------|
| nothing yet, or lapsed | 202, readable after the seconds of `Limits.restore_seconds`       |
| under way              | 409 RestoreAlreadyInProgress                                      |
| restored               | 200, and it stays readable for the days asked for, from now       |
"""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.operation.attributes import FROZEN_CLASSES
from hdfs2oss.local_oss.operation.headers import version_headers
from hdfs2oss.local_oss.operation.lookup import existing, version_of
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.restoring import is_restored, is_restoring
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument, malformed_xml
from hdfs2oss.local_oss.protocol.message import Response
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.local_oss.protocol.xml import parse, text_of

_TIERS = ("Expedited", "Standard", "Bulk")
_DEFAULT_TIER = "Standard"
_PRIORITY = "x-oss-object-restore-priority"
_DAY_MS = 24 * 3600 * 1000
_MAX_DAYS = 365


def restore_object(operation: Operation) -> Response:
    """RestoreObject, by the table above."""
    bucket, version_id = operation.bucket, version_of(operation.request)
    days, tier = _wanted(operation)
    now_ms = operation.now_ms()
    with operation.writing() as opened:
        found = existing(opened, operation.request.key, version_id)
        storage_class = found.attributes.storage_class
        if storage_class not in FROZEN_CLASSES:
            raise OssError(400, "OperationNotSupported", "The object's storage class needs no restoring.")
        if tier and storage_class == FROZEN_CLASSES[0]:
            raise malformed_xml()
        if is_restoring(found, now_ms):
            raise OssError(409, "RestoreAlreadyInProgress", "The restore operation is in progress.")
        was_restored = is_restored(found, now_ms)
        ready_ms = found.restored_ms if was_restored else now_ms + int(operation.limits.restore_seconds * 1000)
        until_ms = max(now_ms, ready_ms) + days * _DAY_MS
        changed = replace(found, restored_ms=ready_ms, restored_until_ms=until_ms)
        operation.store.objects.update(opened, changed)
    headers = version_headers(bucket, found)
    if storage_class != FROZEN_CLASSES[0]:
        headers[_PRIORITY] = tier or _DEFAULT_TIER
    return Response(200 if was_restored else 202, headers)


def _wanted(operation: Operation) -> tuple[int, str]:
    """(days, tier) asked for, the tier '' if the request names none."""
    body = operation.document()
    if not body.strip():
        return 1, ""
    root = parse(body, "RestoreRequest")
    text = (text_of(root, "Days") or "").strip()
    days = natural(text, _MAX_DAYS)
    if not days:
        raise invalid_argument(f"Days must be between 1 and {_MAX_DAYS}.", "Days", text)
    parameters = root.find("JobParameters")
    if parameters is None:
        return days, ""
    tier = text_of(parameters, "Tier") or ""
    if tier not in _TIERS:
        raise invalid_argument("The restore tier is invalid.", "Tier", tier)
    return days, tier

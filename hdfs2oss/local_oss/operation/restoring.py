"""When an object of an archive class can be read, and what is said about its restore."""

from __future__ import annotations

from email.utils import formatdate

from hdfs2oss.local_oss.operation.attributes import FROZEN_CLASSES
from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.xml import Node
from hdfs2oss.local_oss.store.rows import ListedObject, StoredObject


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


def restore_node(listed: ListedObject, now_ms: int) -> list[Node]:
    """What a list says about a restore, if anything."""
    state = restore_state(listed.restored_ms, listed.restored_until_ms, now_ms)
    return [("RestoreInfo", state)] if state else []


def check_readable(stored: StoredObject, now_ms: int) -> None:
    """Refuse the bytes of an object in a class that must be restored first: InvalidObjectState."""
    if stored.attributes.storage_class in FROZEN_CLASSES and not is_restored(stored, now_ms):
        raise OssError(
            403,
            "InvalidObjectState",
            "The operation is not valid for the object's state.",
            {"ObjectName": stored.key},
        )

"""The object, version or link target a request names, and the answers if there is none."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.headers import marker_headers
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.store.objects import find_object, is_version_id, latest_marker
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.rows import DELETE_MARKER, SYMLINK, StoredObject


def version_of(request: Request) -> str:
    """The version a request asks for, '' if none; InvalidArgument for what cannot be an id."""
    return checked_version_id(request.query.get("versionId", ""))


def checked_version_id(text: str) -> str:
    """The text, if it can be a version id or is empty."""
    if text and not is_version_id(text):
        raise invalid_argument("Invalid version id specified", "versionId", text)
    return text


def existing(opened: OpenBucket, key: str, version_id: str = "") -> StoredObject:
    """A version of a key, or its current one; links are not followed.

    Raises NoSuchKey, which tells of a delete marker if there is one, NoSuchVersion, or MethodNotAllowed
    for a version that is a marker.
    """
    found = find_object(opened, key, version_id)
    if found is None:
        if version_id:
            details = {"Key": key, "VersionId": version_id}
            raise OssError(404, "NoSuchVersion", "The specified version does not exist.", details)
        marker = latest_marker(opened, key) if opened.bucket.versioning else ""
        headers = marker_headers(marker) if marker else {}
        message = "The specified key does not exist."
        raise OssError(404, "NoSuchKey", message, {"Key": key}, headers)
    if found.kind == DELETE_MARKER:
        raise OssError(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            {"Method": "", "ResourceType": DELETE_MARKER},
            marker_headers(found.version_id) | {"Allow": "DELETE"},
        )
    return found


def existing_object(operation: Operation) -> StoredObject:
    """The version a request names; links are not followed."""
    bucket, version_id = operation.bucket, version_of(operation.request)
    with operation.store.reading(bucket) as opened:
        return existing(opened, operation.request.key, version_id)


def find_through_link(operation: Operation) -> tuple[StoredObject, StoredObject | None]:
    """(the object whose bytes a request is about, the symlink that led there)."""
    bucket, version_id = operation.bucket, version_of(operation.request)
    with operation.store.reading(bucket) as opened:
        found = existing(opened, operation.request.key, version_id)
        if found.kind != SYMLINK:
            return found, None
        return link_target(opened, found), found


def link_target(opened: OpenBucket, link: StoredObject) -> StoredObject:
    """What a symlink points to: SymlinkTargetNotExist if nothing, InvalidTargetType if another link."""
    target = find_object(opened, link.link_target)
    if target is None:
        raise OssError(404, "SymlinkTargetNotExist", "The target of the symlink does not exist.")
    if target.kind == SYMLINK:
        raise OssError(400, "InvalidTargetType", "The target of the symlink is itself a symlink.")
    return target


def refuse_overwrite(opened: OpenBucket, request: Request) -> None:
    """Honour x-oss-forbid-overwrite, which means nothing where overwriting keeps the version before."""
    is_forbidden = not opened.bucket.versioning and request.flag("x-oss-forbid-overwrite")
    if is_forbidden and find_object(opened, request.key):
        message = "The object you specified already exists and can not be overwritten."
        raise OssError(409, "FileAlreadyExists", message)

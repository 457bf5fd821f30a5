"""The object, version or link target a request names, and the answers if there is none."""

from __future__ import annotations

import sqlite3

from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, file_already_exists, invalid_argument, no_such_key
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.store.objects import find_object, is_version_id, latest_marker
from hdfs2oss.local_oss.store.rows import DELETE_MARKER, SYMLINK, Bucket, StoredObject

VERSION_ID = "x-oss-version-id"
_MARKER = "x-oss-delete-marker"


def version_of(request: Request) -> str:
    """The version a request asks for, '' if none; InvalidArgument for what cannot be an id."""
    return checked_version_id(request.query.get("versionId", ""))


def checked_version_id(text: str) -> str:
    """The text, if it can be a version id or is empty."""
    if text and not is_version_id(text):
        raise invalid_argument("Invalid version id specified", "versionId", text)
    return text


def existing(connection: sqlite3.Connection, bucket: Bucket, key: str, version_id: str = "") -> StoredObject:
    """A version of a key, or its current one; links are not followed.

    Raises NoSuchKey, which tells of a delete marker if there is one, NoSuchVersion, or MethodNotAllowed
    for a version that is a marker.
    """
    found = find_object(connection, bucket, key, version_id)
    if found is None:
        if version_id:
            details = {"Key": key, "VersionId": version_id}
            raise OssError(404, "NoSuchVersion", "The specified version does not exist.", details)
        error = no_such_key(key)
        marker = latest_marker(connection, bucket, key) if bucket.versioning else ""
        if marker:
            error.headers = marker_headers(marker)
        raise error
    if found.kind == DELETE_MARKER:
        raise OssError(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            {"Method": "", "ResourceType": DELETE_MARKER},
            marker_headers(found.version_id) | {"Allow": "DELETE"},
        )
    return found


def existing_object(context: Context, request: Request) -> StoredObject:
    """The version a request names; links are not followed."""
    bucket, version_id = context.bucket(request), version_of(request)
    with context.store.index.reading() as connection:
        return existing(connection, bucket, request.key, version_id)


def find_through_link(context: Context, request: Request) -> tuple[StoredObject, StoredObject | None]:
    """(the object whose bytes a request is about, the symlink that led there)."""
    bucket, version_id = context.bucket(request), version_of(request)
    with context.store.index.reading() as connection:
        found = existing(connection, bucket, request.key, version_id)
        if found.kind != SYMLINK:
            return found, None
        return link_target(connection, bucket, found), found


def link_target(connection: sqlite3.Connection, bucket: Bucket, link: StoredObject) -> StoredObject:
    """What a symlink points to: SymlinkTargetNotExist if nothing, InvalidTargetType if another link."""
    target = find_object(connection, bucket, link.link_target)
    if target is None:
        raise OssError(404, "SymlinkTargetNotExist", "The target of the symlink does not exist.")
    if target.kind == SYMLINK:
        raise OssError(400, "InvalidTargetType", "The target of the symlink is itself a symlink.")
    return target


def refuse_overwrite(connection: sqlite3.Connection, bucket: Bucket, request: Request) -> None:
    """Honour x-oss-forbid-overwrite, which means nothing where overwriting keeps the version before."""
    is_forbidden = not bucket.versioning and request.flag("x-oss-forbid-overwrite")
    if is_forbidden and find_object(connection, bucket, request.key):
        raise file_already_exists()


def version_headers(bucket: Bucket, stored: StoredObject) -> dict[str, str]:
    """The version a request was about, on a bucket that has versions."""
    return {VERSION_ID: stored.version_id} if bucket.versioning else {}


def marker_headers(version_id: str) -> dict[str, str]:
    """What tells of a delete marker."""
    return {VERSION_ID: version_id, _MARKER: "true"}

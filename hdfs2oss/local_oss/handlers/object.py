"""PutObject, GetObject, HeadObject, GetObjectMeta, DeleteObject."""

from __future__ import annotations

import base64
import sqlite3
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache

from hdfs2oss.local_oss.attributes import KEPT_HEADERS, META_PREFIX, attributes_of_request
from hdfs2oss.local_oss.conditions import check_conditions, range_of
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, invalid_argument
from hdfs2oss.local_oss.etag import tag_of
from hdfs2oss.local_oss.handlers.callback import callback_failed, wants_callback
from hdfs2oss.local_oss.handlers.compression import compressed
from hdfs2oss.local_oss.handlers.lookup import (
    VERSION_ID,
    existing,
    find_through_link,
    link_target,
    marker_headers,
    refuse_overwrite,
    version_headers,
    version_of,
)
from hdfs2oss.local_oss.handlers.restore import check_readable, restore_state
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.receiving import received_body
from hdfs2oss.local_oss.store.rows import APPENDABLE, NORMAL, SYMLINK, Attributes, StoredObject

_WRITTEN = {name: name.title() for name in KEPT_HEADERS}
_OVERRIDES = tuple("response-" + name for name in KEPT_HEADERS)
_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


def put_object(context: Context, request: Request) -> Response:
    """PutObject."""
    bucket = context.bucket(request)
    is_called_back = wants_callback(request)
    for name in _CONDITIONS:
        if name in request.headers:
            raise OssError(
                400,
                "NotImplemented",
                f"A header you provided does not apply to this operation: {name}.",
            )
    attributes = attributes_of_request(request, bucket, context.limits)
    with received_body(context, request) as received:
        stored = StoredObject(
            key=request.key,
            kind=NORMAL,
            size=received.size,
            etag=tag_of(received),
            crc64=received.crc64,
            md5=base64.b64encode(received.md5).decode() if received.md5 is not None else "",
            modified_ms=context.now_ms(),
            attributes=attributes,
        )
        with context.store.writing(bucket) as connection:
            refuse_overwrite(connection, bucket, request)
            body = context.store.bodies.add(connection, [received])
            stored = context.store.objects.put(connection, bucket, with_body(stored, body))
    headers = integrity_headers(stored)
    headers |= encryption_echo(stored.attributes) | version_headers(bucket, stored)
    response = Response(200, headers)
    return callback_failed(request, response) if is_called_back else response


def get_object(context: Context, request: Request) -> Response:
    """GetObject, whole or a range, conditional or not. A symlink serves its target."""
    bucket, version_id = context.bucket(request), version_of(request)
    overrides = _overrides_of(request)
    span: tuple[int, int] | None = None
    link: StoredObject | None = None

    def finder(connection: sqlite3.Connection) -> StoredObject:
        nonlocal link
        found = existing(connection, bucket, request.key, version_id)
        if found.kind != SYMLINK:
            return found
        link = found
        return link_target(connection, bucket, link)

    def span_of(found: StoredObject) -> tuple[int, int]:
        nonlocal span
        check_conditions(request, found)
        check_readable(context, found)
        span = range_of(request, found.size)
        return span or (0, found.size)

    stored, body = context.store.open(finder, span_of)
    headers = object_headers(context, stored, link) | version_headers(bucket, link or stored) | overrides
    if span is None:
        return compressed(request, Response(200, headers, body), stored.size)
    start, length = span
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{stored.size}"
    return Response(206, headers, body)


def head_object(context: Context, request: Request) -> Response:
    """HeadObject."""
    stored, link = find_through_link(context, request)
    check_conditions(request, stored)
    headers = object_headers(context, stored, link) | version_headers(context.bucket(request), link or stored)
    return Response(200, headers, content_length=stored.size)


def get_object_meta(context: Context, request: Request) -> Response:
    """GetObjectMeta: length, tag, date and CRC-64 only."""
    stored, link = find_through_link(context, request)
    headers = {"ETag": f'"{stored.etag}"', "Last-Modified": http_date(stored.modified_ms // 1000)}
    if stored.crc64 is not None:
        headers["x-oss-hash-crc64ecma"] = str(stored.crc64)
    headers |= version_headers(context.bucket(request), link or stored)
    return Response(200, headers, content_length=stored.size)


def delete_object(context: Context, request: Request) -> Response:
    """DeleteObject, or one version of it: 204, whether it was there or not."""
    bucket, version_id = context.bucket(request), version_of(request)
    objects = context.store.objects
    with context.store.writing(bucket) as connection:
        if version_id:
            deleted = objects.delete_version(connection, bucket, request.key, version_id)
        else:
            deleted = objects.delete(connection, bucket, request.key, context.now_ms())
    if deleted.is_marker:
        return Response(204, marker_headers(deleted.version_id))
    return Response(204, {VERSION_ID: deleted.version_id} if deleted.version_id and bucket.versioning else {})


def with_body(stored: StoredObject, body: int) -> StoredObject:
    """The same object with its body's number."""
    return replace(stored, body=body)


def integrity_headers(stored: StoredObject) -> dict[str, str]:
    """What a write answers: the tag and the checksums of the whole object."""
    headers = {"ETag": f'"{stored.etag}"'}
    if stored.crc64 is not None:
        headers["x-oss-hash-crc64ecma"] = str(stored.crc64)
    if stored.md5:
        headers["Content-MD5"] = stored.md5
    return headers


def encryption_echo(attributes: Attributes) -> dict[str, str]:
    """The encryption headers of an object or upload."""
    return {name: value for name, value in attributes.headers.items() if name.startswith("x-oss-server-side-")}


def object_headers(context: Context, stored: StoredObject, link: StoredObject | None = None) -> dict[str, str]:
    """Headers of a Get or Head. Through a symlink, type, metadata and tags are the link's own."""
    outer = link or stored
    headers = {
        "Accept-Ranges": "bytes",
        "Last-Modified": http_date(stored.modified_ms // 1000),
        "x-oss-object-type": outer.kind,
        "x-oss-storage-class": stored.attributes.storage_class,
    }
    headers |= integrity_headers(stored)
    for name, value in stored.attributes.headers.items():
        if link is None or not name.startswith(META_PREFIX):
            headers[_WRITTEN.get(name, name)] = value
    if link:
        headers |= metadata_of(link)
    if outer.attributes.tags:
        headers["x-oss-tagging-count"] = str(len(outer.attributes.tags))
    restore = restore_state(stored.restored_ms, stored.restored_until_ms, context.now_ms())
    if restore:
        headers["x-oss-restore"] = restore
    if stored.kind == APPENDABLE:
        headers["x-oss-next-append-position"] = str(stored.size)
    return headers


def metadata_of(stored: StoredObject) -> dict[str, str]:
    """The x-oss-meta-* headers of an object."""
    return {name: value for name, value in stored.attributes.headers.items() if name.startswith(META_PREFIX)}


@lru_cache(maxsize=1024)
def http_date(seconds: int) -> str:
    """A date as headers show it. Cached: many objects share a second."""
    return formatdate(seconds, usegmt=True)


def _overrides_of(request: Request) -> dict[str, str]:
    headers = {}
    for parameter in _OVERRIDES:
        value = request.query.get(parameter)
        if not value:
            continue
        if any(ord(character) < 32 for character in value):
            raise invalid_argument("A response header may not hold control characters.", parameter)
        headers[_WRITTEN[parameter.removeprefix("response-")]] = value
    return headers

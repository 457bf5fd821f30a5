"""PutObject, GetObject, HeadObject, GetObjectMeta, DeleteObject."""

from __future__ import annotations

import base64

from hdfs2oss.local_oss.operation.attributes import KEPT_HEADERS, META_PREFIX, attributes_asked
from hdfs2oss.local_oss.operation.callback import callback_failed, wants_callback
from hdfs2oss.local_oss.operation.compression import compressed
from hdfs2oss.local_oss.operation.conditions import check_conditions, range_of
from hdfs2oss.local_oss.operation.encryption import encryption_echo
from hdfs2oss.local_oss.operation.headers import (
    VERSION_ID,
    http_date,
    integrity_headers,
    marker_headers,
    metadata_of,
    version_headers,
)
from hdfs2oss.local_oss.operation.lookup import existing, find_through_link, link_target, refuse_overwrite, version_of
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.receiving import received_body
from hdfs2oss.local_oss.operation.restoring import check_readable, restore_state
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.store.etag import tag_of
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.rows import APPENDABLE, NORMAL, SYMLINK, StoredObject

_WRITTEN = {name: name.title() for name in KEPT_HEADERS}
_OVERRIDES = tuple("response-" + name for name in KEPT_HEADERS)
_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


def put_object(operation: Operation) -> Response:
    """PutObject."""
    request, bucket = operation.request, operation.bucket
    is_called_back = wants_callback(request)
    for name in _CONDITIONS:
        if name in request.headers:
            raise OssError(
                400,
                "NotImplemented",
                f"A header you provided does not apply to this operation: {name}.",
            )
    attributes = attributes_asked(operation)
    with received_body(operation) as received, operation.writing() as opened:
        refuse_overwrite(opened, request)
        stored = StoredObject(
            key=request.key,
            kind=NORMAL,
            size=received.size,
            etag=tag_of(received),
            crc64=received.crc64,
            md5=base64.b64encode(received.md5).decode() if received.md5 is not None else "",
            modified_ms=operation.now_ms(),
            attributes=attributes,
            body=operation.store.bodies.add(opened.connection, [received]),
        )
        stored = operation.store.objects.put(opened, stored)
    headers = integrity_headers(stored)
    headers |= encryption_echo(stored.attributes) | version_headers(bucket, stored)
    response = Response(200, headers)
    return callback_failed(request, response) if is_called_back else response


def get_object(operation: Operation) -> Response:
    """GetObject, whole or a range, conditional or not. A symlink serves its target."""
    request, bucket = operation.request, operation.bucket
    version_id = version_of(request)
    overrides = _overrides_of(request)
    now_ms = operation.now_ms()
    span: tuple[int, int] | None = None
    link: StoredObject | None = None

    def finder(opened: OpenBucket) -> StoredObject:
        nonlocal link
        found = existing(opened, request.key, version_id)
        if found.kind != SYMLINK:
            return found
        link = found
        return link_target(opened, link)

    def span_of(found: StoredObject) -> tuple[int, int]:
        nonlocal span
        check_conditions(request, found)
        check_readable(found, now_ms)
        span = range_of(request, found.size)
        return span or (0, found.size)

    stored, body = operation.store.open(bucket, finder, span_of)
    headers = object_headers(stored, link, now_ms) | version_headers(bucket, link or stored) | overrides
    if span is None:
        return compressed(request, Response(200, headers, body), stored.size)
    start, length = span
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{stored.size}"
    return Response(206, headers, body)


def head_object(operation: Operation) -> Response:
    """HeadObject."""
    stored, link = find_through_link(operation)
    check_conditions(operation.request, stored)
    headers = object_headers(stored, link, operation.now_ms())
    headers |= version_headers(operation.bucket, link or stored)
    return Response(200, headers, content_length=stored.size)


def get_object_meta(operation: Operation) -> Response:
    """GetObjectMeta: length, tag, date and CRC-64 only."""
    stored, link = find_through_link(operation)
    headers = {"ETag": f'"{stored.etag}"', "Last-Modified": http_date(stored.modified_ms // 1000)}
    if stored.crc64 is not None:
        headers["x-oss-hash-crc64ecma"] = str(stored.crc64)
    headers |= version_headers(operation.bucket, link or stored)
    return Response(200, headers, content_length=stored.size)


def delete_object(operation: Operation) -> Response:
    """DeleteObject, or one version of it: 204, whether it was there or not."""
    request, bucket = operation.request, operation.bucket
    version_id = version_of(request)
    objects = operation.store.objects
    with operation.writing() as opened:
        if version_id:
            deleted = objects.delete_version(opened, request.key, version_id)
        else:
            deleted = objects.delete(opened, request.key, operation.now_ms())
    if deleted.is_marker:
        return Response(204, marker_headers(deleted.version_id))
    return Response(204, {VERSION_ID: deleted.version_id} if deleted.version_id and bucket.versioning else {})


def object_headers(stored: StoredObject, link: StoredObject | None, now_ms: int) -> dict[str, str]:
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
    restore = restore_state(stored.restored_ms, stored.restored_until_ms, now_ms)
    if restore:
        headers["x-oss-restore"] = restore
    if stored.kind == APPENDABLE:
        headers["x-oss-next-append-position"] = str(stored.size)
    return headers


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

"""PutObject, GetObject, HeadObject, GetObjectMeta, DeleteObject."""

from __future__ import annotations

import base64
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from typing import TypeVar

from hdfs2oss.local_oss.attributes import FROZEN_CLASSES, KEPT_HEADERS, META_PREFIX, attributes_of_request
from hdfs2oss.local_oss.conditions import check_conditions, range_of
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, file_already_exists, invalid_argument, no_such_key
from hdfs2oss.local_oss.etag import tag_of
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.receiving import received_body
from hdfs2oss.local_oss.store.rows import APPENDABLE, NORMAL, SYMLINK, Attributes, StoredObject
from hdfs2oss.local_oss.store.store import find_object

Found = TypeVar("Found")

_WRITTEN = {name: name.title() for name in KEPT_HEADERS}
_OVERRIDES = tuple("response-" + name for name in KEPT_HEADERS)
_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


def put_object(context: Context, request: Request) -> Response:
    """PutObject."""
    bucket = context.bucket(request)
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
            if request.flag("x-oss-forbid-overwrite") and find_object(connection, bucket, request.key):
                raise file_already_exists()
            body = context.store.bodies.add(connection, [received])
            context.store.put(connection, bucket, with_body(stored, body))
    headers = integrity_headers(stored)
    headers |= encryption_echo(stored.attributes)
    return Response(200, headers)


def get_object(context: Context, request: Request) -> Response:
    """GetObject, whole or a range, conditional or not. A symlink serves its target."""
    bucket = context.bucket(request)
    overrides = _overrides_of(request)
    span: tuple[int, int] | None = None

    def span_of(found: StoredObject) -> tuple[int, int]:
        nonlocal span
        if found.kind == SYMLINK:
            return 0, 0
        check_conditions(request, found)
        check_readable(found)
        span = range_of(request, found.size)
        return span or (0, found.size)

    opened = context.store.open(bucket, request.key, span_of)
    if opened is None:
        raise no_such_key(request.key)
    link: StoredObject | None = None
    stored, body = opened
    if stored.kind == SYMLINK:
        link = stored
        stored, body = _target(context.store.open(bucket, link.link_target, span_of))
        _check_target(stored)
    headers = object_headers(stored, link) | overrides
    if span is None:
        return Response(200, headers, body)
    start, length = span
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{stored.size}"
    return Response(206, headers, body)


def head_object(context: Context, request: Request) -> Response:
    """HeadObject."""
    stored, link = _find_through_link(context, request)
    check_conditions(request, stored)
    return Response(200, object_headers(stored, link), content_length=stored.size)


def get_object_meta(context: Context, request: Request) -> Response:
    """GetObjectMeta: length, tag, date and CRC-64 only."""
    stored, _ = _find_through_link(context, request)
    headers = {"ETag": f'"{stored.etag}"', "Last-Modified": http_date(stored.modified_ms // 1000)}
    if stored.crc64 is not None:
        headers["x-oss-hash-crc64ecma"] = str(stored.crc64)
    return Response(200, headers, content_length=stored.size)


def delete_object(context: Context, request: Request) -> Response:
    """DeleteObject: 204, whether it was there or not."""
    bucket = context.bucket(request)
    with context.store.writing(bucket) as connection:
        context.store.delete(connection, bucket, request.key)
    return Response(204)


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


def object_headers(stored: StoredObject, link: StoredObject | None = None) -> dict[str, str]:
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


def check_readable(stored: StoredObject) -> None:
    """Refuse the bytes of an object in a class that must be restored first: InvalidObjectState."""
    if stored.attributes.storage_class in FROZEN_CLASSES:
        raise OssError(
            403,
            "InvalidObjectState",
            "The operation is not valid for the object's state.",
            {"ObjectName": stored.key},
        )


def _find_through_link(context: Context, request: Request) -> tuple[StoredObject, StoredObject | None]:
    """(the object whose bytes a request is about, the symlink that led there)."""
    bucket = context.bucket(request)
    stored = context.store.find(bucket, request.key)
    if stored is None:
        raise no_such_key(request.key)
    if stored.kind != SYMLINK:
        return stored, None
    target = _target(context.store.find(bucket, stored.link_target))
    _check_target(target)
    return target, stored


def _target(found: Found | None) -> Found:
    if found is None:
        raise OssError(404, "SymlinkTargetNotExist", "The target of the symlink does not exist.")
    return found


def _check_target(target: StoredObject) -> None:
    if target.kind == SYMLINK:
        raise OssError(400, "InvalidTargetType", "The target of the symlink is itself a symlink.")


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

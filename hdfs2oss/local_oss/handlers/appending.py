"""AppendObject."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.operation.attributes import attributes_asked, with_acl
from hdfs2oss.local_oss.operation.encryption import encryption_echo
from hdfs2oss.local_oss.operation.headers import version_headers
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.receiving import received_body
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Response
from hdfs2oss.local_oss.store.etag import appended_tag, tag_of
from hdfs2oss.local_oss.store.objects import find_object
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.rows import APPENDABLE, Received, StoredObject
from hdfs2oss.rules.checksum import combine_crc64


def append_object(operation: Operation) -> Response:
    """AppendObject: the first one, at position 0, makes the object and fixes its attributes.

    Later ones bring bytes, and may change the ACL.
    """
    operation.require_bucket()
    position = operation.request.integer("position", -1, 0, operation.limits.max_object_bytes)
    if position < 0:
        raise invalid_argument("The position must be given.", "position")
    with received_body(operation) as received, operation.writing() as opened:
        found = find_object(opened, operation.request.key)
        length = _length_of(found)
        if position != length:
            raise OssError(
                409,
                "PositionNotEqualToLength",
                "Position is not equal to file length",
                headers={"x-oss-next-append-position": str(length)},
            )
        if length + received.size > operation.limits.max_put_bytes:
            raise OssError(400, "EntityTooLarge", "The object would exceed the maximum allowed size.")
        stored = _extend(operation, opened, found, received) if found else _begin(operation, opened, received)
    headers = {
        "ETag": f'"{stored.etag}"',
        "x-oss-hash-crc64ecma": str(stored.crc64),
        "x-oss-next-append-position": str(stored.size),
    }
    return Response(200, headers | encryption_echo(stored.attributes) | version_headers(operation.bucket, stored))


def seal_appendable(operation: Operation) -> Response:
    """SealAppendObject: refused for good, as clients try again what is answered with 501."""
    operation.require_bucket()
    raise OssError(400, "OperationNotSupported", "SealAppendable is not supported.")


def _begin(operation: Operation, opened: OpenBucket, received: Received) -> StoredObject:
    """Make the object of its first bytes."""
    stored = StoredObject(
        operation.request.key,
        APPENDABLE,
        received.size,
        tag_of(received),
        received.crc64,
        "",
        operation.now_ms(),
        attributes_asked(operation),
        body=operation.store.bodies.add(opened.connection, [received]),
    )
    return operation.store.objects.put(opened, stored)


def _extend(operation: Operation, opened: OpenBucket, found: StoredObject, received: Received) -> StoredObject:
    """Put more bytes at the end of the object."""
    bodies = operation.store.bodies
    if found.body and received.size:
        bodies.extend(opened.connection, found.body, found.size, received)
    stored = replace(
        found,
        size=found.size + received.size,
        etag=appended_tag(found.etag, tag_of(received)),
        crc64=combine_crc64(found.crc64 or 0, received.crc64, received.size),
        modified_ms=operation.now_ms(),
        attributes=with_acl(operation.request, found.attributes),
        body=found.body or bodies.add(opened.connection, [received]),
    )
    operation.store.objects.update(opened, stored)
    return stored


def _length_of(found: StoredObject | None) -> int:
    if found is None:
        return 0
    if found.kind != APPENDABLE:
        raise OssError(409, "ObjectNotAppendable", "The object is not appendable")
    return found.size

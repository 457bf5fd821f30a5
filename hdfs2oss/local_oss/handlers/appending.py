"""AppendObject."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.attributes import attributes_of_request
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, invalid_argument
from hdfs2oss.local_oss.etag import appended_tag, tag_of
from hdfs2oss.local_oss.handlers.lookup import version_headers
from hdfs2oss.local_oss.handlers.object import encryption_echo
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.receiving import received_body
from hdfs2oss.local_oss.store.objects import find_object
from hdfs2oss.local_oss.store.rows import APPENDABLE, StoredObject
from hdfs2oss.rules.checksum import combine_crc64


def append_object(context: Context, request: Request) -> Response:
    """AppendObject: the first one, at position 0, makes the object and fixes its attributes.

    Later ones bring bytes only.
    """
    bucket = context.bucket(request)
    position = request.integer("position", -1, 0, context.limits.max_object_bytes)
    if position < 0:
        raise invalid_argument("The position must be given.", "position")
    with received_body(context, request) as received, context.store.writing(bucket) as connection:
        found = find_object(connection, bucket, request.key)
        length = _length_of(found)
        if position != length:
            raise OssError(
                409,
                "PositionNotEqualToLength",
                "Position is not equal to file length",
                headers={"x-oss-next-append-position": str(length)},
            )
        if length + received.size > context.limits.max_put_bytes:
            raise OssError(400, "EntityTooLarge", "The object would exceed the maximum allowed size.")
        bodies = context.store.bodies
        if found is None:
            body = bodies.add(connection, [received])
            stored = StoredObject(
                request.key,
                APPENDABLE,
                received.size,
                tag_of(received),
                received.crc64,
                "",
                context.now_ms(),
                attributes_of_request(request, bucket, context.limits),
                body=body,
            )
            stored = context.store.objects.put(connection, bucket, stored)
        else:
            if found.body and received.size:
                bodies.extend(connection, found.body, length, received)
            stored = replace(
                found,
                size=length + received.size,
                etag=appended_tag(found.etag, tag_of(received)),
                crc64=combine_crc64(found.crc64 or 0, received.crc64, received.size),
                modified_ms=context.now_ms(),
                body=found.body or bodies.add(connection, [received]),
            )
            context.store.objects.update(connection, bucket, stored)
    return Response(
        200,
        {
            "ETag": f'"{stored.etag}"',
            "x-oss-hash-crc64ecma": str(stored.crc64),
            "x-oss-next-append-position": str(stored.size),
        }
        | encryption_echo(stored.attributes)
        | version_headers(bucket, stored),
    )


def _length_of(found: StoredObject | None) -> int:
    if found is None:
        return 0
    if found.kind != APPENDABLE:
        raise OssError(409, "ObjectNotAppendable", "The object is not appendable")
    return found.size

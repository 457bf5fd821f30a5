"""CopyObject and UploadPartCopy: bytes that are already here, under another name.

A copy of a whole object shares the source's files (they never change) and its checksums. A copied range is
read and written anew.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from hdfs2oss.local_oss.attributes import (
    ENCRYPTION_HEADERS,
    attributes_of_request,
    encryption_of,
    one_of,
    storage_class_of,
    tags_of_header,
)
from hdfs2oss.local_oss.conditions import check_conditions
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import (
    OssError,
    invalid_argument,
)
from hdfs2oss.local_oss.etag import tag_of
from hdfs2oss.local_oss.handlers.lookup import checked_version_id, existing, refuse_overwrite, version_headers
from hdfs2oss.local_oss.handlers.multipart import part_number_of
from hdfs2oss.local_oss.handlers.object import encryption_echo, integrity_headers
from hdfs2oss.local_oss.handlers.restore import check_readable
from hdfs2oss.local_oss.protocol.addressing import check_bucket_name, check_key
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document, iso_date
from hdfs2oss.local_oss.store.rows import NORMAL, SYMLINK, Attributes, Bucket, Part, StoredObject

SOURCE = "x-oss-copy-source"
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})", re.ASCII)


class Source(NamedTuple):
    """What is copied."""

    bucket: Bucket
    key: str
    version_id: str

    def find(self, connection: sqlite3.Connection) -> StoredObject:
        """The version to copy."""
        return existing(connection, self.bucket, self.key, self.version_id)


def copy_object(context: Context, request: Request) -> Response:
    """CopyObject, also onto itself to change metadata. A symlink is copied as a symlink.

    The copy is a normal object but keeps the source's tag, since its bytes are the same.
    """
    bucket = context.bucket(request)
    source = _source_of(context, request)
    replacement = attributes_of_request(request, bucket, context.limits)
    with context.store.writing(bucket) as connection:
        found = source.find(connection)
        check_conditions(request, found, SOURCE + "-")
        check_readable(context, found)
        if found.size > context.limits.max_copy_bytes:
            raise OssError(400, "EntityTooLarge", "The source is too large to copy in one request.")
        refuse_overwrite(connection, bucket, request)
        stored = replace(
            found,
            key=request.key,
            kind=SYMLINK if found.kind == SYMLINK else NORMAL,
            modified_ms=context.now_ms(),
            attributes=_attributes(context, request, bucket, found, replacement),
            body=context.store.bodies.duplicate(connection, found.body),
            restored_ms=0,
            restored_until_ms=0,
        )
        stored = context.store.objects.put(connection, bucket, stored)
    result = [("ETag", f'"{stored.etag}"'), ("LastModified", iso_date(stored.modified_ms))]
    response = xml_response(document(("CopyObjectResult", result)))
    response.headers |= integrity_headers(stored) | encryption_echo(stored.attributes)
    response.headers |= version_headers(bucket, stored) | _source_version(source, found)
    return response


def upload_part_copy(context: Context, request: Request) -> Response:
    """UploadPartCopy: a part from an object or a range of one (x-oss-copy-source-range)."""
    bucket = context.bucket(request)
    number = part_number_of(context, request)
    upload = context.uploads.find(bucket, request.key, request.query["uploadId"])
    source = _source_of(context, request)

    def span_of(found: StoredObject) -> tuple[int, int]:
        check_conditions(request, found, SOURCE + "-")
        check_readable(context, found)
        return _span(request, found.size)

    found, body = context.store.open(source.find, span_of)
    limit = context.limits.max_put_bytes
    with context.store.files.copying(body, context.is_md5_wanted, limit) as received:
        part = Part(number, tag_of(received), received.crc64, received.size, context.now_ms(), 0)
        context.uploads.put_part(bucket, upload, part, received)
    result = [("ETag", f'"{part.etag}"'), ("LastModified", iso_date(part.modified_ms))]
    response = xml_response(document(("CopyPartResult", result)))
    response.headers |= {"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc64)}
    response.headers |= _source_version(source, found)
    return response


def _source_version(source: Source, found: StoredObject) -> dict[str, str]:
    return {"x-oss-copy-source-version-id": found.version_id} if source.bucket.versioning else {}


def _source_of(context: Context, request: Request) -> Source:
    """The source named as /bucket/key, percent-encoded once."""
    text, mark, version = request.header(SOURCE).partition("?versionId=")
    if mark and not version:
        raise invalid_argument("Version id cannot be the empty string", "versionId", "")
    name, _, key = text.removeprefix("/").partition("/")
    try:
        name, key = unquote(name, errors="strict"), unquote(key, errors="strict")
        check_key(key, context.limits.max_key_bytes)
    except UnicodeError:
        raise invalid_argument("The copy source is not valid UTF-8.", SOURCE, text) from None
    check_bucket_name(name)
    if not key:
        raise invalid_argument("Copy Source must mention the source bucket and key.", SOURCE, text)
    return Source(context.store.bucket(name), key, checked_version_id(version))


def _attributes(
    context: Context, request: Request, bucket: Bucket, found: StoredObject, replacement: Attributes
) -> Attributes:
    """The copy's attributes: headers and tags by their directives, class and ACL as the request says."""
    directive = one_of(request, "x-oss-metadata-directive", ("COPY", "REPLACE"), "COPY")
    tagging = one_of(request, "x-oss-tagging-directive", ("Copy", "Replace", "COPY", "REPLACE"), "Copy")
    headers = (
        replacement.headers
        if directive == "REPLACE"
        else {name: value for name, value in found.attributes.headers.items() if name not in ENCRYPTION_HEADERS}
        | encryption_of(request, bucket)
    )
    tags = found.attributes.tags
    if tagging.upper() == "REPLACE":
        tags = tags_of_header(request.header("x-oss-tagging"), context.limits)
    return Attributes(headers, storage_class_of(request, bucket), replacement.acl, tags)


def _span(request: Request, size: int) -> tuple[int, int]:
    """(start, length) of the range to copy; without one, or with one that does not fit, everything."""
    text = request.header(SOURCE + "-range")
    match = _RANGE.fullmatch(text)
    if not match:
        return 0, size
    start = int(match.group(1))
    end = int(match.group(2)) if match.group(2) else size - 1
    if not start <= end < size:
        raise OssError(
            416,
            "InvalidRange",
            "The requested range cannot be satisfied.",
            {"ActualObjectSize": str(size), "RangeRequested": text},
        )
    return start, end - start + 1

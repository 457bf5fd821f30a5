"""CopyObject and UploadPartCopy: bytes that are already here, under another name.

A copy of a whole object shares the source's files (they never change) and its checksums. A copied range is
read and written anew.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from hdfs2oss.local_oss.operation.attributes import attributes_asked, one_of, storage_class_of, tags_of_header
from hdfs2oss.local_oss.operation.conditions import check_conditions
from hdfs2oss.local_oss.operation.encryption import ENCRYPTION_HEADERS, encryption_echo, encryption_of
from hdfs2oss.local_oss.operation.headers import integrity_headers, version_headers
from hdfs2oss.local_oss.operation.lookup import checked_version_id, existing, refuse_overwrite
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.parts import named_upload, part_number_of
from hdfs2oss.local_oss.operation.restoring import check_readable
from hdfs2oss.local_oss.protocol.addressing import check_bucket_name, check_key
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document, iso_date
from hdfs2oss.local_oss.store.etag import tag_of
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.rows import NORMAL, SYMLINK, Attributes, Bucket, Part, StoredObject

SOURCE = "x-oss-copy-source"
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})", re.ASCII)


class Source(NamedTuple):
    """What is copied."""

    bucket: Bucket
    key: str
    version_id: str

    def find(self, opened: OpenBucket) -> StoredObject:
        """The version to copy, in the bucket it is in."""
        return existing(opened.beside(self.bucket), self.key, self.version_id)


def copy_object(operation: Operation) -> Response:
    """CopyObject, also onto itself to change metadata. A symlink is copied as a symlink.

    The copy is a normal object but keeps the source's tag, since its bytes are the same.
    """
    request, bucket = operation.request, operation.bucket
    source = _source_of(operation)
    replacement = attributes_asked(operation)
    with operation.writing() as opened:
        found = source.find(opened)
        check_conditions(request, found, SOURCE + "-")
        check_readable(found, operation.now_ms())
        if found.size > operation.limits.max_copy_bytes:
            raise OssError(400, "EntityTooLarge", "The source is too large to copy in one request.")
        refuse_overwrite(opened, request)
        stored = replace(
            found,
            key=request.key,
            kind=SYMLINK if found.kind == SYMLINK else NORMAL,
            modified_ms=operation.now_ms(),
            attributes=_attributes(operation, found, replacement),
            body=operation.store.bodies.duplicate(opened.connection, found.body),
            restored_ms=0,
            restored_until_ms=0,
        )
        stored = operation.store.objects.put(opened, stored)
    result = [("ETag", f'"{stored.etag}"'), ("LastModified", iso_date(stored.modified_ms))]
    response = xml_response(document(("CopyObjectResult", result)))
    response.headers |= integrity_headers(stored) | encryption_echo(stored.attributes)
    response.headers |= version_headers(bucket, stored) | _source_version(source, found)
    return response


def upload_part_copy(operation: Operation) -> Response:
    """UploadPartCopy: a part from an object or a range of one (x-oss-copy-source-range)."""
    operation.require_bucket()
    number = part_number_of(operation)
    upload = named_upload(operation)
    source = _source_of(operation)

    def span_of(found: StoredObject) -> tuple[int, int]:
        check_conditions(operation.request, found, SOURCE + "-")
        check_readable(found, operation.now_ms())
        return _span(operation.request, found.size)

    found, body = operation.store.open(source.bucket, source.find, span_of)
    limit = operation.limits.max_put_bytes
    with operation.store.files.copying(body, operation.is_md5_wanted, limit) as received:
        part = Part(number, tag_of(received), received.crc64, received.size, operation.now_ms(), 0)
        with operation.writing() as opened:
            operation.store.uploads.put_part(opened, upload, part, received)
    result = [("ETag", f'"{part.etag}"'), ("LastModified", iso_date(part.modified_ms))]
    response = xml_response(document(("CopyPartResult", result)))
    response.headers |= {"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc64)}
    response.headers |= _source_version(source, found)
    return response


def _source_version(source: Source, found: StoredObject) -> dict[str, str]:
    return {"x-oss-copy-source-version-id": found.version_id} if source.bucket.versioning else {}


def _source_of(operation: Operation) -> Source:
    """The source named as /bucket/key, percent-encoded once."""
    text, mark, version = operation.request.header(SOURCE).partition("?versionId=")
    if mark and not version:
        raise invalid_argument("Version id cannot be the empty string", "versionId", "")
    name, _, key = text.removeprefix("/").partition("/")
    try:
        name, key = unquote(name, errors="strict"), unquote(key, errors="strict")
        check_key(key, operation.limits.max_key_bytes)
    except UnicodeError:
        raise invalid_argument("The copy source is not valid UTF-8.", SOURCE, text) from None
    check_bucket_name(name)
    if not key:
        raise invalid_argument("Copy Source must mention the source bucket and key.", SOURCE, text)
    return Source(operation.store.bucket(name), key, checked_version_id(version))


def _attributes(operation: Operation, found: StoredObject, replacement: Attributes) -> Attributes:
    """The copy's attributes: headers and tags by their directives, class and ACL as the request says."""
    request, bucket = operation.request, operation.bucket
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
        tags = tags_of_header(request.header("x-oss-tagging"), operation.limits)
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

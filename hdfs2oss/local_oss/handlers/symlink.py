"""PutSymlink, GetSymlink."""

from __future__ import annotations

from urllib.parse import quote, unquote

from hdfs2oss.local_oss.operation.attributes import attributes_asked
from hdfs2oss.local_oss.operation.headers import http_date, metadata_of, version_headers
from hdfs2oss.local_oss.operation.lookup import existing_object, refuse_overwrite
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.addressing import check_key
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Response
from hdfs2oss.local_oss.store.etag import link_tag
from hdfs2oss.local_oss.store.rows import SYMLINK, StoredObject

_TARGET = "x-oss-symlink-target"


def put_symlink(operation: Operation) -> Response:
    """Make a symlink to another key of the bucket, which need not exist."""
    request, bucket = operation.request, operation.bucket
    target = _target_of(operation)
    stored = StoredObject(
        key=request.key,
        kind=SYMLINK,
        size=0,
        etag=link_tag(target),
        crc64=None,
        md5="",
        modified_ms=operation.now_ms(),
        attributes=attributes_asked(operation),
        link_target=target,
    )
    with operation.writing() as opened:
        refuse_overwrite(opened, request)
        stored = operation.store.objects.put(opened, stored)
    return Response(200, {"ETag": f'"{stored.etag}"'} | version_headers(bucket, stored))


def get_symlink(operation: Operation) -> Response:
    """Where a symlink points."""
    found = existing_object(operation)
    if found.kind != SYMLINK:
        raise OssError(400, "NotSymlink", "The object is not a symlink.", {"Key": operation.request.key})
    headers = {
        _TARGET: quote(found.link_target, safe=""),
        "ETag": f'"{found.etag}"',
        "Last-Modified": http_date(found.modified_ms // 1000),
        "x-oss-object-type": SYMLINK,
    }
    return Response(200, headers | metadata_of(found) | version_headers(operation.bucket, found))


def _target_of(operation: Operation) -> str:
    text = operation.request.header(_TARGET)
    try:
        target = unquote(text, errors="strict")
        check_key(target, operation.limits.max_key_bytes)
    except UnicodeError:
        target = ""
    if not target:
        raise invalid_argument("The symlink target must be a key of the bucket.", _TARGET, text)
    return target

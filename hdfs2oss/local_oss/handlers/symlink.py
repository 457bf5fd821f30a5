"""PutSymlink, GetSymlink."""

from __future__ import annotations

from urllib.parse import quote, unquote

from hdfs2oss.local_oss.attributes import attributes_of_request
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, invalid_argument
from hdfs2oss.local_oss.etag import link_tag
from hdfs2oss.local_oss.handlers.lookup import existing_object, refuse_overwrite, version_headers
from hdfs2oss.local_oss.handlers.object import http_date, metadata_of
from hdfs2oss.local_oss.protocol.addressing import check_key
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.store.rows import SYMLINK, StoredObject

_TARGET = "x-oss-symlink-target"


def put_symlink(context: Context, request: Request) -> Response:
    """Make a symlink to another key of the bucket, which need not exist."""
    bucket = context.bucket(request)
    target = _target_of(context, request)
    stored = StoredObject(
        key=request.key,
        kind=SYMLINK,
        size=0,
        etag=link_tag(target),
        crc64=None,
        md5="",
        modified_ms=context.now_ms(),
        attributes=attributes_of_request(request, bucket, context.limits),
        link_target=target,
    )
    with context.store.writing(bucket) as connection:
        refuse_overwrite(connection, bucket, request)
        stored = context.store.objects.put(connection, bucket, stored)
    return Response(200, {"ETag": f'"{stored.etag}"'} | version_headers(bucket, stored))


def get_symlink(context: Context, request: Request) -> Response:
    """Where a symlink points."""
    found = existing_object(context, request)
    if found.kind != SYMLINK:
        raise OssError(400, "NotSymlink", "The object is not a symlink.", {"Key": request.key})
    headers = {
        _TARGET: quote(found.link_target, safe=""),
        "ETag": f'"{found.etag}"',
        "Last-Modified": http_date(found.modified_ms // 1000),
        "x-oss-object-type": SYMLINK,
    }
    return Response(200, headers | metadata_of(found) | version_headers(context.bucket(request), found))


def _target_of(context: Context, request: Request) -> str:
    text = request.header(_TARGET)
    try:
        target = unquote(text, errors="strict")
        check_key(target, context.limits.max_key_bytes)
    except UnicodeError:
        target = ""
    if not target:
        raise invalid_argument("The symlink target must be a key of the bucket.", _TARGET, text)
    return target

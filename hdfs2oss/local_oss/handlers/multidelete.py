"""DeleteMultipleObjects."""

from __future__ import annotations

import hashlib

from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, malformed_xml, not_served
from hdfs2oss.local_oss.handlers.listing import encoder_of
from hdfs2oss.local_oss.protocol.addressing import check_key
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of
from hdfs2oss.local_oss.receiving import content_md5, invalid_digest


def delete_objects(context: Context, request: Request) -> Response:
    """Up to 1000 keys at once, in one transaction; Content-MD5 is required. Quiet answers nothing."""
    bucket = context.bucket(request)
    encode = encoder_of(request)
    keys, is_quiet = _wanted(context, request)
    with context.store.writing(bucket) as connection:
        for key in keys:
            context.store.delete(connection, bucket, key)
    if is_quiet:
        return Response(200)
    children: list[Node] = [("EncodingType", "url")] if request.query.get("encoding-type") else []
    children += [("Deleted", [("Key", encode(key))]) for key in keys]
    return xml_response(document(("DeleteResult", children)))


def _wanted(context: Context, request: Request) -> tuple[list[str], bool]:
    """(keys, quiet)."""
    body = request.document(context.limits.max_document_bytes)
    digest = content_md5(request)
    if digest is None:
        raise OssError(400, "MissingArgument", "Missing required header: Content-MD5.", {"ArgumentName": "Content-MD5"})
    if hashlib.md5(body).digest() != digest:
        raise invalid_digest(request)
    root = parse(body, "Delete")
    quiet = (text_of(root, "Quiet") or "false").strip().lower()
    keys = []
    for element in root.findall("Object"):
        key = text_of(element, "Key")
        if not key:
            raise malformed_xml()
        if text_of(element, "VersionId") not in (None, "", "null"):
            raise not_served("versions of objects")
        check_key(key, context.limits.max_key_bytes)
        keys.append(key)
    if quiet not in ("true", "false") or not 0 < len(keys) <= context.limits.max_delete_keys:
        raise malformed_xml()
    return keys, quiet == "true"

"""DeleteMultipleObjects."""

from __future__ import annotations

import hashlib

from hdfs2oss.local_oss.operation.lookup import checked_version_id
from hdfs2oss.local_oss.operation.naming import encoder_of, encoding_node
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.receiving import content_md5, invalid_digest
from hdfs2oss.local_oss.protocol.addressing import check_key
from hdfs2oss.local_oss.protocol.errors import OssError, malformed_xml
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of
from hdfs2oss.local_oss.store.objects import Deleted


def delete_objects(operation: Operation) -> Response:
    """Up to 1000 keys at once, in one transaction; Content-MD5 is required. Quiet answers nothing."""
    operation.require_bucket()
    encode = encoder_of(operation.request)
    wanted, is_quiet = _wanted(operation)
    objects, now_ms = operation.store.objects, operation.now_ms()
    nodes: list[Node] = []
    with operation.writing() as opened:
        for key, version_id in wanted:
            if version_id:
                deleted = objects.delete_version(opened, key, version_id)
            else:
                deleted = objects.delete(opened, key, now_ms)
            nodes.append(("Deleted", [("Key", encode(key)), *_version_nodes(version_id, deleted)]))
    if is_quiet:
        return Response(200)
    return xml_response(document(("DeleteResult", encoding_node(operation.request) + nodes)))


def _version_nodes(version_id: str, deleted: Deleted) -> list[Node]:
    nodes: list[Node] = [("VersionId", version_id)] if version_id else []
    if deleted.is_marker:
        nodes += [("DeleteMarker", True), ("DeleteMarkerVersionId", deleted.version_id)]
    return nodes


def _wanted(operation: Operation) -> tuple[list[tuple[str, str]], bool]:
    """([(key, version id or '')], quiet)."""
    body = operation.document()
    digest = content_md5(operation.request)
    if digest is None:
        raise OssError(400, "MissingArgument", "Missing required header: Content-MD5.", {"ArgumentName": "Content-MD5"})
    if hashlib.md5(body).digest() != digest:
        raise invalid_digest(operation.request)
    root = parse(body, "Delete")
    quiet = (text_of(root, "Quiet") or "false").strip().lower()
    wanted = []
    for element in root.findall("Object"):
        key = text_of(element, "Key")
        if not key:
            raise malformed_xml()
        check_key(key, operation.limits.max_key_bytes)
        wanted.append((key, checked_version_id(text_of(element, "VersionId") or "")))
    if quiet not in ("true", "false") or not 0 < len(wanted) <= operation.limits.max_delete_keys:
        raise malformed_xml()
    return wanted, quiet == "true"

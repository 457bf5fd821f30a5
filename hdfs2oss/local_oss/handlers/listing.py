"""ListObjects and ListObjectsV2."""

from __future__ import annotations

import base64
import binascii

from hdfs2oss.local_oss.operation.naming import Encoder, checked_name, encoder_of, encoding_node
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.owner import OWNER
from hdfs2oss.local_oss.operation.restoring import restore_node
from hdfs2oss.local_oss.protocol.errors import invalid_argument
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, iso_date
from hdfs2oss.local_oss.store.listing import ListQuery, ObjectPage, list_objects


def list_objects_v1_or_v2(operation: Operation) -> Response:
    """Either list, by `list-type`."""
    kind = operation.request.query.get("list-type", "")
    if kind == "2":
        return _list_v2(operation)
    if kind:
        raise invalid_argument("The list type is invalid.", "list-type", kind)
    return _list_v1(operation)


def _list_v1(operation: Operation) -> Response:
    request = operation.request
    encode = encoder_of(request)
    query = _query_of(operation, "marker")
    page = list_objects(operation.store, operation.bucket, query)
    children: list[Node] = [
        ("Name", request.bucket),
        ("Prefix", encode(query.prefix)),
        ("Marker", encode(query.after)),
        ("MaxKeys", query.limit),
        ("Delimiter", encode(query.delimiter)),
        *encoding_node(request),
        ("IsTruncated", page.is_truncated),
    ]
    if page.is_truncated:
        children.append(("NextMarker", encode(page.last)))
    children += _entries(page, encode, operation.now_ms(), has_owner=True)
    return xml_response(document(("ListBucketResult", children)))


def _list_v2(operation: Operation) -> Response:
    request = operation.request
    encode = encoder_of(request)
    query = _query_of(operation, "start-after")
    start_after = query.after
    token = request.query.get("continuation-token")
    if token:  # some clients send an empty one with the first page
        query = query._replace(after=_key_of_token(token))
    page = list_objects(operation.store, operation.bucket, query)
    children: list[Node] = [
        ("Name", request.bucket),
        ("Prefix", encode(query.prefix)),
        ("MaxKeys", query.limit),
        ("Delimiter", encode(query.delimiter)),
        *encoding_node(request),
        ("StartAfter", encode(start_after)),
        ("IsTruncated", page.is_truncated),
        ("KeyCount", len(page.objects) + len(page.common_prefixes)),
    ]
    if token is not None:
        children.append(("ContinuationToken", encode(token)))
    if page.is_truncated:
        children.append(("NextContinuationToken", encode(_token_of_key(page.last))))
    children += _entries(page, encode, operation.now_ms(), has_owner=request.query.get("fetch-owner") == "true")
    return xml_response(document(("ListBucketResult", children)))


def _query_of(operation: Operation, marker: str) -> ListQuery:
    request, limits = operation.request, operation.limits
    return ListQuery(
        checked_name(request, "prefix", limits.max_key_bytes),
        checked_name(request, "delimiter", limits.max_key_bytes),
        checked_name(request, marker, limits.max_key_bytes),
        request.integer("max-keys", limits.default_list_keys, 1, limits.max_list_keys),
    )


def _entries(page: ObjectPage, encode: Encoder, now_ms: int, has_owner: bool) -> list[Node]:
    owner: list[Node] = [OWNER] if has_owner else []
    nodes: list[Node] = []
    for listed in page.objects:
        children: list[Node] = [
            ("Key", encode(listed.key)),
            ("LastModified", iso_date(listed.modified_ms)),
            ("ETag", f'"{listed.etag}"'),
            ("Type", listed.kind),
            ("Size", listed.size),
            ("StorageClass", listed.storage_class),
        ]
        if listed.restored_ms:
            children += restore_node(listed, now_ms)
        nodes.append(("Contents", children + owner))
    nodes += [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.common_prefixes]
    return nodes


def _token_of_key(key: str) -> str:
    return base64.b64encode(key.encode()).decode()


def _key_of_token(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_argument(
            "The continuation token is not one this server gave.", "continuation-token", token
        ) from None

"""ListObjects and ListObjectsV2."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import invalid_argument
from hdfs2oss.local_oss.handlers.restore import restore_state
from hdfs2oss.local_oss.handlers.service import OWNER
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, iso_date, url_encoded
from hdfs2oss.local_oss.store.listing import ListQuery, ObjectPage, list_objects
from hdfs2oss.local_oss.store.rows import ListedObject

Encoder = Callable[[str], str]


def list_objects_v1_or_v2(context: Context, request: Request) -> Response:
    """Either list, by `list-type`."""
    kind = request.query.get("list-type", "")
    if kind == "2":
        return _list_v2(context, request)
    if kind:
        raise invalid_argument("The list type is invalid.", "list-type", kind)
    return _list_v1(context, request)


def encoder_of(request: Request) -> Encoder:
    """How keys are written: percent-encoded or as they are."""
    kind = request.query.get("encoding-type", "")
    if kind == "url":
        return url_encoded
    if kind:
        raise invalid_argument("Invalid Encoding Method specified in Request.", "encoding-type", kind)
    return str


def checked_name(request: Request, name: str, max_bytes: int) -> str:
    """A prefix, marker or the like, not longer than a key."""
    value = request.query.get(name, "")
    if len(value.encode()) > max_bytes:
        raise invalid_argument(f"The length of {name} must be at most {max_bytes} bytes.", name)
    return value


def _list_v1(context: Context, request: Request) -> Response:
    encode = encoder_of(request)
    query = _query_of(context, request, "marker")
    page = list_objects(context.store, context.bucket(request), query)
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
    children += _entries(page, encode, context.now_ms(), has_owner=True)
    return xml_response(document(("ListBucketResult", children)))


def _list_v2(context: Context, request: Request) -> Response:
    encode = encoder_of(request)
    query = _query_of(context, request, "start-after")
    start_after = query.after
    token = request.query.get("continuation-token")
    if token:  # some clients send an empty one with the first page
        query = query._replace(after=_key_of_token(token))
    page = list_objects(context.store, context.bucket(request), query)
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
    children += _entries(page, encode, context.now_ms(), has_owner=request.query.get("fetch-owner") == "true")
    return xml_response(document(("ListBucketResult", children)))


def _query_of(context: Context, request: Request, marker: str) -> ListQuery:
    limits = context.limits
    return ListQuery(
        checked_name(request, "prefix", limits.max_key_bytes),
        checked_name(request, "delimiter", limits.max_key_bytes),
        checked_name(request, marker, limits.max_key_bytes),
        request.integer("max-keys", limits.default_list_keys, 1, limits.max_list_keys),
    )


def restore_node(listed: ListedObject, now_ms: int) -> list[Node]:
    """What a list says about a restore, if anything."""
    state = restore_state(listed.restored_ms, listed.restored_until_ms, now_ms)
    return [("RestoreInfo", state)] if state else []


def encoding_node(request: Request) -> list[Node]:
    """How keys are written, if the request says how."""
    kind = request.query.get("encoding-type", "")
    return [("EncodingType", kind)] if kind else []


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

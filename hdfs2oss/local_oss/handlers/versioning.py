"""PutBucketVersioning, GetBucketVersioning, ListObjectVersions."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.lookup import checked_version_id
from hdfs2oss.local_oss.operation.naming import checked_name, encoder_of, encoding_node
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.owner import OWNER
from hdfs2oss.local_oss.operation.restoring import restore_node
from hdfs2oss.local_oss.protocol.errors import invalid_argument, malformed_xml
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, iso_date, parse, text_of
from hdfs2oss.local_oss.store.listing import ListQuery, list_versions
from hdfs2oss.local_oss.store.rows import DELETE_MARKER, ENABLED, SUSPENDED


def put_bucket_versioning(operation: Operation) -> Response:
    """Switch versioning on, or suspend it; it is never off again."""
    root = parse(operation.document(), "VersioningConfiguration")
    status = text_of(root, "Status")
    if status not in (ENABLED, SUSPENDED):
        raise malformed_xml()
    operation.change_bucket(lambda bucket: bucket._replace(versioning=status))
    return Response(200)


def get_bucket_versioning(operation: Operation) -> Response:
    """The state of versioning; nothing for a bucket on which it was never switched on."""
    state = operation.bucket.versioning
    return xml_response(document(("VersioningConfiguration", [("Status", state)] if state else "")))


def list_object_versions(operation: Operation) -> Response:
    """A page of versions and delete markers."""
    request, bucket, limits = operation.request, operation.bucket, operation.limits
    encode = encoder_of(request)
    key_marker = checked_name(request, "key-marker", limits.max_key_bytes)
    version_marker = checked_version_id(request.query.get("version-id-marker", ""))
    if version_marker and not key_marker:
        raise invalid_argument("A version-id marker cannot be specified without a key marker.", "version-id-marker")
    query = ListQuery(
        checked_name(request, "prefix", limits.max_key_bytes),
        checked_name(request, "delimiter", limits.max_key_bytes),
        key_marker,
        request.integer("max-keys", limits.default_list_keys, 1, limits.max_list_keys),
    )
    page = list_versions(operation.store, bucket, query, version_marker)
    children: list[Node] = [
        ("Name", bucket.name),
        ("Prefix", encode(query.prefix)),
        ("KeyMarker", encode(key_marker)),
        ("VersionIdMarker", version_marker),
        ("MaxKeys", query.limit),
        ("Delimiter", encode(query.delimiter)),
        *encoding_node(request),
        ("IsTruncated", page.is_truncated),
    ]
    if page.is_truncated:
        children += [("NextKeyMarker", encode(page.last_key)), ("NextVersionIdMarker", page.last_version_id)]
    for listed, version_id, is_latest in page.versions:
        details: list[Node] = [
            ("Key", encode(listed.key)),
            ("VersionId", version_id),
            ("IsLatest", is_latest),
            ("LastModified", iso_date(listed.modified_ms)),
        ]
        if listed.kind == DELETE_MARKER:
            children.append((DELETE_MARKER, [*details, OWNER]))
            continue
        details += [
            ("ETag", f'"{listed.etag}"'),
            ("Type", listed.kind),
            ("Size", listed.size),
            ("StorageClass", listed.storage_class),
            *restore_node(listed, operation.now_ms()),
            OWNER,
        ]
        children.append(("Version", details))
    children += [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.common_prefixes]
    return xml_response(document(("ListVersionsResult", children)))

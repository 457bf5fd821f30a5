"""ListParts and ListMultipartUploads."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.naming import checked_name, encoder_of, encoding_node
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.owner import OWNER
from hdfs2oss.local_oss.operation.parts import named_upload, parts_of
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, iso_date
from hdfs2oss.local_oss.store.listing import ListQuery
from hdfs2oss.local_oss.store.listing import list_uploads as list_upload_page

_MAX_ENTRIES = 1000


def list_parts(operation: Operation) -> Response:
    """ListParts: a page of parts in order of number."""
    request, bucket = operation.request, operation.bucket
    encode = encoder_of(request)
    upload = named_upload(operation)
    count = request.integer("max-parts", _MAX_ENTRIES, 1, _MAX_ENTRIES)
    after = request.integer("part-number-marker", 0, 0, 1 << 31)
    found = parts_of(operation, upload, after, count + 1)
    page, is_truncated = found[:count], len(found) > count
    children: list[Node] = [
        *encoding_node(request),
        ("Bucket", bucket.name),
        ("Key", encode(request.key)),
        ("UploadId", upload.upload_id),
        ("StorageClass", upload.attributes.storage_class),
        ("PartNumberMarker", after),
        ("NextPartNumberMarker", page[-1].number if page else after),
        ("MaxParts", count),
        ("IsTruncated", is_truncated),
    ]
    for part in page:
        details: list[Node] = [
            ("PartNumber", part.number),
            ("LastModified", iso_date(part.modified_ms)),
            ("ETag", f'"{part.etag}"'),
            ("HashCrc64ecma", str(part.crc64)),
            ("Size", part.size),
        ]
        children.append(("Part", details))
    return xml_response(document(("ListPartsResult", children)))


def list_uploads(operation: Operation) -> Response:
    """ListMultipartUploads: a page of open uploads in order of key, then id."""
    request = operation.request
    encode = encoder_of(request)
    longest = operation.limits.max_key_bytes
    key_marker = checked_name(request, "key-marker", longest)
    upload_id_marker = request.query.get("upload-id-marker", "") if key_marker else ""
    query = ListQuery(
        checked_name(request, "prefix", longest),
        checked_name(request, "delimiter", longest),
        key_marker,
        request.integer("max-uploads", _MAX_ENTRIES, 1, _MAX_ENTRIES),
    )
    page = list_upload_page(operation.store, operation.bucket, query, upload_id_marker)
    children: list[Node] = [
        *encoding_node(request),
        ("Bucket", request.bucket),
        ("KeyMarker", encode(key_marker)),
        ("UploadIdMarker", upload_id_marker),
        ("NextKeyMarker", encode(page.last_key) if page.is_truncated else ""),
        ("NextUploadIdMarker", page.last_upload_id if page.is_truncated else ""),
        ("Delimiter", encode(query.delimiter)),
        ("Prefix", encode(query.prefix)),
        ("MaxUploads", query.limit),
        ("IsTruncated", page.is_truncated),
    ]
    for upload in page.uploads:
        details: list[Node] = [
            ("Key", encode(upload.key)),
            ("UploadId", upload.upload_id),
            OWNER,
            ("StorageClass", upload.attributes.storage_class),
            ("Initiated", iso_date(upload.initiated_ms)),
        ]
        children.append(("Upload", details))
    children += [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.common_prefixes]
    return xml_response(document(("ListMultipartUploadsResult", children)))

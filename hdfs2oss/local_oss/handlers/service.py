"""GetService."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.owner import OWNER, endpoint_nodes
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, iso_date
from hdfs2oss.local_oss.store.rows import Bucket


def list_buckets(operation: Operation) -> Response:
    """GetService: a page of buckets in order of name."""
    request = operation.request
    prefix, marker = request.query.get("prefix", ""), request.query.get("marker", "")
    count = request.integer("max-keys", 100, 1, operation.limits.max_list_keys)
    buckets = [
        bucket for bucket in operation.store.buckets() if bucket.name.startswith(prefix) and bucket.name > marker
    ]
    page, is_truncated = buckets[:count], len(buckets) > count
    children: list[Node] = [OWNER, ("Buckets", [_bucket_node(operation, bucket) for bucket in page])]
    if "prefix" in request.query or "marker" in request.query or "max-keys" in request.query:
        children += [
            ("Prefix", prefix),
            ("Marker", marker),
            ("MaxKeys", count),
            ("IsTruncated", is_truncated),
        ]
        if is_truncated:
            children.append(("NextMarker", page[-1].name))
    return xml_response(document(("ListAllMyBucketsResult", children)))


def _bucket_node(operation: Operation, bucket: Bucket) -> Node:
    return (
        "Bucket",
        [
            ("CreationDate", iso_date(bucket.created_ms)),
            *endpoint_nodes(operation),
            ("Location", f"oss-{operation.region}"),
            ("Name", bucket.name),
            ("Region", operation.region),
            ("StorageClass", bucket.storage_class),
        ],
    )

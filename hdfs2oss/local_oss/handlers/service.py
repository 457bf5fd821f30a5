"""GetService."""

from __future__ import annotations

from hdfs2oss.local_oss.context import OWNER_ID, Context
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, iso_date
from hdfs2oss.local_oss.store.rows import Bucket

OWNER: Node = ("Owner", [("ID", OWNER_ID), ("DisplayName", OWNER_ID)])


def list_buckets(context: Context, request: Request) -> Response:
    """GetService: a page of buckets in order of name."""
    prefix, marker = request.query.get("prefix", ""), request.query.get("marker", "")
    count = request.integer("max-keys", 100, 1, context.limits.max_list_keys)
    buckets = [bucket for bucket in context.store.buckets() if bucket.name.startswith(prefix) and bucket.name > marker]
    page, is_truncated = buckets[:count], len(buckets) > count
    children: list[Node] = [OWNER, ("Buckets", [_bucket_node(context, bucket) for bucket in page])]
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


def _bucket_node(context: Context, bucket: Bucket) -> Node:
    return (
        "Bucket",
        [
            ("CreationDate", iso_date(bucket.created_ms)),
            ("ExtranetEndpoint", f"oss-{context.region}.aliyuncs.com"),
            ("IntranetEndpoint", f"oss-{context.region}-internal.aliyuncs.com"),
            ("Location", f"oss-{context.region}"),
            ("Name", bucket.name),
            ("Region", context.region),
            ("StorageClass", bucket.storage_class),
        ],
    )

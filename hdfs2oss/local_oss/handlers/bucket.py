"""PutBucket, DeleteBucket and what can be asked about a bucket."""

from __future__ import annotations

from hdfs2oss.local_oss.attributes import BUCKET_ACLS, STORAGE_CLASSES, encryption_asked, one_of
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, malformed_xml, no_such_bucket
from hdfs2oss.local_oss.handlers.encryption import encryption_nodes
from hdfs2oss.local_oss.handlers.service import OWNER
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document, iso_date, parse, text_of
from hdfs2oss.local_oss.store.rows import Bucket

_REDUNDANCIES = ("LRS", "ZRS")


def put_bucket(context: Context, request: Request) -> Response:
    """PutBucket. Putting one's own bucket again is well, unless the class asked for is another."""
    storage_class, redundancy = _configuration_of(context, request)
    existing = _existing(context, request.bucket)
    acl = one_of(request, "x-oss-acl", BUCKET_ACLS, existing.acl if existing else "private")
    if existing and storage_class not in ("", existing.storage_class):
        raise OssError(
            409,
            "BucketAlreadyExists",
            "The requested bucket name is not available.",
            {"BucketName": request.bucket},
        )
    if existing:
        bucket = existing._replace(acl=acl)
    else:
        bucket = Bucket(0, request.bucket, context.now_ms(), acl, storage_class or "Standard", redundancy or "LRS")
        bucket = bucket._replace(encryption=tuple(encryption_asked(request).items()))
    context.store.put_bucket(bucket)
    return Response(200, {"Location": f"/{request.bucket}"})


def delete_bucket(context: Context, request: Request) -> Response:
    """DeleteBucket."""
    context.store.delete_bucket(request.bucket)
    return Response(204)


def get_bucket_info(context: Context, request: Request) -> Response:
    """GetBucketInfo."""
    bucket = context.bucket(request)
    return xml_response(
        document(
            (
                "BucketInfo",
                [
                    (
                        "Bucket",
                        [
                            ("AccessMonitor", "Disabled"),
                            ("CreationDate", iso_date(bucket.created_ms)),
                            ("ExtranetEndpoint", f"oss-{context.region}.aliyuncs.com"),
                            ("IntranetEndpoint", f"oss-{context.region}-internal.aliyuncs.com"),
                            ("Location", f"oss-{context.region}"),
                            ("StorageClass", bucket.storage_class),
                            ("TransferAcceleration", "Disabled"),
                            ("CrossRegionReplication", "Disabled"),
                            ("DataRedundancyType", bucket.redundancy),
                            ("Name", bucket.name),
                            ("Comment", ""),
                            OWNER,
                            ("AccessControlList", [("Grant", bucket.acl)]),
                            *([("Versioning", bucket.versioning)] if bucket.versioning else []),
                            ("ServerSideEncryptionRule", encryption_nodes(bucket)),
                            ("BucketPolicy", [("LogBucket", ""), ("LogPrefix", "")]),
                        ],
                    )
                ],
            )
        )
    )


def head_bucket(context: Context, request: Request) -> Response:
    """Whether the bucket is there, and in which region."""
    context.bucket(request)
    return Response(200, {"x-oss-bucket-region": f"oss-{context.region}"})


def get_bucket_location(context: Context, request: Request) -> Response:
    """GetBucketLocation: the root element's text."""
    context.bucket(request)
    return xml_response(document(("LocationConstraint", f"oss-{context.region}")))


def get_bucket_acl(context: Context, request: Request) -> Response:
    """GetBucketAcl."""
    bucket = context.bucket(request)
    return xml_response(document(("AccessControlPolicy", [OWNER, ("AccessControlList", [("Grant", bucket.acl)])])))


def put_bucket_acl(context: Context, request: Request) -> Response:
    """PutBucketAcl."""
    bucket = context.bucket(request)
    context.store.put_bucket(bucket._replace(acl=one_of(request, "x-oss-acl", BUCKET_ACLS, bucket.acl)))
    return Response(200)


def list_live_channels(context: Context, request: Request) -> Response:
    """ListLiveChannel: none, since none can be made here; clients that clean up a bucket ask for them."""
    context.bucket(request)
    return xml_response(
        document(
            (
                "ListLiveChannelResult",
                [
                    ("Prefix", request.query.get("prefix", "")),
                    ("Marker", request.query.get("marker", "")),
                    ("MaxKeys", request.integer("max-keys", 100, 1, context.limits.max_list_keys)),
                    ("IsTruncated", False),
                    ("NextMarker", ""),
                ],
            )
        )
    )


def _existing(context: Context, name: str) -> Bucket | None:
    try:
        return context.store.bucket(name)
    except OssError as error:
        if error.code != no_such_bucket(name).code:
            raise
        return None


def _configuration_of(context: Context, request: Request) -> tuple[str, str]:
    """(storage class, redundancy) asked for, '' where nothing is said."""
    body = request.document(context.limits.max_document_bytes)
    storage_class = request.header("x-oss-storage-class")
    redundancy = ""
    if body.strip():
        root = parse(body, "CreateBucketConfiguration")
        storage_class = text_of(root, "StorageClass") or storage_class
        redundancy = text_of(root, "DataRedundancyType") or ""
    if storage_class and storage_class not in STORAGE_CLASSES:
        raise malformed_xml()
    if redundancy and redundancy not in _REDUNDANCIES:
        raise malformed_xml()
    return storage_class, redundancy

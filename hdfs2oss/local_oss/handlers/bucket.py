"""PutBucket, DeleteBucket and what can be asked about a bucket."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.attributes import BUCKET_ACLS, STORAGE_CLASSES, one_of
from hdfs2oss.local_oss.operation.encryption import encryption_asked, encryption_nodes
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.owner import OWNER, endpoint_nodes
from hdfs2oss.local_oss.protocol.errors import OssError, malformed_xml
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document, iso_date, parse, text_of
from hdfs2oss.local_oss.store.rows import Bucket

_REDUNDANCIES = ("LRS", "ZRS")


def put_bucket(operation: Operation) -> Response:
    """PutBucket. Putting one's own bucket again is well, unless the class asked for is another."""
    request = operation.request
    storage_class, redundancy = _configuration_of(operation)

    def wanted(existing: Bucket | None) -> Bucket:
        acl = one_of(request, "x-oss-acl", BUCKET_ACLS, existing.acl if existing else "private")
        if existing is None:
            made = Bucket(0, request.bucket, operation.now_ms(), acl, storage_class or "Standard", redundancy or "LRS")
            return made._replace(encryption=tuple(encryption_asked(request).items()))
        if storage_class not in ("", existing.storage_class):
            details = {"BucketName": request.bucket}
            raise OssError(409, "BucketAlreadyExists", "The requested bucket name is not available.", details)
        return existing._replace(acl=acl)

    operation.store.put_bucket(request.bucket, wanted)
    return Response(200, {"Location": f"/{request.bucket}"})


def delete_bucket(operation: Operation) -> Response:
    """DeleteBucket."""
    operation.store.delete_bucket(operation.request.bucket)
    return Response(204)


def get_bucket_info(operation: Operation) -> Response:
    """GetBucketInfo."""
    bucket = operation.bucket
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
                            *endpoint_nodes(operation),
                            ("Location", f"oss-{operation.region}"),
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


def head_bucket(operation: Operation) -> Response:
    """Whether the bucket is there, and in which region."""
    operation.require_bucket()
    return Response(200, {"x-oss-bucket-region": f"oss-{operation.region}"})


def get_bucket_location(operation: Operation) -> Response:
    """GetBucketLocation: the root element's text."""
    operation.require_bucket()
    return xml_response(document(("LocationConstraint", f"oss-{operation.region}")))


def get_bucket_acl(operation: Operation) -> Response:
    """GetBucketAcl."""
    bucket = operation.bucket
    return xml_response(document(("AccessControlPolicy", [OWNER, ("AccessControlList", [("Grant", bucket.acl)])])))


def put_bucket_acl(operation: Operation) -> Response:
    """PutBucketAcl."""
    acl = one_of(operation.request, "x-oss-acl", BUCKET_ACLS, operation.bucket.acl)
    operation.change_bucket(lambda bucket: bucket._replace(acl=acl))
    return Response(200)


def list_live_channels(operation: Operation) -> Response:
    """ListLiveChannel: none, since none can be made here; clients that clean up a bucket ask for them."""
    operation.require_bucket()
    request = operation.request
    return xml_response(
        document(
            (
                "ListLiveChannelResult",
                [
                    ("Prefix", request.query.get("prefix", "")),
                    ("Marker", request.query.get("marker", "")),
                    ("MaxKeys", request.integer("max-keys", 100, 1, operation.limits.max_list_keys)),
                    ("IsTruncated", False),
                    ("NextMarker", ""),
                ],
            )
        )
    )


def _configuration_of(operation: Operation) -> tuple[str, str]:
    """(storage class, redundancy) asked for, '' where nothing is said."""
    body = operation.document()
    storage_class = operation.request.header("x-oss-storage-class")
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

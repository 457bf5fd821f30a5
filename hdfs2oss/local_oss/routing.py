"""What carries a request out: one table by level, method and the query names that choose."""

from __future__ import annotations

from hdfs2oss.local_oss.handlers import (
    acl,
    appending,
    bucket,
    configuration,
    copying,
    encryption,
    listing,
    multidelete,
    multipart,
    object,
    part_listing,
    restore,
    service,
    statistics,
    symlink,
    tagging,
    versioning,
)
from hdfs2oss.local_oss.operation.operation import Handler
from hdfs2oss.local_oss.protocol.errors import OssError, not_served
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.subresource import selectors_of

SERVICE, BUCKET, OBJECT = "service", "bucket", "object"
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"})

_HANDLERS: dict[tuple[str, str, str], Handler] = {
    (SERVICE, "GET", ""): service.list_buckets,
    (BUCKET, "PUT", ""): bucket.put_bucket,
    (BUCKET, "DELETE", ""): bucket.delete_bucket,
    (BUCKET, "GET", ""): listing.list_objects_v1_or_v2,
    (BUCKET, "GET", "acl"): bucket.get_bucket_acl,
    (BUCKET, "PUT", "acl"): bucket.put_bucket_acl,
    (BUCKET, "GET", "bucketInfo"): bucket.get_bucket_info,
    (BUCKET, "GET", "live"): bucket.list_live_channels,
    (BUCKET, "GET", "location"): bucket.get_bucket_location,
    (BUCKET, "GET", "stat"): statistics.get_bucket_stat,
    (BUCKET, "GET", "uploads"): part_listing.list_uploads,
    (BUCKET, "HEAD", ""): bucket.head_bucket,
    (BUCKET, "GET", "versioning"): versioning.get_bucket_versioning,
    (BUCKET, "PUT", "versioning"): versioning.put_bucket_versioning,
    (BUCKET, "GET", "versions"): versioning.list_object_versions,
    (BUCKET, "GET", "encryption"): encryption.get_bucket_encryption,
    (BUCKET, "PUT", "encryption"): encryption.put_bucket_encryption,
    (BUCKET, "DELETE", "encryption"): encryption.delete_bucket_encryption,
    (BUCKET, "POST", "delete"): multidelete.delete_objects,
    (OBJECT, "PUT", ""): object.put_object,
    (OBJECT, "GET", ""): object.get_object,
    (OBJECT, "HEAD", ""): object.head_object,
    (OBJECT, "HEAD", "objectMeta"): object.get_object_meta,
    (OBJECT, "DELETE", ""): object.delete_object,
    (OBJECT, "DELETE", "symlink"): object.delete_object,
    (OBJECT, "POST", "restore"): restore.restore_object,
    (OBJECT, "POST", "uploads"): multipart.initiate,
    (OBJECT, "POST", "sequential&uploads"): multipart.initiate,
    (OBJECT, "PUT", "uploadId"): multipart.upload_part,
    (OBJECT, "POST", "uploadId"): multipart.complete,
    (OBJECT, "DELETE", "uploadId"): multipart.abort,
    (OBJECT, "GET", "uploadId"): part_listing.list_parts,
    (OBJECT, "POST", "append"): appending.append_object,
    (OBJECT, "POST", "seal"): appending.seal_appendable,
    (OBJECT, "PUT", "tagging"): tagging.put_tagging,
    (OBJECT, "GET", "tagging"): tagging.get_tagging,
    (OBJECT, "DELETE", "tagging"): tagging.delete_tagging,
    (OBJECT, "PUT", "acl"): acl.put_object_acl,
    (OBJECT, "GET", "acl"): acl.get_object_acl,
    (OBJECT, "PUT", "symlink"): symlink.put_symlink,
    (OBJECT, "GET", "symlink"): symlink.get_symlink,
}

for _name in configuration.KINDS:
    _HANDLERS[BUCKET, "PUT", _name] = configuration.putting(_name)
    _HANDLERS[BUCKET, "GET", _name] = configuration.getting(_name)
    _HANDLERS[BUCKET, "DELETE", _name] = configuration.deleting(_name)

# A PUT that names a source copies it.
_COPIES: dict[str, Handler] = {
    "": copying.copy_object,
    "uploadId": copying.upload_part_copy,
}


def handler_of(request: Request) -> Handler:
    """What carries a request out; 405 for a method nobody knows, 501 for what this server does not serve."""
    if request.method not in _METHODS:
        raise OssError(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            {"Method": request.method},
        )
    level = OBJECT if request.key else BUCKET if request.bucket else SERVICE
    selectors = selectors_of(request.query)
    choice = "&".join(selectors)
    handler = _HANDLERS.get((level, request.method, choice))
    if level == OBJECT and request.method == "PUT" and copying.SOURCE in request.headers:
        handler = _COPIES.get(choice)
    if handler is None:
        what = f"{request.method} on a {level}" + (f" with {', '.join(selectors)}" if selectors else "")
        raise not_served(what)
    return handler

"""PutObjectACL, GetObjectACL."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.operation.attributes import OBJECT_ACLS, one_of
from hdfs2oss.local_oss.operation.headers import version_headers
from hdfs2oss.local_oss.operation.lookup import existing, existing_object, version_of
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.owner import OWNER
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document


def put_object_acl(operation: Operation) -> Response:
    """Set an object's ACL to that of x-oss-object-acl."""
    request = operation.request
    bucket, version_id = operation.bucket, version_of(request)
    acl = one_of(request, "x-oss-object-acl", OBJECT_ACLS, "")
    with operation.writing() as opened:
        found = existing(opened, request.key, version_id)
        changed = replace(found, attributes=replace(found.attributes, acl=acl))
        operation.store.objects.update(opened, changed)
    return Response(200, version_headers(bucket, found))


def get_object_acl(operation: Operation) -> Response:
    """An object's ACL."""
    found = existing_object(operation)
    grant = [("Grant", found.attributes.acl)]
    response = xml_response(document(("AccessControlPolicy", [OWNER, ("AccessControlList", grant)])))
    response.headers |= version_headers(operation.bucket, found)
    return response

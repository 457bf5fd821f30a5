"""PutObjectACL, GetObjectACL."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.attributes import OBJECT_ACLS, one_of
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.handlers.lookup import existing, existing_object, version_headers, version_of
from hdfs2oss.local_oss.handlers.service import OWNER
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document


def put_object_acl(context: Context, request: Request) -> Response:
    """Set an object's ACL to that of x-oss-object-acl."""
    bucket, version_id = context.bucket(request), version_of(request)
    acl = one_of(request, "x-oss-object-acl", OBJECT_ACLS, "")
    with context.store.writing(bucket) as connection:
        found = existing(connection, bucket, request.key, version_id)
        changed = replace(found, attributes=replace(found.attributes, acl=acl))
        context.store.objects.update(connection, bucket, changed)
    return Response(200, version_headers(bucket, found))


def get_object_acl(context: Context, request: Request) -> Response:
    """An object's ACL."""
    found = existing_object(context, request)
    grant = [("Grant", found.attributes.acl)]
    response = xml_response(document(("AccessControlPolicy", [OWNER, ("AccessControlList", grant)])))
    response.headers |= version_headers(context.bucket(request), found)
    return response

"""PutObjectACL, GetObjectACL."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.attributes import OBJECT_ACLS, one_of
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import no_such_key
from hdfs2oss.local_oss.handlers.service import OWNER
from hdfs2oss.local_oss.handlers.tagging import existing_object
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document
from hdfs2oss.local_oss.store.store import find_object


def put_object_acl(context: Context, request: Request) -> Response:
    """Set an object's ACL to that of x-oss-object-acl."""
    bucket = context.bucket(request)
    acl = one_of(request, "x-oss-object-acl", OBJECT_ACLS, "")
    with context.store.writing(bucket) as connection:
        found = find_object(connection, bucket, request.key)
        if found is None:
            raise no_such_key(request.key)
        context.store.put(connection, bucket, replace(found, attributes=replace(found.attributes, acl=acl)))
    return Response(200)


def get_object_acl(context: Context, request: Request) -> Response:
    """An object's ACL."""
    found = existing_object(context, request)
    grant = [("Grant", found.attributes.acl)]
    return xml_response(document(("AccessControlPolicy", [OWNER, ("AccessControlList", grant)])))

"""PutObjectTagging, GetObjectTagging, DeleteObjectTagging."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.attributes import checked_tags
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import malformed_xml, no_such_key
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of
from hdfs2oss.local_oss.store.rows import StoredObject
from hdfs2oss.local_oss.store.store import find_object


def put_tagging(context: Context, request: Request) -> Response:
    """Replace all tags of an object. Neither its date nor its tag changes."""
    root = parse(request.document(context.limits.max_document_bytes), "Tagging")
    tag_set = root.find("TagSet")
    if tag_set is None:
        raise malformed_xml()
    tags = []
    for element in tag_set.findall("Tag"):
        name, value = text_of(element, "Key"), text_of(element, "Value")
        if name is None or value is None:
            raise malformed_xml()
        tags.append((name, value))
    _replace_tags(context, request, checked_tags(tags, context.limits))
    return Response(200)


def get_tagging(context: Context, request: Request) -> Response:
    """All tags of an object."""
    found = existing_object(context, request)
    tags: list[Node] = [("Tag", [("Key", name), ("Value", value)]) for name, value in found.attributes.tags]
    return xml_response(document(("Tagging", [("TagSet", tags)])))


def delete_tagging(context: Context, request: Request) -> Response:
    """Take all tags off an object."""
    _replace_tags(context, request, ())
    return Response(204)


def existing_object(context: Context, request: Request) -> StoredObject:
    """The object a request names, links not followed, else NoSuchKey."""
    found = context.store.find(context.bucket(request), request.key)
    if found is None:
        raise no_such_key(request.key)
    return found


def _replace_tags(context: Context, request: Request, tags: tuple[tuple[str, str], ...]) -> None:
    bucket = context.bucket(request)
    with context.store.writing(bucket) as connection:
        found = find_object(connection, bucket, request.key)
        if found is None:
            raise no_such_key(request.key)
        context.store.put(connection, bucket, replace(found, attributes=replace(found.attributes, tags=tags)))

"""PutObjectTagging, GetObjectTagging, DeleteObjectTagging."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.attributes import checked_tags
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import malformed_xml
from hdfs2oss.local_oss.handlers.lookup import existing, existing_object, version_headers, version_of
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of


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
    return Response(200, _replace_tags(context, request, checked_tags(tags, context.limits)))


def get_tagging(context: Context, request: Request) -> Response:
    """All tags of an object."""
    found = existing_object(context, request)
    tags: list[Node] = [("Tag", [("Key", name), ("Value", value)]) for name, value in found.attributes.tags]
    response = xml_response(document(("Tagging", [("TagSet", tags)])))
    response.headers |= version_headers(context.bucket(request), found)
    return response


def delete_tagging(context: Context, request: Request) -> Response:
    """Take all tags off an object."""
    return Response(204, _replace_tags(context, request, ()))


def _replace_tags(context: Context, request: Request, tags: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Change the tags; gives the headers of the answer."""
    bucket, version_id = context.bucket(request), version_of(request)
    with context.store.writing(bucket) as connection:
        found = existing(connection, bucket, request.key, version_id)
        tagged = replace(found, attributes=replace(found.attributes, tags=tags))
        context.store.objects.update(connection, bucket, tagged)
    return version_headers(bucket, found)

"""PutObjectTagging, GetObjectTagging, DeleteObjectTagging."""

from __future__ import annotations

from dataclasses import replace

from hdfs2oss.local_oss.operation.attributes import checked_tags
from hdfs2oss.local_oss.operation.headers import version_headers
from hdfs2oss.local_oss.operation.lookup import existing, existing_object, version_of
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.errors import malformed_xml
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of


def put_tagging(operation: Operation) -> Response:
    """Replace all tags of an object. Neither its date nor its tag changes."""
    root = parse(operation.document(), "Tagging")
    tag_set = root.find("TagSet")
    if tag_set is None:
        raise malformed_xml()
    tags = []
    for element in tag_set.findall("Tag"):
        name, value = text_of(element, "Key"), text_of(element, "Value")
        if name is None or value is None:
            raise malformed_xml()
        tags.append((name, value))
    return Response(200, _replace_tags(operation, checked_tags(tags, operation.limits)))


def get_tagging(operation: Operation) -> Response:
    """All tags of an object."""
    found = existing_object(operation)
    tags: list[Node] = [("Tag", [("Key", name), ("Value", value)]) for name, value in found.attributes.tags]
    response = xml_response(document(("Tagging", [("TagSet", tags)])))
    response.headers |= version_headers(operation.bucket, found)
    return response


def delete_tagging(operation: Operation) -> Response:
    """Take all tags off an object."""
    return Response(204, _replace_tags(operation, ()))


def _replace_tags(operation: Operation, tags: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Change the tags; gives the headers of the answer."""
    bucket, version_id = operation.bucket, version_of(operation.request)
    with operation.writing() as opened:
        found = existing(opened, operation.request.key, version_id)
        tagged = replace(found, attributes=replace(found.attributes, tags=tags))
        operation.store.objects.update(opened, tagged)
    return version_headers(bucket, found)

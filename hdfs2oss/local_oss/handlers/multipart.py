"""InitiateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload."""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise
from typing import NamedTuple

from hdfs2oss.local_oss.operation.attributes import attributes_asked, with_acl
from hdfs2oss.local_oss.operation.callback import callback_failed, wants_callback
from hdfs2oss.local_oss.operation.encryption import ENCRYPTION_HEADERS, encryption_echo
from hdfs2oss.local_oss.operation.headers import integrity_headers, version_headers
from hdfs2oss.local_oss.operation.lookup import refuse_overwrite
from hdfs2oss.local_oss.operation.naming import encoder_of, encoding_node
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.operation.parts import check_order, named_upload, part_number_of, whole_md5
from hdfs2oss.local_oss.operation.receiving import content_md5, invalid_digest, received_body
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument, malformed_xml
from hdfs2oss.local_oss.protocol.limits import Limits
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of
from hdfs2oss.local_oss.store.etag import multipart_tag, tag_of
from hdfs2oss.local_oss.store.rows import MULTIPART, Part, StoredObject, Upload
from hdfs2oss.local_oss.store.uploads import find_parts, find_upload, new_upload_id
from hdfs2oss.rules.checksum import compose_crc64


class NamedPart(NamedTuple):
    """A part as a completing request names it."""

    number: int
    etag: str


def initiate(operation: Operation) -> Response:
    """InitiateMultipartUpload. The attributes of the object are fixed here."""
    request, bucket = operation.request, operation.bucket
    encode = encoder_of(request)
    attributes = attributes_asked(operation)
    with operation.reading() as opened:
        refuse_overwrite(opened, request)
    is_sequential = "sequential" in request.query
    upload = Upload(request.key, new_upload_id(), operation.now_ms(), attributes, is_sequential)
    with operation.writing() as opened:
        operation.store.uploads.begin(opened, upload)
    children: list[Node] = [
        *encoding_node(request),
        ("Bucket", bucket.name),
        ("Key", encode(request.key)),
        ("UploadId", upload.upload_id),
    ]
    response = xml_response(document(("InitiateMultipartUploadResult", children)))
    response.headers |= encryption_echo(attributes)
    return response


def upload_part(operation: Operation) -> Response:
    """UploadPart. The same number again replaces the part."""
    operation.require_bucket()
    number = part_number_of(operation)
    _refuse_encryption(operation.request)
    upload = named_upload(operation)
    check_order(operation, upload, number)
    with received_body(operation) as received:
        part = Part(number, tag_of(received), received.crc64, received.size, operation.now_ms(), 0)
        with operation.writing() as opened:
            operation.store.uploads.put_part(opened, upload, part, received)
    headers = {"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc64)}
    if received.md5 is not None:
        headers["Content-MD5"] = base64.b64encode(received.md5).decode()
    return Response(200, headers | encryption_echo(upload.attributes))


def complete(operation: Operation) -> Response:
    """CompleteMultipartUpload: all parts named become one object, the others go.

    Without parts, naming none, the object is empty. It has the ACL named here, else that of the beginning.
    """
    request, bucket = operation.request, operation.bucket
    encode = encoder_of(request)
    is_called_back = wants_callback(request)
    _refuse_encryption(request)
    stored = _join(operation, _named_parts(operation))
    children: list[Node] = [
        *encoding_node(request),
        ("Location", f"http://{request.header('host')}/{bucket.name}/{encode(request.key)}"),
        ("Bucket", bucket.name),
        ("Key", encode(request.key)),
        ("ETag", f'"{stored.etag}"'),
    ]
    response = xml_response(document(("CompleteMultipartUploadResult", children)))
    response.headers |= integrity_headers(stored) | encryption_echo(stored.attributes)
    response.headers |= version_headers(bucket, stored)
    return callback_failed(request, response) if is_called_back else response


def abort(operation: Operation) -> Response:
    """AbortMultipartUpload: the parts go."""
    request = operation.request
    with operation.writing() as opened:
        upload = find_upload(opened, request.key, request.query["uploadId"])
        operation.store.uploads.close(opened, upload, find_parts(opened, upload))
    return Response(204)


def _join(operation: Operation, named: list[NamedPart] | None) -> StoredObject:
    """Make the object of the parts named, or of all, and forget the upload."""
    request, store = operation.request, operation.store
    digested, md5 = whole_md5(operation, named_upload(operation))
    with operation.writing() as opened:
        upload = find_upload(opened, request.key, request.query["uploadId"])
        parts = find_parts(opened, upload)
        if named == [] and parts:
            raise malformed_xml()
        chosen = parts if named is None else _choose(named, parts)
        _check_sizes(chosen, operation.limits)
        refuse_overwrite(opened, request)
        kept = {part.number for part in chosen}
        body = store.bodies.join(opened.connection, ((part.body, part.size) for part in chosen))
        store.uploads.close(opened, upload, [part for part in parts if part.number not in kept])
        stored = StoredObject(
            key=request.key,
            kind=MULTIPART,
            size=sum(part.size for part in chosen),
            etag=multipart_tag(part.etag for part in chosen),
            crc64=compose_crc64((part.crc64, part.size) for part in chosen),
            md5=md5 if chosen == digested else "",
            modified_ms=operation.now_ms(),
            attributes=with_acl(request, upload.attributes),
            body=body,
        )
        return store.objects.put(opened, stored)


def _refuse_encryption(request: Request) -> None:
    if ENCRYPTION_HEADERS[0] in request.headers:
        raise invalid_argument("Encryption is chosen when an upload is initiated.", ENCRYPTION_HEADERS[0])


def _named_parts(operation: Operation) -> list[NamedPart] | None:
    """The parts the body names; None for all that were uploaded (x-oss-complete-all)."""
    body = operation.document()
    digest = content_md5(operation.request)
    if digest is not None and hashlib.md5(body).digest() != digest:
        raise invalid_digest(operation.request)
    complete_all = operation.request.header("x-oss-complete-all")
    if complete_all:
        if complete_all != "yes":
            raise invalid_argument("x-oss-complete-all must be yes.", "x-oss-complete-all", complete_all)
        if body:
            message = "Should not speficy both complete all header and http body."  # the service's own spelling
            raise OssError(400, "InvalidArgument", message, number="0042-00000216")
        return None
    root = parse(body, "CompleteMultipartUpload")
    named = []
    for element in root.findall("Part"):
        number, etag = natural((text_of(element, "PartNumber") or "").strip()), text_of(element, "ETag")
        if number is None or not etag:
            raise malformed_xml()
        named.append(NamedPart(number, etag.strip().strip('"').upper()))
    numbers = [part.number for part in named]
    is_ascending = all(first < second for first, second in pairwise(numbers))
    if not is_ascending or not all(1 <= number <= operation.limits.max_parts for number in numbers):
        raise OssError(
            400,
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts list must be specified in order by part number.",
        )
    return named


def _choose(named: list[NamedPart], parts: list[Part]) -> list[Part]:
    by_number = {part.number: part for part in parts}
    chosen = []
    for number, etag in named:
        part = by_number.get(number)
        if part is None or part.etag != etag:
            raise OssError(
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found "
                "or the specified entity tag might not have matched the part's entity tag.",
                {"PartNumber": str(number), "ETag": etag},
            )
        chosen.append(part)
    return chosen


def _check_sizes(parts: list[Part], limits: Limits) -> None:
    smallest = limits.min_part_bytes
    for part in parts[:-1]:
        if part.size < smallest:
            raise OssError(
                400,
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size.",
                {
                    "MinSizeAllowed": str(smallest),
                    "ProposedSize": str(part.size),
                    "PartNumber": str(part.number),
                },
            )
    if sum(part.size for part in parts) > limits.max_object_bytes:
        raise OssError(400, "EntityTooLarge", "The completed object exceeds the maximum allowed size.")

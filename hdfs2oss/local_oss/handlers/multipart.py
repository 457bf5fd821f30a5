"""InitiateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import NamedTuple

from hdfs2oss.local_oss.attributes import ENCRYPTION_HEADERS, attributes_of_request
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, invalid_argument, malformed_xml
from hdfs2oss.local_oss.etag import multipart_tag, tag_of
from hdfs2oss.local_oss.handlers.callback import callback_failed, wants_callback
from hdfs2oss.local_oss.handlers.listing import encoder_of
from hdfs2oss.local_oss.handlers.lookup import refuse_overwrite, version_headers
from hdfs2oss.local_oss.handlers.object import encryption_echo, integrity_headers, with_body
from hdfs2oss.local_oss.handlers.sequential import check_order, whole_md5
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of
from hdfs2oss.local_oss.receiving import content_md5, invalid_digest, received_body
from hdfs2oss.local_oss.store.rows import MULTIPART, Part, StoredObject, Upload
from hdfs2oss.local_oss.store.uploads import find_parts, find_upload, new_upload_id
from hdfs2oss.rules.checksum import compose_crc64


class NamedPart(NamedTuple):
    """A part as a completing request names it."""

    number: int
    etag: str


def initiate(context: Context, request: Request) -> Response:
    """InitiateMultipartUpload. The attributes of the object are fixed here."""
    bucket = context.bucket(request)
    encode = encoder_of(request)
    attributes = attributes_of_request(request, bucket, context.limits)
    with context.store.index.reading() as connection:
        refuse_overwrite(connection, bucket, request)
    is_sequential = "sequential" in request.query
    upload = Upload(request.key, new_upload_id(), context.now_ms(), attributes, is_sequential)
    context.uploads.open(bucket, upload)
    children: list[Node] = [
        ("Bucket", bucket.name),
        ("Key", encode(request.key)),
        ("UploadId", upload.upload_id),
    ]
    if request.query.get("encoding-type"):
        children.insert(0, ("EncodingType", "url"))
    response = xml_response(document(("InitiateMultipartUploadResult", children)))
    response.headers |= encryption_echo(attributes)
    return response


def upload_part(context: Context, request: Request) -> Response:
    """UploadPart. The same number again replaces the part."""
    bucket = context.bucket(request)
    number = part_number_of(context, request)
    _refuse_encryption(request)
    upload = context.uploads.find(bucket, request.key, request.query["uploadId"])
    check_order(context, bucket, upload, number)
    with received_body(context, request) as received:
        part = Part(number, tag_of(received), received.crc64, received.size, context.now_ms(), 0)
        context.uploads.put_part(bucket, upload, part, received)
    headers = {"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc64)}
    return Response(200, headers | encryption_echo(upload.attributes))


def complete(context: Context, request: Request) -> Response:
    """CompleteMultipartUpload: all parts named become one object, the others go."""
    bucket = context.bucket(request)
    encode = encoder_of(request)
    upload_id = request.query["uploadId"]
    is_called_back = wants_callback(request)
    _refuse_encryption(request)
    named = _named_parts(context, request)
    digested, md5 = whole_md5(context, bucket, context.uploads.find(bucket, request.key, upload_id))
    with context.store.writing(bucket) as connection:
        upload = find_upload(connection, bucket, request.key, upload_id)
        parts = find_parts(connection, upload_id)
        chosen = parts if named is None else _choose(named, parts)
        _check_sizes(context, chosen)
        refuse_overwrite(connection, bucket, request)
        stored = StoredObject(
            key=request.key,
            kind=MULTIPART,
            size=sum(part.size for part in chosen),
            etag=multipart_tag(part.etag for part in chosen),
            crc64=compose_crc64((part.crc64, part.size) for part in chosen),
            md5=md5 if chosen == digested else "",
            modified_ms=context.now_ms(),
            attributes=upload.attributes,
        )
        body = context.store.bodies.join(connection, ((part.body, part.size) for part in chosen))
        kept = {part.number for part in chosen}
        unused = [part for part in parts if part.number not in kept]
        context.uploads.close(connection, bucket, upload, unused)
        stored = context.store.objects.put(connection, bucket, with_body(stored, body))
    children: list[Node] = [
        ("Location", f"http://{request.header('host')}/{bucket.name}/{encode(request.key)}"),
        ("Bucket", bucket.name),
        ("Key", encode(request.key)),
        ("ETag", f'"{stored.etag}"'),
    ]
    if request.query.get("encoding-type"):
        children.insert(0, ("EncodingType", "url"))
    response = xml_response(document(("CompleteMultipartUploadResult", children)))
    response.headers |= integrity_headers(stored) | encryption_echo(stored.attributes)
    response.headers |= version_headers(bucket, stored)
    return callback_failed(request, response) if is_called_back else response


def abort(context: Context, request: Request) -> Response:
    """AbortMultipartUpload: the parts go."""
    bucket = context.bucket(request)
    upload_id = request.query["uploadId"]
    with context.store.writing(bucket) as connection:
        upload = find_upload(connection, bucket, request.key, upload_id)
        context.uploads.close(connection, bucket, upload, find_parts(connection, upload_id))
    return Response(204)


def part_number_of(context: Context, request: Request) -> int:
    """The part number of a request, else InvalidArgument."""
    if not request.query.get("partNumber"):
        raise OssError(400, "MissingArgument", "Missing required argument.", {"ArgumentName": "partNumber"})
    return request.integer("partNumber", 0, 1, context.limits.max_parts)


def _refuse_encryption(request: Request) -> None:
    if ENCRYPTION_HEADERS[0] in request.headers:
        raise invalid_argument("Encryption is chosen when an upload is initiated.", ENCRYPTION_HEADERS[0])


def _named_parts(context: Context, request: Request) -> list[NamedPart] | None:
    """The parts the body names; None for all that were uploaded (x-oss-complete-all)."""
    body = request.document(context.limits.max_document_bytes)
    digest = content_md5(request)
    if digest is not None and hashlib.md5(body).digest() != digest:
        raise invalid_digest(request)
    complete_all = request.header("x-oss-complete-all")
    if complete_all:
        if complete_all != "yes" or body:
            raise invalid_argument(
                "With x-oss-complete-all: yes the body must be empty.", "x-oss-complete-all", complete_all
            )
        return None
    root = parse(body, "CompleteMultipartUpload")
    named = []
    for element in root.findall("Part"):
        number, etag = text_of(element, "PartNumber") or "", text_of(element, "ETag") or ""
        if not (number.strip().isascii() and number.strip().isdigit() and len(number.strip()) < 10 and etag):
            raise malformed_xml()
        named.append(NamedPart(int(number), etag.strip().strip('"').upper()))
    if not named:
        raise malformed_xml()
    numbers = [part.number for part in named]
    is_ascending = all(first < second for first, second in pairwise(numbers))
    if not is_ascending or numbers[0] < 1 or numbers[-1] > context.limits.max_parts:
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


def _check_sizes(context: Context, parts: list[Part]) -> None:
    if not parts:
        raise OssError(400, "InvalidPart", "The upload has no parts.")
    smallest = context.limits.min_part_bytes
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
    if sum(part.size for part in parts) > context.limits.max_object_bytes:
        raise OssError(400, "EntityTooLarge", "The completed object exceeds the maximum allowed size.")

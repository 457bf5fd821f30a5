"""Multipart uploads: an object sent as parts, in any order and from several machines."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from ...model.errors import CorruptData, StoreError
from ...model.values import StoredPart
from ...rules.checksum import compose_crc64
from ..base import Stored
from .answers import refuse_other_bytes, stated_crc64, stated_etag, stored_object
from .client import OssClient, key_of
from .errors import UploadMissing
from .objects import find_object, look_at, object_headers, removing_damage


def begin(client: OssClient, path: str, metadata: Mapping[str, str]) -> str:
    """Open an upload and give its id; the metadata is fixed from here on."""
    what = f"begin the upload of {path}"
    headers = object_headers(metadata)
    _, document = client.post(what, key_of(path), {"uploads": ""}, "InitiateMultipartUploadResult", headers)
    upload_id = document.findtext("{*}UploadId")
    if not upload_id:
        raise StoreError(f"cannot {what}: the store gave no upload id")
    return upload_id


def put_part(client: OssClient, path: str, upload_id: str, number: int, data: bytes) -> StoredPart:
    """Send one part, compared by CRC-64."""
    params = {"partNumber": str(number), "uploadId": upload_id}
    response, checksum = client.send(f"part {number} of {path}", key_of(path), data, params)
    return StoredPart(number, stated_etag(response), checksum, len(data))


def complete(client: OssClient, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
    """Publish the parts. A lost answer makes the next try meet an upload that is gone; then the object is asked."""
    key = key_of(path)
    ordered = sorted(parts, key=lambda part: part.number)
    expected = compose_crc64((part.crc64, part.length) for part in ordered)
    length = sum(part.length for part in ordered)
    what, body = f"complete the upload of {path}", _complete_body(ordered)
    try:
        response, _ = client.post(what, key, {"uploadId": upload_id}, "CompleteMultipartUploadResult", data=body)
    except UploadMissing:
        there = find_object(client, path, key)
        stored = None if there is None else stored_object(there, path)
        if stored is None or (stored.length, stored.crc64) != (length, expected):
            raise
        return stored
    value = stated_crc64(response)
    if value is not None:
        damaged: set[str] = set()
        with removing_damage(client, path, key, damaged):
            refuse_other_bytes(path, response, expected, damaged)
        return Stored(length, stated_etag(response), crc64=value)
    stored = stored_object(look_at(client, path, key), path)
    if stored.length != length:
        raise CorruptData(f"{path} holds {stored.length} bytes after {length} were sent")
    return stored


def abort(client: OssClient, path: str, upload_id: str) -> None:
    """Drop an upload and its parts; one that is gone is fine."""
    try:
        client.call(f"drop the upload of {path}", "DELETE", key_of(path), {"uploadId": upload_id})
    except UploadMissing:
        return


def _complete_body(parts: list[StoredPart]) -> bytes:
    rows = "".join(
        f'<Part><PartNumber>{part.number}</PartNumber><ETag>"{escape(part.etag)}"</ETag></Part>' for part in parts
    )
    return f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()

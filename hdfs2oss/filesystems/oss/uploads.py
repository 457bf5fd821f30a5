"""Multipart uploads: an object sent as parts, in any order and from several machines."""

from __future__ import annotations

import email.utils
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import unquote
from xml.sax.saxutils import escape

from ...model.errors import CorruptData, StoreError, Unreachable
from ...model.values import StoredPart
from ...rules.checksum import compose_crc64
from ..base import OpenUpload, Stored
from ..body import Body
from .answers import document_of, refuse_other_bytes, stated_crc64, stated_etag, stored_object
from .client import OssClient, key_of
from .errors import UploadMissing
from .objects import find_object, look_at, object_headers, removing_damage
from .response import OssResponse


def begin(
    client: OssClient, path: str, metadata: Mapping[str, str], more_headers: Mapping[str, str] | None = None
) -> str:
    """Open an upload and give its id; the metadata is fixed from here on."""
    what = f"begin the upload of {path}"
    headers = {**object_headers(metadata), **(more_headers or {})}
    started, tries = time.monotonic(), 0

    def once() -> tuple[OssResponse, ET.Element]:
        nonlocal tries
        tries += 1
        response = client.request(what, "POST", key_of(path), {"uploads": ""}, headers)
        tries += response.is_repeated
        return response, document_of(response.read_whole(), "InitiateMultipartUploadResult", what)

    client.traffic.wrote()
    response, document = client.again(once)
    upload_id = document.findtext("{*}UploadId")
    if not upload_id:
        raise StoreError(f"cannot {what}: the store gave no upload id")
    if tries > 1:
        _drop_others(client, path, upload_id, _answered_ms(response) - round(1000 * (time.monotonic() - started)))
    return upload_id


def list_open(client: OssClient, path: str) -> list[OpenUpload]:
    """The open uploads of the object `path` and of those below it."""
    what, key = f"list the uploads of {path}", key_of(path)
    params = {"uploads": "", "prefix": key, "encoding-type": "url", "max-uploads": "1000"}
    found: list[OpenUpload] = []
    while True:
        page = client.ask(what, "", dict(params), "ListMultipartUploadsResult")
        for one in page.iterfind("{*}Upload"):
            name = unquote(one.findtext("{*}Key") or "")
            if name == key or not key or name.startswith(key + "/"):
                found.append(OpenUpload(f"/{name}", one.findtext("{*}UploadId") or "", _begun_ms(one, what)))
        if page.findtext("{*}IsTruncated") == "false":
            return found
        markers = [page.findtext(f"{{*}}Next{name}Marker") or "" for name in ("Key", "UploadId")]
        if page.findtext("{*}IsTruncated") != "true" or not markers[0]:
            raise Unreachable(
                f"cannot {what}: a page does not say what follows", "Check that the endpoint is one of OSS."
            )
        params["key-marker"], params["upload-id-marker"] = unquote(markers[0]), markers[1]


def put_part(client: OssClient, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
    """Send one part, compared by CRC-64."""
    params = {"partNumber": str(number), "uploadId": upload_id}
    response, checksum = client.send(f"part {number} of {path}", key_of(path), body, params)
    return StoredPart(number, stated_etag(response), checksum, body.size)


def complete(
    client: OssClient, path: str, upload_id: str, parts: list[StoredPart], whole_crc64: int | None = None
) -> Stored:
    """Publish the parts. A lost answer makes the next try meet an upload that is gone; then the object is asked.

    `whole_crc64` is the CRC-64 of the whole, where that is known otherwise than by its parts.
    """
    key = key_of(path)
    ordered = sorted(parts, key=lambda part: part.number)
    expected = compose_crc64((part.crc64, part.length) for part in ordered) if whole_crc64 is None else whole_crc64
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
    found, damaged = look_at(client, path, key), set[str]()
    stored = stored_object(found, path)
    if stored.length != length:
        raise CorruptData(f"{path} holds {stored.length} bytes after {length} were sent")
    if stored.etag == stated_etag(response):
        with removing_damage(client, path, key, damaged):
            refuse_other_bytes(path, found, expected, damaged)
    return stored


def abort(client: OssClient, path: str, upload_id: str) -> None:
    """Drop an upload and its parts; one that is gone is fine."""
    try:
        client.call(f"drop the upload of {path}", "DELETE", key_of(path), {"uploadId": upload_id})
    except UploadMissing:
        return


def _drop_others(client: OssClient, path: str, upload_id: str, since_ms: int) -> None:
    """Answers to our earlier tries were lost: what they began, by the clock of the store, nobody else knows of."""
    with suppress(StoreError):
        for one in list_open(client, path):
            if one.path == f"/{key_of(path)}" and one.upload_id != upload_id and one.begun_ms >= since_ms:
                abort(client, path, one.upload_id)


def _answered_ms(response: OssResponse) -> int:
    """The store's clock, to the second, at the end of a request; without one nothing counts as ours."""
    text = response.headers.get("Date") or ""
    return int(email.utils.parsedate_to_datetime(text).timestamp()) * 1000 - 1000 if text else sys.maxsize


def _begun_ms(upload: ET.Element, what: str) -> int:
    text = upload.findtext("{*}Initiated") or ""
    try:
        return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        raise StoreError(f"cannot {what}: a page holds the odd time {text!r}") from None


def _complete_body(parts: list[StoredPart]) -> bytes:
    rows = "".join(
        f'<Part><PartNumber>{part.number}</PartNumber><ETag>"{escape(part.etag)}"</ETag></Part>' for part in parts
    )
    return f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()

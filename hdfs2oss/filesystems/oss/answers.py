"""What an answer states of an object: its length, ETag, time and CRC-64."""

from __future__ import annotations

import email.utils
import xml.etree.ElementTree as ET

from ...model.attributes import NOTHING, Attributes, decode
from ...model.errors import CorruptData, StoreError, Unreachable
from ..base import Stored
from .response import OssResponse

# Object metadata with this name, behind `x-oss-meta-`, is a line of attributes.
ATTRIBUTES = "hdfs2oss-attributes"


def content_length(response: OssResponse, path: str) -> int:
    """The length an answer states. Raises CorruptData when it states none."""
    text = response.headers.get("Content-Length") or ""
    if not text.isdigit():
        response.discard()
        raise CorruptData(f"the store does not say how long {path} is")
    return int(text)


def stated_crc64(response: OssResponse) -> int | None:
    """The CRC-64 an answer states for the whole object or part."""
    text = response.headers.get("x-oss-hash-crc64ecma") or ""
    return int(text) if text.isdigit() else None


def stated_etag(response: OssResponse) -> str:
    """The ETag without its quotes, or ""."""
    return (response.headers.get("ETag") or "").strip('"')


def modified_ms(response: OssResponse) -> int:
    """When the object was written, or -1."""
    text = response.headers.get("Last-Modified") or ""
    return int(email.utils.parsedate_to_datetime(text).timestamp()) * 1000 if text else -1


def stated_attributes(response: OssResponse, path: str) -> Attributes:
    """The attributes kept with an object; NOTHING where there are none. Raises StoreError for what is no such line."""
    line = response.headers.get(f"x-oss-meta-{ATTRIBUTES}")
    try:
        return decode(line) if line else NOTHING
    except ValueError as error:
        raise StoreError(f"what is kept with {path} cannot be read: {error}") from None


def stored_object(response: OssResponse, path: str) -> Stored:
    """What the store holds, from the answer to a HEAD."""
    return Stored(content_length(response, path), stated_etag(response), modified_ms(response), stated_crc64(response))


def refuse_other_bytes(what: str, response: OssResponse, expected: int, damaged: set[str] | None = None) -> None:
    """Raise CorruptData when the store states another CRC-64, and keep the ETag of what it holds in `damaged`."""
    stored = stated_crc64(response)
    if stored is not None and stored != expected:
        if damaged is not None and (etag := stated_etag(response)):
            damaged.add(etag)
        raise CorruptData(f"{what} arrived as other bytes: CRC-64 {stored:016X} instead of {expected:016X}")


def document_of(body: bytes, root: str, what: str) -> ET.Element:
    """An XML document that is whole: its root is closed and bears the right name. Raises Unreachable.

    Whatever else comes with a success (half a document, the page of a portal) is no answer of the store.
    """
    try:
        document = ET.fromstring(body)
    except ET.ParseError as error:
        raise Unreachable(f"cannot {what}: the answer is not whole: {error}") from None
    if document.tag.rpartition("}")[2] != root:
        raise Unreachable(
            f"cannot {what}: the answer is a {document.tag}, not a {root}", "Check that the endpoint is one of OSS."
        )
    return document

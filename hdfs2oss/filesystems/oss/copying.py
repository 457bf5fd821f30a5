"""Copies within a bucket, made by the store: no byte travels. The copy has the metadata, tags and class of the object.

    up to 1 GB    CopyObject
    above         an upload whose parts are copied ranges; OSS copies no more at once

Either way the version that was looked at is copied, and the CRC-64 that the store states of the copy, where it states
one, is that of the original.
"""

from __future__ import annotations

from ...model.errors import CorruptData, Interrupted, StoreError
from ...model.units import MIB
from ...model.values import StoredPart
from ..base import Stored
from . import uploads
from .answers import (
    content_length,
    refuse_other_bytes,
    stated_crc64,
    stated_etag,
    stored_object,
)
from .client import OssClient, key_of
from .notes import keep, read_tags
from .objects import COPY_SOURCE, META, copy_answer, copy_source, look_at, removing_damage
from .response import OssResponse

MOST_AT_ONCE_BYTES = 1000**3
_SMALLEST_RANGE_BYTES = 256 * MIB
_MOST_PARTS = 10_000
_CLASS = "x-oss-storage-class"


def copy_object(
    client: OssClient,
    path: str,
    new_path: str,
    most_at_once_bytes: int = MOST_AT_ONCE_BYTES,
    smallest_range_bytes: int = _SMALLEST_RANGE_BYTES,
) -> Stored:
    """Copy the object `path` (as it is now) to `new_path`, replacing one there. Raises NotFound, CorruptData."""
    return copy_key(client, key_of(path), key_of(new_path), most_at_once_bytes, smallest_range_bytes)


def copy_key(
    client: OssClient,
    key: str,
    new_key: str,
    most_at_once_bytes: int = MOST_AT_ONCE_BYTES,
    smallest_range_bytes: int = _SMALLEST_RANGE_BYTES,
) -> Stored:
    """The same by keys, so for markers (`a/`) too."""
    source = look_at(client, f"/{key}", key)
    if content_length(source, f"/{key}") <= most_at_once_bytes:
        return _copy_at_once(client, key, new_key, source)
    return _copy_by_ranges(client, key, new_key, source, smallest_range_bytes)


def copy_range(
    client: OssClient, path: str, etag: str, offset: int, size: int, upload: tuple[str, str, int]
) -> StoredPart:
    """The bytes [offset, offset + size) of the object `path`, in the version `etag`, as a part of an upload.

    `upload` is (path, upload id, part number). The part's CRC-64 is what the store states; raises StoreError without.
    """
    part, checksum = _copy_range(client, path, etag, offset, size, upload)
    if checksum is None:
        raise StoreError(f"the store does not state the CRC-64 of part {upload[2]} of {upload[0]}, copied from {path}")
    return part


def _copy_range(
    client: OssClient, path: str, etag: str, offset: int, size: int, upload: tuple[str, str, int]
) -> tuple[StoredPart, int | None]:
    """The part, and its CRC-64 where the store states one."""
    new_path, upload_id, number = upload
    what = f"copy bytes {offset} to {offset + size} of {path} to part {number} of {new_path}"
    params = {"partNumber": str(number), "uploadId": upload_id}
    headers = {**copy_source(client, key_of(path), etag), COPY_SOURCE + "-range": f"bytes={offset}-{offset + size - 1}"}
    client.traffic.wrote()
    response, tag = client.again(copy_answer(client, what, key_of(new_path), headers, "CopyPartResult", params))
    checksum = stated_crc64(response)
    return StoredPart(number, tag, checksum or 0, size), checksum


def _copy_at_once(client: OssClient, key: str, new_key: str, source: OssResponse) -> Stored:
    headers = {**copy_source(client, key, stated_etag(source)), **_class_of(source)}
    what = f"copy /{key} to /{new_key}"
    client.traffic.wrote()
    damaged: set[str] = set()
    expected = stated_crc64(source)
    with removing_damage(client, f"/{new_key}", new_key, damaged):
        response, tag = client.again(copy_answer(client, what, new_key, headers, "CopyObjectResult"))
        if expected is not None:
            refuse_other_bytes(f"/{new_key}", response, expected, damaged)
    if stated_crc64(response) is not None and tag:
        return Stored(content_length(source, f"/{key}"), tag, crc64=stated_crc64(response))
    return _look_again(client, new_key, source)


def _copy_by_ranges(
    client: OssClient, key: str, new_key: str, source: OssResponse, smallest_range_bytes: int
) -> Stored:
    path, new_path, etag = f"/{key}", f"/{new_key}", stated_etag(source)
    length = content_length(source, path)
    metadata = {
        name[len(META) :].lower(): value for name, value in source.headers.items() if name.lower().startswith(META)
    }
    step = max(smallest_range_bytes, -(-length // _MOST_PARTS))
    upload_id = uploads.begin(client, new_path, metadata, _class_of(source))
    try:
        copied = [
            _copy_range(client, path, etag, offset, min(step, length - offset), (new_path, upload_id, number))
            for number, offset in enumerate(range(0, length, step), 1)
        ]
        stored = uploads.complete(client, new_path, upload_id, [part for part, _ in copied], stated_crc64(source))
    except (StoreError, Interrupted):
        uploads.abort(client, new_path, upload_id)
        raise
    tags = read_tags(client, path)
    if tags:
        keep(client, new_path, tags)
    return stored


def _look_again(client: OssClient, new_key: str, source: OssResponse) -> Stored:
    found = look_at(client, f"/{new_key}", new_key)
    stored, original = stored_object(found, f"/{new_key}"), stored_object(source, "the original")
    if stored.length != original.length or (stored.crc64 is not None and stored.crc64 != original.crc64):
        raise CorruptData(f"/{new_key} holds other bytes than what it was copied from")
    return stored


def _class_of(source: OssResponse) -> dict[str, str]:
    storage_class = source.headers.get(_CLASS) or ""
    return {_CLASS: storage_class} if storage_class else {}

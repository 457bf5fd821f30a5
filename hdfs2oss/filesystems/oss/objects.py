"""One object: looked for, written whole, and removed when what was published is damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import quote

from ...model.errors import AlreadyExists, NotFound, StoreError
from ...rules.checksum import crc64
from ..base import Stored
from ..body import body_of
from .answers import document_of, refuse_other_bytes, stated_crc64, stated_etag, stored_object
from .client import UNANSWERED, OssClient
from .errors import BucketMissing
from .response import OssResponse

META = "x-oss-meta-"
COPY_SOURCE = "x-oss-copy-source"


def object_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """The headers that an object of bytes is written with."""
    return {"Content-Type": "application/octet-stream", **{META + name: value for name, value in metadata.items()}}


def look_at(client: OssClient, path: str, key: str) -> OssResponse:
    """What the store says of an object. Raises NotFound."""
    return client.call(f"look at {path}", "HEAD", key)


def find_object(client: OssClient, path: str, key: str) -> OssResponse | None:
    """What the store says of an object, or None when there is none; a missing bucket raises."""
    try:
        return look_at(client, path, key)
    except BucketMissing:
        raise
    except NotFound:
        return None


def put_object(client: OssClient, path: str, key: str, data: bytes, headers: dict[str, str]) -> Stored:
    """Publish a whole object, compared by CRC-64; what stays damaged is removed."""
    damaged: set[str] = set()
    with removing_damage(client, path, key, damaged), doubting(client, path, key, data, damaged):
        response, expected = client.send(path, key, body_of(data), headers=headers, damaged=damaged)
        stored, etag = stated_crc64(response), stated_etag(response)
        if stored is None and data:
            found = look_at(client, path, key)
            if stated_etag(found) == etag:
                refuse_other_bytes(path, found, expected, damaged)
            return stored_object(found, path)
    return Stored(len(data), etag, crc64=stored)


def put_if_free(client: OssClient, path: str, key: str, data: bytes, headers: dict[str, str]) -> bool:
    """The same where nothing stands yet; False when the key is taken."""
    try:
        put_object(client, path, key, data, {**headers, "x-oss-forbid-overwrite": "true"})
    except AlreadyExists:
        return False
    return True


def copy_source(client: OssClient, key: str, etag: str) -> dict[str, str]:
    """The headers of a request that copies an object of the bucket, in this version (any, for "")."""
    named = {COPY_SOURCE: f"/{client.bucket}/{quote(key, safe='')}"}
    return {**named, COPY_SOURCE + "-if-match": f'"{etag}"'} if etag else named


def copy_answer(
    client: OssClient,
    what: str,
    key: str,
    headers: dict[str, str],
    root: str,
    params: dict[str, str] | None = None,
) -> Callable[[], tuple[OssResponse, str]]:
    """Such a request, answered by a whole document with this root; with the ETag that it tells."""

    def once() -> tuple[OssResponse, str]:
        response = client.request(what, "PUT", key, params, headers)
        document = document_of(response.read_whole(), root, what)
        return response, (document.findtext("{*}ETag") or document.findtext("ETag") or "").strip('"')

    return once


@contextmanager
def removing_damage(client: OssClient, path: str, key: str, damaged: set[str]) -> Iterator[None]:
    """What was published and does not fit its checksum must not be taken for the file.

    `damaged` are the ETags of such answers. A request that was refused published nothing, so what stands
    there then is not ours: only an object that still bears one of these ETags is removed. Where it cannot be, or
    nobody can tell, the error carries the ETags on as `left_etags`.
    """
    try:
        yield
    except AlreadyExists:
        raise  # an exclusive creation looks at what is there by itself
    except StoreError as error:
        if damaged:
            try:
                _remove_if_damaged(client, path, key, damaged)
            except StoreError as refusal:
                error.left_etags = tuple(sorted({*error.left_etags, *damaged}))
                error.message = f"{error.message}; it could not be removed: {refusal}"
                error.hint = error.hint or "The next run writes it again."
        raise


@contextmanager
def doubting(client: OssClient, path: str, key: str, data: bytes, damaged: set[str]) -> Iterator[None]:
    """A try without an answer may have published something else than was sent, and those that followed failed.

    An object of this length and with other bytes would pass for the file in a later run, so the error carries its ETag
    on. It may be what stood there before, so it stays.
    """
    try:
        yield
    except AlreadyExists:
        raise
    except StoreError as error:
        is_doubtful = UNANSWERED in damaged
        damaged.discard(UNANSWERED)
        with suppress(StoreError):
            found = find_object(client, path, key) if is_doubtful else None
            if found is not None and (stored := stored_object(found, path)).length == len(data):
                is_other = stored.crc64 is not None and stored.crc64 != crc64(data)
                error.left_etags = (stored.etag,) if is_other and stored.etag not in damaged else ()
        raise


def _remove_if_damaged(client: OssClient, path: str, key: str, damaged: set[str]) -> None:
    found = find_object(client, path, key)
    if found is not None and stated_etag(found) in damaged:
        remove_damaged(client, path, key)


def remove_damaged(client: OssClient, path: str, key: str) -> None:
    """Remove an object of ours that holds other bytes than were sent."""
    client.call(f"remove {path}, which is damaged", "DELETE", key)

"""Removing many keys of a bucket by one request: all below a directory, or those that are named."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from urllib.parse import unquote
from xml.sax.saxutils import escape

from ...model.errors import AlreadyExists, PermissionDenied, StoreError
from ..base import Removal, removal_of
from .client import OssClient, key_of
from .listing import PAGE_KEYS, list_entries

# XML cannot carry these (a carriage return would arrive as a line feed).
_NOT_FOR_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def remove_below(client: OssClient, path: str, recursive: bool) -> None:
    """Remove a directory with its marker. Raises AlreadyExists when it holds something and `recursive` is off."""
    key = key_of(path)
    prefix = key + "/" if key else ""
    if not recursive:
        first = [entry.key for entry in list_entries(client, prefix, limit=2)]
        if any(found != prefix for found in first):
            raise AlreadyExists(f"cannot remove {path}: the directory is not empty")
        if first:
            client.call(f"remove {path}", "DELETE", prefix)
        return
    if not prefix:
        raise PermissionDenied(f"cannot remove all of the bucket {client.bucket}: name a directory in it")
    before: list[str] = []
    while keys := [entry.key for entry in list_entries(client, prefix, limit=PAGE_KEYS)]:
        if keys == before:
            raise PermissionDenied(f"cannot remove {path}: the store keeps {keys[0]!r} and {len(keys) - 1} others")
        before = keys
        for removal in remove_keys(client, keys):
            if removal.error is not None:
                raise removal.error


def remove_keys(client: OssClient, keys: Sequence[str]) -> list[Removal]:
    """Remove objects, 1,000 by one request; what came of each. One that is not there counts as removed.

    Each key must be confirmed: the answer names it, or it is a failure. An answer that is cut is none, and asked for
    again.
    """
    done: dict[str, Removal] = {}
    together = [key for key in keys if not _NOT_FOR_XML.search(key)]
    for key in keys:
        if _NOT_FOR_XML.search(key):
            done[key] = removal_of(lambda key=key: bool(client.call(f"remove /{key}", "DELETE", key)))  # type: ignore[misc]
    for start in range(0, len(together), PAGE_KEYS):
        some = together[start : start + PAGE_KEYS]
        try:
            confirmed = _remove_together(client, some)
        except StoreError as error:
            done |= dict.fromkeys(some, Removal(error=error))
            continue
        for key in some:
            if key in confirmed:
                done[key] = Removal()
            else:
                done[key] = Removal(
                    error=StoreError(f"cannot remove /{key}: the store did not confirm that it is gone")
                )
    return [done[key] for key in keys]


def remove_markers(client: OssClient, keys: Sequence[str]) -> list[Removal]:
    """Remove the markers of directories (keys without the slash); AlreadyExists where something else lies in one.

    Only the marker itself is removed, so nothing that comes meanwhile is lost.
    """
    found = {key: removal_of(lambda key=key: _is_lone_marker(client, key)) for key in keys}  # type: ignore[misc]
    markers = [f"{key}/" for key, removal in found.items() if removal.was_there and removal.error is None]
    removed = dict(zip(markers, remove_keys(client, markers), strict=True))
    return [removed.get(f"{key}/", found[key]) for key in keys]


def _is_lone_marker(client: OssClient, key: str) -> bool:
    """False where there is nothing. Raises AlreadyExists."""
    marker = f"{key}/"
    first = list(list_entries(client, marker, limit=2))
    if any(entry.key != marker or entry.size for entry in first):
        raise AlreadyExists(f"cannot remove /{key}: the directory is not empty")
    return bool(first)


def _remove_together(client: OssClient, keys: Sequence[str]) -> set[str]:
    """The keys that the store says are gone."""
    objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    body = f'<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>false</Quiet>{objects}</Delete>'.encode()
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    headers = {"Content-MD5": digest, "Content-Type": "application/xml"}
    params = {"delete": "", "encoding-type": "url"}
    what = f"remove /{keys[0]} and {len(keys) - 1} more" if len(keys) > 1 else f"remove /{keys[0]}"
    _, document = client.post(what, "", params, "DeleteResult", headers, body)
    decode = unquote if document.findtext("{*}EncodingType") == "url" else str
    return {decode(one.findtext("{*}Key") or "") for one in document.iterfind("{*}Deleted")}

"""Removing a directory of a bucket: many keys by one request."""

from __future__ import annotations

import base64
import hashlib
import re
from xml.sax.saxutils import escape

from ...model.errors import AlreadyExists, PermissionDenied
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
        remove_keys(client, path, keys)


def remove_keys(client: OssClient, path: str, keys: list[str]) -> None:
    """Remove up to a thousand keys; `path` is what they belong to, in words."""
    together = [key for key in keys if not _NOT_FOR_XML.search(key)]
    for key in keys:
        if _NOT_FOR_XML.search(key):
            client.call(f"remove {path}", "DELETE", key)
    if together:
        objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in together)
        body = f'<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>true</Quiet>{objects}</Delete>'.encode()
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        headers = {"Content-MD5": digest, "Content-Type": "application/xml"}
        client.call(f"remove {path}", "POST", "", {"delete": ""}, headers, body)

"""What is kept with an object beside its bytes: metadata from the beginning, tags from later on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...model.errors import StoreError
from ...rules.filesum import COMPOSITE_CRC32C, CRC64, FileChecksum, kept_checksum
from ..base import NoChecksum
from .answers import stated_crc64
from .client import OssClient, key_of
from .objects import META, look_at
from .response import OssResponse

_TAG_VALUE = re.compile(r"[A-Za-z0-9 +\-=._:/]{0,256}")


def keep(client: OssClient, path: str, notes: Mapping[str, str]) -> None:
    """Notes become object tags, which OSS restricts to letters, digits and ` +-=._:/`."""
    for name, value in notes.items():
        if not _TAG_VALUE.fullmatch(name) or not _TAG_VALUE.fullmatch(value):
            raise StoreError(f"the note {name}={value!r} on {path} holds characters that no tag may hold")
    tags = "".join(f"<Tag><Key>{name}</Key><Value>{value}</Value></Tag>" for name, value in notes.items())
    body = f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode()
    client.call(f"tag {path}", "PUT", key_of(path), {"tagging": ""}, data=body)


def read(client: OssClient, path: str) -> dict[str, str]:
    """What was kept with a file: its metadata and its notes. Raises NotFound."""
    return {**_metadata(look_at(client, path, key_of(path))), **read_tags(client, path)}


def checksum(client: OssClient, path: str, family: str) -> FileChecksum:
    """The CRC-64 that the store states, or the CRC-32C that was kept with an object while its CRC-64 is the same.

    Tags are asked for only where the metadata says nothing. Raises NotFound, and NoChecksum.
    """
    found = look_at(client, path, key_of(path))
    crc64 = stated_crc64(found)
    if crc64 is None:
        raise NoChecksum(f"the store states no CRC-64 of {path}")
    if family == CRC64:
        return FileChecksum(CRC64, f"{crc64:016x}")
    value = kept_checksum(_metadata(found), crc64) or kept_checksum(read_tags(client, path), crc64)
    if not value:
        raise NoChecksum(f"no CRC-32C was kept with {path}, or it has been written by others since")
    return FileChecksum(COMPOSITE_CRC32C, value)


def _metadata(found: OssResponse) -> dict[str, str]:
    named = ((name.lower(), value) for name, value in found.headers.items())
    return {name[len(META) :]: value for name, value in named if name.startswith(META)}


def read_tags(client: OssClient, path: str) -> dict[str, str]:
    """The notes alone. Raises NotFound."""
    tags = client.ask(f"read the tags of {path}", key_of(path), {"tagging": ""}, "Tagging").iter("Tag")
    return {tag.findtext("Key") or "": tag.findtext("Value") or "" for tag in tags}

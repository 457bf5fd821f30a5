"""What is kept with an object beside its bytes: metadata from the beginning, tags from later on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...model.errors import StoreError
from .client import OssClient, key_of
from .objects import META, look_at

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
    headers = look_at(client, path, key_of(path)).headers
    notes = {name[len(META) :].lower(): value for name, value in headers.items() if name.lower().startswith(META)}
    return {**notes, **read_tags(client, path)}


def read_tags(client: OssClient, path: str) -> dict[str, str]:
    """The notes alone. Raises NotFound."""
    tags = client.ask(f"read the tags of {path}", key_of(path), {"tagging": ""}, "Tagging").iter("Tag")
    return {tag.findtext("Key") or "": tag.findtext("Value") or "" for tag in tags}

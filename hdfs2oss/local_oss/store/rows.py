"""The values the store gives and takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

NORMAL = "Normal"
MULTIPART = "Multipart"
APPENDABLE = "Appendable"
SYMLINK = "Symlink"
DELETE_MARKER = "DeleteMarker"

NULL_VERSION = "null"
"""The id of what was written while versioning was not enabled."""
ENABLED, SUSPENDED = "Enabled", "Suspended"
"""States of a bucket's versioning; '' if it never was switched on."""


class Bucket(NamedTuple):
    """A bucket. Times here and below are milliseconds since 1970."""

    id: int
    name: str
    created_ms: int
    acl: str
    storage_class: str
    redundancy: str
    versioning: str = ""
    encryption: tuple[tuple[str, str], ...] = ()
    """Headers that objects get whose writer names no encryption."""


class Received(NamedTuple):
    """A body that has arrived and belongs to nobody yet.

    Small ones are in `content`, others in the data file named `file`. `md5` is None if nobody wanted it.
    """

    size: int
    crc64: int
    md5: bytes | None
    content: bytes
    file: str


class Segment(NamedTuple):
    """A run of bytes of a body: `content`, or a whole data file. `position` is where it begins."""

    position: int
    size: int
    content: bytes | None
    file: str


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a writer says about an object besides its bytes.

    `headers` are those given back with it (Content-Type, x-oss-meta-*, encryption), by lower-case name.
    """

    headers: dict[str, str] = field(default_factory=dict)
    storage_class: str = "Standard"
    acl: str = "default"
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object. `body` 0 is the empty body; `md5` is base64, '' if unknown; `etag` is unquoted."""

    key: str
    kind: str
    size: int
    etag: str
    crc64: int | None
    md5: str
    modified_ms: int
    attributes: Attributes
    link_target: str = ""
    body: int = 0
    version_id: str = NULL_VERSION
    sequence: int = 0
    """Rises with every version made in the store."""
    restored_ms: int = 0
    """When a restore that was asked for ends; 0 if none was."""
    restored_until_ms: int = 0


class ListedObject(NamedTuple):
    """What a list shows of an object."""

    key: str
    kind: str
    size: int
    etag: str
    modified_ms: int
    storage_class: str
    restored_ms: int
    restored_until_ms: int


class ListedVersion(NamedTuple):
    """What a list of versions shows of one; its `kind` may be that of a delete marker."""

    listed: ListedObject
    version_id: str
    is_latest: bool


class Upload(NamedTuple):
    """A multipart upload that is open."""

    key: str
    upload_id: str
    initiated_ms: int
    attributes: Attributes
    is_sequential: bool = False


class Part(NamedTuple):
    """One uploaded part of an open upload."""

    number: int
    etag: str
    crc64: int
    size: int
    modified_ms: int
    body: int

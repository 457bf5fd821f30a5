"""What -p keeps of a file or directory beside its bytes, and how that is written as one line of text.

A store without attributes of its own (OSS) keeps the line with the object. Its form, version 1:

    1;u=alice;g=staff;p=1755;m=1700000000000;n=1700000001000;r=3;b=134217728;e=RS-6-3-1024k;a=...;x=...;s=...

    u g   user, group             p     permission, octal           m n   mtime and atime, ms since 1970
    r b   replicas, block size    e     erasure-coding policy       s     where `a` and `x` are, when they were too long
    a     the entries of `getfacl` without those that follow from the permission: user:bob:r-x,default:group::r-x
    x     extended attributes, the value in base64: user.origin:aGVsbG8=,user.empty:

What is not kept is left out; `a=` and `x=` alone say that there are none. Names are percent-encoded UTF-8, so the line
is ASCII without blanks.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

# Replication, block size, user, group, permission, checksum type, ACL, XAttrs, times, erasure coding.
PRESERVABLE = "rbugpcaxte"

_VERSION = "1"
_DEFAULT = "default"


class AclEntry(NamedTuple):
    """One entry of an ACL. `scope` is access or default; `kind` user, group, mask or other; the owner's has no name."""

    scope: str
    kind: str
    name: str
    permissions: str


class Attributes(NamedTuple):
    """What is known of one path, or wanted for it; None stands for what is not known or is to be left as it is.

    `acl` has the entries beyond the permission, as a NameNode lists them; () means that there are none.
    An empty `ec_policy` means plain replicas. `sidecar` is where `acl` and `xattrs` are, when they are not here.
    """

    owner: str | None = None
    group: str | None = None
    permission: int | None = None
    mtime_ms: int | None = None
    atime_ms: int | None = None
    replication: int | None = None
    block_size_bytes: int | None = None
    ec_policy: str | None = None
    acl: tuple[AclEntry, ...] | None = None
    xattrs: tuple[tuple[str, bytes], ...] | None = None
    sidecar: str = ""

    def only(self, letters: str) -> Attributes:
        """What these letters of -p stand for. An ACL goes with its permission, a checksum type with its block size."""
        names = {name for letter in letters for name in _BY_LETTER[letter]}
        return NOTHING._replace(**{name: getattr(self, name) for name in names})


NOTHING = Attributes()

_BY_LETTER = {
    "r": ("replication",),
    "b": ("block_size_bytes",),
    "u": ("owner",),
    "g": ("group",),
    "p": ("permission",),
    "c": ("block_size_bytes",),
    "a": ("permission", "acl", "sidecar"),
    "x": ("xattrs", "sidecar"),
    "t": ("mtime_ms", "atime_ms"),
    "e": ("ec_policy",),
}


def encode(attributes: Attributes) -> str:
    """The line that stands for these attributes."""
    fields = [_VERSION]
    for key, name in _NUMBERS.items():
        if (number := getattr(attributes, name)) is not None:
            fields.append(f"{key}={number:o}" if key == "p" else f"{key}={number}")
    for key, name in _TEXTS.items():
        if (text := getattr(attributes, name)) is not None:
            fields.append(f"{key}={_quoted(text)}")
    if attributes.acl is not None:
        fields.append("a=" + ",".join(map(_acl_text, attributes.acl)))
    if attributes.xattrs is not None:
        texts = (f"{_quoted(name)}:{base64.b64encode(value).decode()}" for name, value in attributes.xattrs)
        fields.append("x=" + ",".join(texts))
    if attributes.sidecar:
        fields.append("s=" + _quoted(attributes.sidecar))
    return ";".join(fields)


def decode(line: str) -> Attributes:
    """The attributes that a line stands for. Raises ValueError for one that is damaged, or of another version."""
    version, _, rest = line.partition(";")
    if version != _VERSION:
        raise ValueError(f"attributes of version {version[:20]!r} are not understood")
    found: dict[str, Any] = {}
    try:
        for field in rest.split(";") if rest else ():
            key, _, text = field.partition("=")
            found |= _field(key, text)
    except (ValueError, IndexError, binascii.Error):
        raise ValueError(f"{line[:200]!r} is no line of attributes") from None
    return NOTHING._replace(**found)


_NUMBERS: Mapping[str, str] = {
    "p": "permission",
    "m": "mtime_ms",
    "n": "atime_ms",
    "r": "replication",
    "b": "block_size_bytes",
}
_TEXTS: Mapping[str, str] = {"u": "owner", "g": "group", "e": "ec_policy"}


def _field(key: str, text: str) -> dict[str, Any]:
    if key in _NUMBERS:
        return {_NUMBERS[key]: int(text, 8 if key == "p" else 10)}
    if key in _TEXTS:
        return {_TEXTS[key]: unquote(text, errors="strict")}
    items = text.split(",") if text else []
    if key == "a":
        return {"acl": tuple(map(_acl_entry, items))}
    if key == "x":
        pairs = (item.rsplit(":", 1) for item in items)
        return {
            "xattrs": tuple(
                (unquote(name, errors="strict"), base64.b64decode(value, validate=True)) for name, value in pairs
            )
        }
    if key == "s":
        return {"sidecar": unquote(text, errors="strict")}
    raise ValueError(key)


def _acl_text(entry: AclEntry) -> str:
    words = [entry.kind, _quoted(entry.name), entry.permissions]
    return ":".join([_DEFAULT, *words] if entry.scope == _DEFAULT else words)


def _acl_entry(text: str) -> AclEntry:
    words = text.split(":")
    scope = _DEFAULT if words[0] == _DEFAULT else "access"
    kind, name, permissions = words[-3:]
    return AclEntry(scope, kind, unquote(name, errors="strict"), permissions)


def _quoted(text: str) -> str:
    return quote(text, safe="")

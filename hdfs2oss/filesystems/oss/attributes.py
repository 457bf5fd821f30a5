"""Attributes kept with objects: one line of metadata, `x-oss-meta-hdfs2oss-attributes` (its form: model/attributes.py).

Those of a directory are kept with its marker, the empty object `dir/`; a bucket itself has none.
"""

from __future__ import annotations

from ...model.attributes import NOTHING, Attributes, encode
from ...model.errors import NotFound, StoreError
from ...model.values import DIRECTORY
from ...rules.preservation import merged
from .answers import ATTRIBUTES, modified_ms, stated_attributes, stated_crc64, stated_etag
from .client import OssClient, key_of
from .objects import META, copy_answer, copy_source, find_object, put_if_free
from .response import OssResponse

MARKER = {"Content-Type": "application/x-directory"}
# Of the service: names and values of all metadata of one object are 8 KiB at most, and checksums stand there, too.
LIMIT_BYTES = 7680
# Metadata cannot be changed but by copying an object onto itself, and what is not said again is lost then.
_SAID_AGAIN = (
    "Content-Type",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Expires",
    "x-oss-storage-class",
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-server-side-data-encryption",
)


def attribute_metadata(attributes: Attributes) -> dict[str, str]:
    """The metadata that stands for attributes, by its name without the prefix."""
    return {ATTRIBUTES: encode(attributes)} if attributes != NOTHING else {}


def read(client: OssClient, path: str, kind: str, letters: str) -> Attributes:
    """What is kept with an object. Raises NotFound for a file; a directory without a marker has nothing."""
    found = find_object(client, path, _key(path, kind)) if _key(path, kind) else None
    if found is None and kind != DIRECTORY:
        raise NotFound(f"cannot read the attributes of {path}: there is no such object")
    return NOTHING if found is None else kept_with(found, path, kind).only(letters)


def kept_with(response: OssResponse, path: str, kind: str) -> Attributes:
    """What an answer tells: the line of metadata; without one, a file has the time at which it was stored."""
    known = stated_attributes(response, path)
    if known.mtime_ms is None and kind != DIRECTORY:
        modified = modified_ms(response)
        known = known._replace(mtime_ms=modified if modified > 0 else None)
    return known


def keep(client: OssClient, path: str, kind: str, wanted: Attributes) -> bool:
    """Put attributes beside those that are kept already; False when nothing is new."""
    key = _key(path, kind)
    if not key or wanted == NOTHING:
        return False
    found = find_object(client, path, key)
    if found is None and kind == DIRECTORY:
        headers = {**MARKER, **{META + name: value for name, value in attribute_metadata(wanted).items()}}
        client.traffic.wrote()
        if put_if_free(client, path, key, b"", headers):
            return True
        found = find_object(client, path, key)
    if found is None:
        raise NotFound(f"cannot keep the attributes of {path}: there is no such object")
    known = stated_attributes(found, path)
    new = merged(wanted, known)
    if new == known:
        return False
    _rewrite(client, path, key, found, new)
    return True


def _rewrite(client: OssClient, path: str, key: str, found: OssResponse, new: Attributes) -> None:
    """Replace the metadata of the very version that was looked at; all else that it says is said again."""
    what = f"keep the attributes of {path}"
    said = {name: value for name in _SAID_AGAIN if (value := found.headers.get(name))}
    metadata = {name: value for name, value in found.headers.items() if name.lower().startswith(META)}
    access = client.ask(f"read the access rule of {path}", key, {"acl": ""}, "AccessControlPolicy")
    rule = access.findtext("{*}AccessControlList/{*}Grant") or "default"
    headers = {
        **said,
        **{name: value for name, value in metadata.items() if name.lower() != META + ATTRIBUTES},
        META + ATTRIBUTES: encode(new),
        **({"x-oss-object-acl": rule} if rule != "default" else {}),
        **copy_source(client, key, stated_etag(found)),
        "x-oss-metadata-directive": "REPLACE",
    }
    client.traffic.wrote()
    answer, _ = client.again(copy_answer(client, what, key, headers, "CopyObjectResult"))
    before, after = stated_crc64(found), stated_crc64(answer)
    if before is not None and after is not None and before != after:
        raise StoreError(f"cannot {what}: the store answers with other bytes than it held")


def _key(path: str, kind: str) -> str:
    key = key_of(path)
    return f"{key}/" if key and kind == DIRECTORY else key

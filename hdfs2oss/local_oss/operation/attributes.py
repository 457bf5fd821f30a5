"""What the headers of a write say about the object, checked."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote_plus

from hdfs2oss.local_oss.operation.encryption import encryption_of
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.limits import Limits
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.store.rows import Attributes, Bucket

STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
FROZEN_CLASSES = ("Archive", "ColdArchive", "DeepColdArchive")
"""Objects of these cannot be read before they are restored."""
OBJECT_ACLS = ("default", "private", "public-read", "public-read-write")
BUCKET_ACLS = OBJECT_ACLS[1:]
KEPT_HEADERS = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
"""Standard headers given back as they came, and what response-* parameters override."""
META_PREFIX = "x-oss-meta-"
_TAG_TEXT = re.compile(r"(?:[^\W_]|[ +\-=._:/])*")
_META_NAME = re.compile(r"x-oss-meta-[a-z0-9-]+")


def attributes_asked(operation: Operation) -> Attributes:
    """The attributes a Put, Append, Initiate or replacing Copy asks for. Raises the service's 400s."""
    request, limits = operation.request, operation.limits
    headers = {name: request.headers[name] for name in KEPT_HEADERS if request.headers.get(name)}
    metadata = {name: value for name, value in request.headers.items() if name.startswith(META_PREFIX)}
    _check_metadata(metadata, limits)
    headers |= metadata
    headers |= encryption_of(request, operation.bucket)
    headers.setdefault("content-type", "application/octet-stream")
    return Attributes(
        headers,
        storage_class_of(request, operation.bucket),
        one_of(request, "x-oss-object-acl", OBJECT_ACLS, "default"),
        tags_of_header(request.header("x-oss-tagging"), limits),
    )


def with_acl(request: Request, attributes: Attributes) -> Attributes:
    """The attributes, with the ACL that a request names, if it names one."""
    return replace(attributes, acl=one_of(request, "x-oss-object-acl", OBJECT_ACLS, attributes.acl))


def storage_class_of(request: Request, bucket: Bucket) -> str:
    """The class asked for, else the bucket's."""
    return one_of(request, "x-oss-storage-class", STORAGE_CLASSES, bucket.storage_class)


def one_of(request: Request, name: str, allowed: tuple[str, ...], default: str) -> str:
    """A header whose values are listed, else InvalidArgument."""
    value = request.header(name) or default
    if value not in allowed:
        raise invalid_argument(f"no such {name.removeprefix('x-oss-')}.", name, value)
    return value


def tags_of_header(text: str, limits: Limits) -> tuple[tuple[str, str], ...]:
    """Tags written as a query string."""
    tags = []
    for piece in text.split("&") if text else ():
        name, _, value = piece.partition("=")
        tags.append((unquote_plus(name), unquote_plus(value)))
    return checked_tags(tags, limits)


def checked_tags(tags: list[tuple[str, str]], limits: Limits) -> tuple[tuple[str, str], ...]:
    """The tags, if their number, lengths and characters are as they should be, else InvalidTag."""
    names = {name for name, _ in tags}
    is_valid = (
        len(tags) <= limits.max_tags
        and len(names) == len(tags)
        and all(0 < len(name) <= limits.max_tag_key_characters for name in names)
        and all(len(value) <= limits.max_tag_value_characters for _, value in tags)
        and all(_TAG_TEXT.fullmatch(text) for tag in tags for text in tag)
    )
    if not is_valid:
        raise OssError(400, "InvalidTag", "The tags are too many, too long, not distinct, or hold other characters.")
    return tuple(tags)


def _check_metadata(metadata: dict[str, str], limits: Limits) -> None:
    for name in metadata:
        if not _META_NAME.fullmatch(name):
            raise invalid_argument("A metadata name may hold letters, digits and '-'.", "MetaName", name)
    size = sum(len(name) + len(value.encode("utf-8", "surrogateescape")) for name, value in metadata.items())
    if size > limits.max_metadata_bytes:
        raise invalid_argument(
            f"User metadata is larger than {limits.max_metadata_bytes} bytes.", "MetaSize", str(size)
        )

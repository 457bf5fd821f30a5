"""Where things are: parsed once at the door, never shown with a secret.

A path is taken as it stands: never percent-decoded, and `#` and `?` are ordinary characters in it.
Repeated and trailing slashes, `.` and `..` mean what they mean in Hadoop's `Path`; `a..b` is a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from .errors import UsageError

SCHEMES = ("hdfs", "oss", "file")
# Of file systems that Hadoop's Java client reaches, as far as something is known of them.
JAVA_SCHEMES = ("viewfs", "webhdfs", "swebhdfs", "s3a", "gs", "abfs", "abfss", "wasb", "wasbs")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(.*)$", re.DOTALL)
_PORT = re.compile(r":\d+$")
_HOST = re.compile(r"^(?:\[.*\]|[^:\[\]]*)(?::\d+)?\Z")
_BUCKET = re.compile(r"^[a-z0-9][a-z0-9-]*\Z")
# Hadoop's own, where a NameNode is named without one.
NAMENODE_PORT = 8020


class Uri(NamedTuple):
    """A place in a store: `scheme` is "" until a bare path meets its default file system.

    Two spellings of one NameNode make equal places: `hdfs://NN/a` and `hdfs://nn:8020/a`. What is shown, and
    what names the store, stays as it was written: name services are looked up by their exact name.
    """

    scheme: str
    authority: str
    path: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uri) and self._identity() == other._identity()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[str, str, str]:
        authority = self.authority
        if self.scheme == "hdfs" and authority:
            authority = authority.lower()
            if not _PORT.search(authority):
                authority += f":{NAMENODE_PORT}"
        return self.scheme, authority, self.path

    def __str__(self) -> str:
        if not self.scheme:
            return self.path
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def name(self) -> str:
        """The last element of the path; "" for the root."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def parent(self) -> Uri:
        """The directory above; the root is its own parent."""
        return self._replace(path=self.path.rsplit("/", 1)[0] or "/")

    def join(self, relative_path: str) -> Uri:
        """The place below this one; the empty relative path is the place itself."""
        return self._replace(path=join_path(self.path, relative_path))

    def holds(self, other: Uri) -> bool:
        """Whether `other` is this place or lies below it."""
        if self._replace(path="/") != other._replace(path="/"):
            return False
        return other.path == self.path or other.path.startswith(self.path.rstrip("/") + "/")

    def paths_within(self, places: Iterable[Uri]) -> tuple[str, ...]:
        """The relative paths of those places that lie below this one."""
        start = len(self.path.rstrip("/")) + 1
        return tuple(place.path[start:] for place in places if place != self and self.holds(place))


class UriSecrets(NamedTuple):
    """What the classic `oss://id:secret[:token]@bucket.endpoint/path` carries besides the place."""

    access_key_id: str = ""
    access_key_secret: str = ""
    security_token: str = ""
    endpoint: str = ""

    def __repr__(self) -> str:
        return f"UriSecrets(endpoint={self.endpoint!r}, keys={'***' if self.access_key_id else 'none'})"


class ParsedUri(NamedTuple):
    """A place, and what was written into it that is not part of the place."""

    uri: Uri
    secrets: UriSecrets


def join_path(path: str, relative_path: str) -> str:
    """`/a` and `b/c` give `/a/b/c`; the empty relative path changes nothing."""
    if not relative_path:
        return path
    return f"{path.rstrip('/')}/{relative_path}"


def normalise_path(path: str) -> str:
    """One slash between elements and none at the end; `.` goes, `..` takes the element before it along.

    Raises UsageError for a path that climbs above the root.
    """
    kept: list[str] = []
    for element in path.split("/"):
        if element == ".." and not kept:
            raise UsageError(f"the path {path} climbs above the root", "Write the path without `..`.")
        if element == "..":
            kept.pop()
        elif element not in ("", "."):
            kept.append(element)
    return "/" + "/".join(kept)


def parse_uri(text: str, others: Collection[str] = ()) -> ParsedUri:
    """Parse an argument. A bare path keeps the empty scheme; a relative one stays as it is until its base is known.

    `others` are schemes that are known beside ours. Raises UsageError without ever repeating a secret.
    """
    if not text.strip():
        raise UsageError("a path is empty", "Give a source and a target, such as hdfs:///data and oss://bucket/data.")
    match = _SCHEME.match(text)
    if not match or text.startswith("/"):
        return ParsedUri(Uri("", "", normalise_path(text) if text.startswith("/") else text), UriSecrets())
    scheme, rest = match[1].lower(), match[2]
    if scheme not in (*SCHEMES, *JAVA_SCHEMES, *others):
        raise UsageError(
            f"the scheme {scheme}:// is not known",
            "Paths start with hdfs://, oss://, file:// or a plain slash; "
            f"or with {'://, '.join(JAVA_SCHEMES)}://, or a scheme for which fs.SCHEME.impl is set.",
        )
    if not rest.startswith("//"):
        if scheme == "oss":
            raise UsageError("the oss: path names no bucket", "Write oss://bucket/path.")
        if scheme not in SCHEMES:
            _refuse_authority(scheme, "")
        if not rest.startswith("/"):
            raise UsageError(f"{scheme}: must be followed by a slash", f"Write {scheme}:///path.")
        return ParsedUri(Uri(scheme, "", normalise_path(rest)), UriSecrets())
    authority, slash, path = rest[2:].partition("/")
    if scheme == "oss":
        return _parse_oss(authority, slash + path)
    if scheme not in SCHEMES:
        _refuse_authority(scheme, authority)
    if scheme == "file" and authority:
        raise UsageError(
            f"file://{authority} names a host, and file:// is always this machine",
            f"Write file://{normalise_path(rest)}.",
        )
    return ParsedUri(Uri(scheme, authority, normalise_path(path)), UriSecrets())


def _refuse_authority(scheme: str, authority: str) -> None:
    """Raise UsageError for what names no store of the Java client, or would show a secret wherever it is named."""
    user, _, host = authority.rpartition("@")
    # What stands behind the colon of a host is a port, or else a key up to the first slash in it.
    if ":" in user or not _HOST.match(host):
        raise UsageError(
            f"the {scheme}:// path seems to hold a secret",
            f"Leave it out, and let Hadoop's configuration say who asks (such as fs.{scheme}.*).",
        )
    # A view has a name by default.
    if not authority and scheme != "viewfs":
        raise UsageError(f"the {scheme}: path names no host or bucket", f"Write {scheme}://NAME/path.")


def _parse_oss(authority: str, path: str) -> ParsedUri:
    secrets = UriSecrets()
    place = authority
    if "@" in authority:
        keys, _, place = authority.rpartition("@")
        key_id, _, rest = keys.partition(":")
        secret, _, token = rest.partition(":")
        if not key_id or not secret:
            raise UsageError(
                "the credentials in the oss:// path are not of the form id:secret",
                "Write oss://id:secret@bucket.endpoint/path, or set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET.",
            )
        secrets = UriSecrets(key_id, secret, token)
    elif ":" in authority.split(".")[0]:
        raise UsageError(
            "the oss:// path seems to hold a secret with a slash in it",
            "Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET instead, and write oss://bucket/path.",
        )
    bucket, _, endpoint = place.partition(".")
    if not bucket:
        raise UsageError("the oss:// path names no bucket", "Write oss://bucket/path.")
    if not _BUCKET.match(bucket):
        raise UsageError(
            f"{bucket!r} cannot be a bucket's name: it has lower-case letters, digits and hyphens only",
            f"Did you mean oss://{bucket.lower()}{normalise_path(path)}?",
        )
    return ParsedUri(Uri("oss", bucket, normalise_path(path)), secrets._replace(endpoint=endpoint))


def mask_secrets(text: str) -> str:
    """Text that may hold `oss://id:secret@`, fit to be shown."""
    return re.sub(r"(?i)(oss://)[^/@\s]*@", r"\1***@", text)

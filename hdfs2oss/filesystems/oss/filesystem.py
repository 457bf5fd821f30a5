"""Alibaba Cloud OSS: objects as files, every write compared by CRC-64.

The path `/a/b` is the key `a/b`. A directory exists when a key lies below it; an empty one is kept by a
marker, the empty object `a/b/`.
"""

from __future__ import annotations

import email.utils
import re
import threading
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import quote
from xml.sax.saxutils import escape

from ...model.errors import AlreadyExists, CorruptData, NotFound, PermissionDenied, StoreError
from ...model.values import DIRECTORY, FILE, SYMLINK, FileStatus, StoredPart
from ...rules.checksum import compose_crc64, crc64
from ...rules.retry import RetryPolicy
from ..base import Capabilities, FileSystem, Reader, Stored, Traffic, Walk, Writer
from ..credentials import OssAccess
from .client import RETRIES, OssClient
from .errors import BucketMissing, NotOffered, UploadMissing
from .listing import list_entries
from .reader import OssReader, OssWriter, content_length, stated_crc64
from .removal import remove_below
from .session import OssResponse, OssSession
from .walk import OssChildren, OssWalk

_BINARY = {"Content-Type": "application/octet-stream"}
_MARKER = {"Content-Type": "application/x-directory"}
_META = "x-oss-meta-"
_WRITER = "x-oss-meta-hdfs2oss-writer"
_TAG_VALUE = re.compile(r"[A-Za-z0-9 +\-=._:/]{0,256}")


class OssFileSystem(FileSystem):
    """One bucket. `threads` is how many connections are kept."""

    def __init__(self, bucket: str, access: OssAccess, threads: int = 16, retries: RetryPolicy = RETRIES) -> None:
        self.capabilities = Capabilities("OSS", atomic_put=True, multipart=True, real_directories=False)
        self.traffic = Traffic()
        self._client = OssClient(bucket, access, OssSession(threads, access.use_proxy), retries)
        self._versioning_lock = threading.Lock()
        self._versioning: str | None = None

    def status(self, path: str) -> FileStatus | None:
        """The object if there is one, else the directory; a root is asked for, so a missing bucket raises."""
        key = _key(path)
        if key:
            try:
                return self._object_status(path, key)
            except BucketMissing:
                raise
            except NotFound:
                pass
        prefix = key + "/" if key else ""
        first = next(list_entries(self._client, self.traffic, prefix, limit=1), None)
        if first is None:
            return None if key else FileStatus("", DIRECTORY)
        return FileStatus("", DIRECTORY, mtime_ms=first.mtime_ms if first.key == prefix else 0)

    def _head(self, path: str, key: str) -> OssResponse:
        self.traffic.read()
        return self._client.call(f"look at {path}", "HEAD", key)[0]

    def _object_status(self, path: str, key: str) -> FileStatus:
        response = self._head(path, key)
        headers = response.headers
        checksum = stated_crc64(response)
        return FileStatus(
            "",
            SYMLINK if headers.get("x-oss-object-type") == "Symlink" else FILE,
            content_length(response, path),
            _modified_ms(response),
            etag=_etag(response),
            storage_class=headers.get("x-oss-storage-class") or "Standard",
            checksum="" if checksum is None else f"CRC64:{checksum:016X}",
        )

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        prefix = _key(path) + "/" if _key(path) else ""
        walk = OssWalk if recursive else OssChildren
        return walk(self._client, self.traffic, prefix, after, until)

    def open_reader(self, path: str, expected_length: int) -> Reader:
        return OssReader(self._client, self.traffic, path, _key(path), expected_length)

    def open_writer(self, path: str, work_path: str) -> Writer:
        """Nothing is visible before it is complete, so the work path is not used."""
        return OssWriter(self, path)

    def put(self, path: str, data: bytes, work_path: str, metadata: Mapping[str, str]) -> Stored:
        headers = {**_BINARY, **{_META + name: value for name, value in metadata.items()}}
        return self._put(path, _key(path), data, headers)

    def _put(self, path: str, key: str, data: bytes, headers: dict[str, str]) -> Stored:
        expected = crc64(data)
        damaged: set[str] = set()

        def once() -> OssResponse:
            response = self._client.request(f"write {path}", "PUT", key, headers=headers, data=data)
            response.read()
            _compare(path, response, expected, damaged)
            return response

        with self._removing_damage(path, key, damaged):
            response = self._client.again(once)
        self.traffic.wrote(len(data))
        stored = stated_crc64(response)
        if stored is None and data:
            return self._stored(path, key)
        return Stored(len(data), _etag(response), crc64=stored)

    @contextmanager
    def _removing_damage(self, path: str, key: str, damaged: set[str]) -> Iterator[None]:
        """What was published and does not fit its checksum must not be taken for the file.

        `damaged` are the ETags of such answers. A request that was refused published nothing, so what stands
        there then is not ours: only an object that still bears one of these ETags is removed.
        """
        try:
            yield
        except AlreadyExists:
            raise  # an exclusive creation looks at what is there by itself
        except StoreError:
            with suppress(StoreError):
                if damaged and _etag(self._head(path, key)) in damaged:
                    self._remove_damaged(path, key)
            raise

    def _remove_damaged(self, path: str, key: str) -> None:
        self.traffic.wrote()
        self._client.call(f"remove {path}, which is damaged", "DELETE", key)

    def _stored(self, path: str, key: str) -> Stored:
        response = self._head(path, key)
        return Stored(content_length(response, path), _etag(response), _modified_ms(response), stated_crc64(response))

    def make_directory(self, path: str) -> None:
        """Leave a marker; one that is there stays, with its metadata."""
        key = _key(path)
        if not key:
            return
        try:
            self._object_status(path, key)
        except BucketMissing:
            raise
        except NotFound:
            pass
        else:
            raise AlreadyExists(f"cannot make the directory {path}: it is a file")
        self.traffic.wrote()
        headers = {**_MARKER, "x-oss-forbid-overwrite": "true"}
        self._unless_taken(lambda: self._put(path, key + "/", b"", headers))

    def _unless_taken(self, function: Callable[[], Stored]) -> bool:
        try:
            function()
        except AlreadyExists:
            return False
        return True

    def rename(self, path: str, new_path: str, overwrite: bool = True) -> None:
        """A copy within the store, then a removal: for small records only, and not at once."""
        source = _quote_source(self._client.bucket, _key(path))
        headers = {"x-oss-copy-source": source}
        if not overwrite:
            headers["x-oss-forbid-overwrite"] = "true"
        if path == new_path:
            return
        self._client.call(f"rename {path} to {new_path}", "PUT", _key(new_path), headers=headers)
        self._client.call(f"rename {path} to {new_path}", "DELETE", _key(path))
        self.traffic.wrote(0, 2)

    def remove(self, path: str, recursive: bool = False) -> bool:
        found = self.status(path)
        if found is None:
            return False
        if found.kind != DIRECTORY:
            self.traffic.wrote()
            self._client.call(f"remove {path}", "DELETE", _key(path))
            return True
        return remove_below(self._client, self.traffic, path, _key(path), recursive)

    def read_bytes(self, path: str) -> bytes:
        with self.open_reader(path, 0) as reader:
            return b"".join(reader.stream(0, reader.length, max(1, reader.length)))

    def create_exclusive(self, path: str, data: bytes) -> bool:
        """Ours is recognised by a mark in its metadata when the answer to the first try was lost.

        Raises PermissionDenied on a bucket that keeps versions: there every creation succeeds.
        """
        self._refuse_versions(path)
        key, mark = _key(path), uuid.uuid4().hex
        headers = {**_BINARY, "x-oss-forbid-overwrite": "true", _WRITER: mark}
        if self._unless_taken(lambda: self._put(path, key, data, headers)):
            return True
        try:
            there = self._head(path, key)
        except BucketMissing:
            raise
        except NotFound:
            return False  # it was taken, and has been given back since
        if there.headers.get(_WRITER) != mark:
            return False
        try:
            _compare(path, there, crc64(data))
        except CorruptData:
            with suppress(StoreError):
                self._remove_damaged(path, key)
            raise
        return True

    def _refuse_versions(self, path: str) -> None:
        with self._versioning_lock:
            if self._versioning is None:
                self._versioning = self._ask_versioning()
        if self._versioning in ("Enabled", "Suspended"):
            raise PermissionDenied(
                f"cannot create {path}: the bucket {self._client.bucket} keeps versions, "
                "so nothing can be created exclusively",
                "Name a directory elsewhere by --job-dir.",
            )

    def _ask_versioning(self) -> str:
        """ "" where versions were never kept, and where the store has none or does not tell."""
        what = f"ask whether the bucket {self._client.bucket} keeps versions"
        self.traffic.read()
        try:
            return _xml_text(self._client.call(what, "GET", "", {"versioning": ""})[1], "{*}Status")
        except (NotFound, NotOffered, PermissionDenied):
            return ""

    def begin_upload(self, path: str, metadata: Mapping[str, str] | None = None) -> str:
        headers = {**_BINARY, **{_META + name: value for name, value in (metadata or {}).items()}}
        what = f"begin the upload of {path}"
        _, body = self._client.call(what, "POST", _key(path), {"uploads": ""}, headers)
        self.traffic.wrote()
        upload_id = _xml_text(body, "UploadId")
        if not upload_id:
            raise StoreError(f"cannot {what}: the store gave no upload id")
        return upload_id

    def put_part(self, path: str, upload_id: str, number: int, data: bytes) -> StoredPart:
        expected = crc64(data)
        what = f"write part {number} of {path}"
        params = {"partNumber": str(number), "uploadId": upload_id}

        def once() -> OssResponse:
            response = self._client.request(what, "PUT", _key(path), params, data=data)
            response.read()
            _compare(f"part {number} of {path}", response, expected)
            return response

        response = self._client.again(once)
        self.traffic.wrote(len(data))
        return StoredPart(number, _etag(response), expected, len(data))

    def complete_upload(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        """A lost answer makes the next try meet an upload that is gone; then the object itself is asked."""
        key, what = _key(path), f"complete the upload of {path}"
        ordered = sorted(parts, key=lambda part: part.number)
        expected = compose_crc64((part.crc64, part.length) for part in ordered)
        length = sum(part.length for part in ordered)
        self.traffic.wrote()
        try:
            body = _complete_body(ordered)
            response, _ = self._client.call(what, "POST", key, {"uploadId": upload_id}, data=body)
        except UploadMissing:
            stored = self._find_completed(path, key, length, expected)
            if stored is None:
                raise
            return stored
        value = stated_crc64(response)
        if value is not None:
            damaged: set[str] = set()
            with self._removing_damage(path, key, damaged):
                _compare(path, response, expected, damaged)
            return Stored(length, _etag(response), crc64=value)
        stored = self._stored(path, key)
        if stored.length != length:
            raise CorruptData(f"{path} holds {stored.length} bytes after {length} were sent")
        return stored

    def _find_completed(self, path: str, key: str, length: int, expected: int) -> Stored | None:
        try:
            stored = self._stored(path, key)
        except BucketMissing:
            raise
        except NotFound:
            return None
        return stored if (stored.length, stored.crc64) == (length, expected) else None

    def abort_upload(self, path: str, upload_id: str) -> None:
        self.traffic.wrote()
        try:
            self._client.call(f"drop the upload of {path}", "DELETE", _key(path), {"uploadId": upload_id})
        except UploadMissing:
            return

    def keep_note(self, path: str, notes: Mapping[str, str]) -> None:
        """Notes become object tags, which OSS restricts to letters, digits and ` +-=._:/`."""
        for name, value in notes.items():
            if not _TAG_VALUE.fullmatch(name) or not _TAG_VALUE.fullmatch(value):
                raise StoreError(f"the note {name}={value!r} on {path} holds characters that no tag may hold")
        tags = "".join(f"<Tag><Key>{name}</Key><Value>{value}</Value></Tag>" for name, value in notes.items())
        body = f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode()
        self.traffic.wrote()
        self._client.call(f"tag {path}", "PUT", _key(path), {"tagging": ""}, data=body)

    def read_notes(self, path: str) -> dict[str, str]:
        """What was kept with a file: its metadata and its notes. Raises NotFound."""
        headers = self._head(path, _key(path)).headers
        notes = {name[len(_META) :].lower(): value for name, value in headers.items() if name.lower().startswith(_META)}
        _, body = self._client.call(f"read the tags of {path}", "GET", _key(path), {"tagging": ""})
        self.traffic.read()
        for tag in ET.fromstring(body).iter("Tag"):
            notes[tag.findtext("Key") or ""] = tag.findtext("Value") or ""
        return notes

    def close(self) -> None:
        self._client.close()


def _key(path: str) -> str:
    return path.strip("/")


def _compare(what: str, response: OssResponse, expected: int, damaged: set[str] | None = None) -> None:
    """Raise CorruptData when the store states another checksum, and keep the ETag of what it holds in `damaged`."""
    stored = stated_crc64(response)
    if stored is not None and stored != expected:
        if damaged is not None and _etag(response):
            damaged.add(_etag(response))
        raise CorruptData(f"{what} arrived as other bytes: CRC-64 {stored:016X} instead of {expected:016X}")


def _etag(response: OssResponse) -> str:
    return (response.headers.get("ETag") or "").strip('"')


def _modified_ms(response: OssResponse) -> int:
    text = response.headers.get("Last-Modified") or ""
    return int(email.utils.parsedate_to_datetime(text).timestamp()) * 1000 if text else -1


def _quote_source(bucket: str, key: str) -> str:
    return f"/{bucket}/{quote(key, safe='/')}"


def _complete_body(parts: list[StoredPart]) -> bytes:
    rows = "".join(
        f'<Part><PartNumber>{part.number}</PartNumber><ETag>"{escape(part.etag)}"</ETag></Part>' for part in parts
    )
    return f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()


def _xml_text(body: bytes, name: str) -> str:
    try:
        return ET.fromstring(body).findtext(name) or ""
    except ET.ParseError:
        return ""

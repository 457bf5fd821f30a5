"""Alibaba Cloud OSS: objects as files, every write compared by CRC-64.

The path `/a/b` is the key `a/b`. A directory exists when a key lies below it; an empty one is kept by a
marker, the empty object `a/b/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...model.attributes import NOTHING, PRESERVABLE, Attributes
from ...model.errors import AlreadyExists
from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, SYMLINK, FileStatus, StoredPart
from ...rules.filesum import COMPOSITE_CRC, CRC64, FileChecksum
from ...rules.retry import RetryPolicy
from ..base import FileSystem, OpenUpload, Reader, Removal, Stored
from ..body import Body
from ..capabilities import Capabilities
from ..keys.credentials import OssAccess
from ..walk import Walk
from . import attributes as object_attributes
from . import copying, subtree, uploads
from . import notes as object_notes
from .answers import content_length, modified_ms, stated_crc64, stated_etag
from .borders import find_borders
from .client import RETRIES, OssClient, key_of
from .exclusive import ExclusiveCreation
from .listing import find_entries, list_entries
from .objects import find_object, object_headers, put_if_free, put_object
from .reader import OssReader
from .removal import remove_below, remove_keys, remove_markers
from .response import OssResponse
from .session import OssSession
from .walk import OssChildren, OssWalk, file_row


class OssFileSystem(FileSystem):
    """One bucket. `threads` is how many connections are kept."""

    def __init__(self, bucket: str, access: OssAccess, threads: int = 16, retries: RetryPolicy = RETRIES) -> None:
        self.capabilities = Capabilities(
            "OSS",
            atomic_put=True,
            multipart=True,
            real_directories=False,
            keeps=PRESERVABLE,
            attributes_limit_bytes=object_attributes.LIMIT_BYTES,
            checksums=(CRC64, COMPOSITE_CRC),
            server_copy=True,
            removes_together=True,
            lists_from_any_key=True,
        )
        self._client = OssClient(bucket, access, OssSession(threads, access.proxy), retries)
        self._exclusive = ExclusiveCreation(self._client)
        self.traffic = self._client.traffic

    def status(self, path: str) -> FileStatus | None:
        """The object if there is one, else the directory; a root is asked for, so a missing bucket raises."""
        key = key_of(path)
        found = find_object(self._client, path, key) if key else None
        if found is not None:
            return _status_of(found, path)
        prefix = key + "/" if key else ""
        first = next(list_entries(self._client, prefix, limit=1), None)
        if first is None:
            return None if key else FileStatus("", DIRECTORY)
        return FileStatus("", DIRECTORY, mtime_ms=first.mtime_ms if first.key == prefix else 0)

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        prefix = key_of(path) + "/" if key_of(path) else ""
        walk = OssWalk if recursive else OssChildren
        return walk(self._client, prefix, after, until)

    def borders(self, path: str, after: str, until: str, most: int) -> list[str]:
        prefix = key_of(path) + "/" if key_of(path) else ""
        return find_borders(self._client, prefix, after, until, most)

    def open_reader(self, path: str, expected_length: int) -> Reader:
        return OssReader(self._client, path, expected_length)

    def put(
        self, path: str, data: bytes, work_path: str, metadata: Mapping[str, str], attributes: Attributes = NOTHING
    ) -> Stored:
        headers = object_headers({**metadata, **object_attributes.attribute_metadata(attributes)})
        return put_object(self._client, path, key_of(path), data, headers)

    def make_directory(self, path: str) -> None:
        """Leave a marker; one that is there stays, with its metadata."""
        key = key_of(path)
        if not key:
            return
        if find_object(self._client, path, key) is not None:
            raise AlreadyExists(f"cannot make the directory {path}: it is a file")
        # Two writes: the directory, whether or not it is there, and the marker once it is stored.
        self.traffic.wrote()
        put_if_free(self._client, path, key + "/", b"", object_attributes.MARKER)

    def remove(self, path: str, recursive: bool = False) -> bool:
        found = self.status(path)
        if found is None:
            return False
        if found.kind == DIRECTORY:
            remove_below(self._client, path, recursive)
        else:
            self._client.call(f"remove {path}", "DELETE", key_of(path))
        return True

    def look_at_each(self, paths: Sequence[str]) -> list[FileStatus | None]:
        """By listing: one request for as many of them as stand close together."""
        found = find_entries(self._client, [key_of(path) for path in paths])
        return [None if entry is None else file_row("", entry) for entry in found]

    def remove_each(self, paths: Sequence[str], directories: bool) -> list[Removal]:
        """Files by one request for 1,000 of them; of a directory its marker, after a look that it is alone."""
        keys = [key_of(path) for path in paths]
        return remove_markers(self._client, keys) if directories else remove_keys(self._client, keys)

    def create_exclusive(self, path: str, data: bytes) -> bool:
        return self._exclusive.create(path, data)

    def begin_upload(self, path: str, attributes: Attributes = NOTHING) -> str:
        return uploads.begin(self._client, path, object_attributes.attribute_metadata(attributes))

    def put_part(self, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
        return uploads.put_part(self._client, path, upload_id, number, body)

    def copy_part(self, path: str, etag: str, offset: int, size: int, upload_id: str, number: int) -> StoredPart:
        return copying.copy_range(self._client, path, etag, offset, size, (path, upload_id, number))

    def complete_upload(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        return uploads.complete(self._client, path, upload_id, parts)

    def abort_upload(self, path: str, upload_id: str) -> None:
        uploads.abort(self._client, path, upload_id)

    def find_uploads(self, path: str) -> list[OpenUpload]:
        return uploads.list_open(self._client, path)

    def copy_within(self, path: str, new_path: str) -> Stored:
        return copying.copy_object(self._client, path, new_path)

    def copy_tree(self, path: str, new_path: str, spares: Sequence[str], threads: int) -> Tally:
        return subtree.copy_subtree(self._client, path, new_path, spares, threads)

    def remove_tree(self, path: str, spares: Sequence[str]) -> Tally:
        return subtree.remove_subtree(self._client, path, spares)

    def keep_note(self, path: str, notes: Mapping[str, str]) -> None:
        object_notes.keep(self._client, path, notes)

    def read_notes(self, path: str) -> dict[str, str]:
        """What was kept with a file: its metadata and its notes. Raises NotFound."""
        return object_notes.read(self._client, path)

    def read_attributes(self, path: str, kind: str, letters: str) -> Attributes:
        return object_attributes.read(self._client, path, kind, letters)

    def keep_attributes(self, path: str, kind: str, attributes: Attributes) -> bool:
        return object_attributes.keep(self._client, path, kind, attributes)

    def checksum(self, path: str, family: str) -> FileChecksum:
        return object_notes.checksum(self._client, path, family)

    def close(self) -> None:
        self._client.close()


def _status_of(response: OssResponse, path: str) -> FileStatus:
    headers = response.headers
    checksum = stated_crc64(response)
    return FileStatus(
        "",
        SYMLINK if headers.get("x-oss-object-type") == "Symlink" else FILE,
        content_length(response, path),
        modified_ms(response),
        etag=stated_etag(response),
        storage_class=headers.get("x-oss-storage-class") or "Standard",
        checksum="" if checksum is None else f"CRC64:{checksum:016X}",
    )

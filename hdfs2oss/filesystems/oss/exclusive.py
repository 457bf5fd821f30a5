"""Creating an object exclusively: of all that try, one succeeds."""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress

from ...model.errors import CorruptData, NotFound, PermissionDenied, StoreError
from ...rules.checksum import crc64
from .answers import refuse_other_bytes
from .client import OssClient, key_of
from .errors import NotOffered
from .objects import META, find_object, object_headers, put_if_free, remove_damaged

_WRITER = "hdfs2oss-writer"


class ExclusiveCreation:
    """Ours is recognised by a mark in its metadata when the answer to the first try was lost.

    A bucket that keeps versions is refused: there every creation succeeds. It is asked once.
    """

    def __init__(self, client: OssClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._versioning: str | None = None

    def create(self, path: str, data: bytes) -> bool:
        """Write a whole object; False when the path was taken. Raises PermissionDenied where versions are kept."""
        self._refuse_versions(path)
        key, mark = key_of(path), uuid.uuid4().hex
        if put_if_free(self._client, path, key, data, object_headers({_WRITER: mark})):
            return True
        # None when it was taken, and has been given back since.
        there = find_object(self._client, path, key)
        if there is None or there.headers.get(META + _WRITER) != mark:
            return False
        try:
            refuse_other_bytes(path, there, crc64(data))
        except CorruptData:
            with suppress(StoreError):
                remove_damaged(self._client, path, key)
            raise
        return True

    def _refuse_versions(self, path: str) -> None:
        with self._lock:
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
        try:
            document = self._client.ask(what, "", {"versioning": ""}, "VersioningConfiguration")
            return document.findtext("{*}Status") or ""
        except (NotFound, NotOffered, PermissionDenied):
            return ""

"""One HDFS file being written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from hdfs_native import FileWriter, WriteOptions

from ...model.attributes import NOTHING, Attributes
from ...model.errors import NotFound, StoreError
from ..base import Stored, Writer
from .attributes import HdfsAttributes
from .client import HdfsClient


class HdfsWriter(Writer):
    """Writes to the work path; `commit` closes, compares, sets attributes and renames."""

    def __init__(
        self,
        client: HdfsClient,
        path: str,
        work_path: str,
        wanted: Attributes = NOTHING,
        attributes: HdfsAttributes | None = None,
    ) -> None:
        self._client = client
        self._path = path
        self._work_path = work_path
        self._wanted = wanted
        self._attributes = attributes
        self._done = False
        given = client.creation
        options = WriteOptions(
            wanted.block_size_bytes or given.block_size_bytes,
            wanted.replication or given.replication,
            given.file_permission,
            overwrite=True,
            create_parent=False,
        )
        self._file = self._create(options)

    def _create(self, options: WriteOptions) -> FileWriter:
        """Open the work file; parents that are missing are made first.

        Those that come along with a file take the permission of the one above them, whatever the umask says.
        """
        path = self._work_path
        try:
            return self._client.change(f"write {path}", lambda native: native.create(path, options))
        except NotFound:
            self._client.make_directory(path.rpartition("/")[0] or "/")
            return self._client.change(f"write {path}", lambda native: native.create(path, options))

    def write(self, data: bytes) -> None:
        # An empty file needs no block.
        if not data:
            return
        self._client.ask_data(f"write {self._work_path}", lambda: self._file.write(data))
        self._client.traffic.wrote(len(data), 0)

    def commit(self, check: Callable[[Stored], None], overwrite: bool = True) -> Stored:
        """With `overwrite` off, AlreadyExists when the path is taken by then."""
        self._client.ask_data(f"close {self._work_path}", lambda: self._file.close())
        status = self._client.status(self._work_path)
        if status is None:
            raise StoreError(f"{self._work_path} vanished before it could be published")
        stored = Stored(status.length, mtime_ms=status.modification_time)
        check(stored)
        if self._attributes is not None and self._wanted != NOTHING:
            # Before anybody sees the file: it never stands there without its permission.
            self._attributes.keep(self._work_path, self._wanted)
            if self._wanted.mtime_ms is not None:
                stored = stored._replace(mtime_ms=self._wanted.mtime_ms)
        self._client.rename(self._work_path, self._path, overwrite)
        self._done = True
        return stored

    def abort(self) -> None:
        if self._done:
            return
        self._done = True
        # Removing an open file ends it; closing it first could wait for DataNodes that do not answer.
        # Whatever brought us here is the error to be seen, not what cleaning up after it meets.
        with contextlib.suppress(StoreError):
            self._client.remove(self._work_path)

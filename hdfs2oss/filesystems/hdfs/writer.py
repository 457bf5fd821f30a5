"""One HDFS file being written."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from typing import NamedTuple

from hdfs_native import WriteOptions

from ...model.attributes import NOTHING, Attributes
from ...model.errors import AlreadyExists, NotFound, StoreError
from ..base import Stored, Writer
from ..hadoop_errors import NotReplicatedYet
from ..hadoop_filesystem import HadoopWriter
from .client import HdfsClient, OpenFile
from .closing import close_soon, wait_for_clients
from .creation import Creation
from .reopening import append, end_behind_last_block

# 1970: before any source was written.
UNFINISHED_MTIME_MS = 0
_UNCHANGED = 2**64 - 1


class Way(NamedTuple):
    """Bytes go through the native client, or the one that `create` opens a file with (path, what it is given).

    `cannot_append` says why files of a directory must not be appended to by the native one, "" where they may: there
    a file is gone on with whose next block the NameNode did not give at once.
    """

    create: Callable[[str, Creation], OpenFile] | None = None
    cannot_append: Callable[[str], str] = lambda directory: "nobody was asked"


class HdfsWriter(HadoopWriter):
    """Writes to the work path; `commit` closes, compares, sets attributes and renames.

    `keep` gives a path the attributes that are `wanted`.
    """

    makes_parents = False

    def __init__(
        self,
        client: HdfsClient,
        path: str,
        work_path: str,
        wanted: Attributes = NOTHING,
        keep: Callable[[str], object] | None = None,
        way: Way = Way(),  # noqa: B008 (immutable)
    ) -> None:
        self._client = client
        self._path = path
        self._work_path = work_path
        self._wanted = wanted
        self._keep = keep
        self._done = False
        self._written = 0
        # How long it was when it was last opened again.
        self._reopened_at = -1
        # Hadoop's own client takes its time from Hadoop's settings.
        self._is_native = way.create is None
        self._cannot_append = way.cannot_append
        self._file = self._create(way.create or self._create_natively)

    def _create(self, create: Callable[[str, Creation], OpenFile]) -> OpenFile:
        """Open the work file; parents that are missing are made first."""
        path, given = self._work_path, self._client.creation
        given = given._replace(
            replication=self._wanted.replication or given.replication,
            block_size_bytes=self._wanted.block_size_bytes or given.block_size_bytes,
        )
        try:
            return create(path, given)
        except NotFound:
            self._client.make_directory(path.rpartition("/")[0] or "/")
            return create(path, given)

    def _create_natively(self, path: str, given: Creation) -> OpenFile:
        options = WriteOptions(
            given.block_size_bytes,
            given.replication,
            given.file_permission,
            overwrite=True,
            create_parent=self.makes_parents,
        )
        file: OpenFile = self._client.change(f"write {path}", lambda native: native.create(path, options))
        return file

    def write(self, data: bytes) -> None:
        # An empty file needs no block.
        rest = data
        while rest:
            refused = self._send(rest)
            rest = rest[self._go_on(refused, len(rest)) :] if refused else b""
        self._client.traffic.wrote(len(data), 0)

    def _send(self, data: bytes) -> NotReplicatedYet | None:
        try:
            self._client.ask_data(f"write {self._work_path}", lambda: self._file.write(data))
        except NotReplicatedYet as error:
            # What was raised holds on to the file.
            return NotReplicatedYet(error.message, error.hint)
        self._written += len(data)
        return None

    def _go_on(self, refused: NotReplicatedYet, size: int) -> int:
        """Open the file again where its client gave up: how many of `size` bytes are there. Raises `refused` where that
        cannot be, or was of no use."""
        if not self._is_native or self._cannot_append(self._work_path.rpartition("/")[0] or "/"):
            raise refused
        length = end_behind_last_block(self._client, self._work_path)
        arrived = length - self._written
        if not 0 <= arrived <= size or length == self._reopened_at:
            raise refused
        former = weakref.ref(self._file)
        del self._file
        self._file = append(self._client, self._work_path, former)
        self._written = self._reopened_at = length
        return arrived

    def commit(self, check: Callable[[Stored], None], overwrite: bool = True) -> Stored:
        self._close()
        stored = self._look()
        check(stored)
        if self._keep is not None:
            # Before anybody sees the file: it never stands there without its permission.
            self._keep(self._work_path)
            if self._wanted.mtime_ms is not None:
                stored = stored._replace(mtime_ms=self._wanted.mtime_ms)
        self._client.rename(self._work_path, self._path, overwrite)
        self._done = True
        return stored

    def commit_if_free(self, check: Callable[[Stored], None]) -> None:
        check(Stored(self._written) if self._close() else self._look())
        self._client.rename(self._work_path, self._path, overwrite=False)
        self._done = True

    def _look(self) -> Stored:
        status = self._client.status(self._work_path)
        if status is None:
            raise StoreError(f"{self._work_path} vanished before it could be published")
        return Stored(status.length, mtime_ms=status.modification_time)

    def _close(self) -> bool:
        """Whether the NameNode has said that the file has all that was written."""

        def close() -> None:
            self._client.ask_data(f"close {self._work_path}", lambda: self._file.close())

        return close_soon(self._client, self._work_path, close, self._written if self._is_native else 0)

    def abort(self) -> None:
        if self._done:
            return
        self._done = True
        # Removing an open file ends it; closing it first could wait for DataNodes that do not answer.
        # Whatever brought us here is the error to be seen, not what cleaning up after it meets.
        with contextlib.suppress(StoreError):
            self._client.remove(self._work_path)


class OwnWriter(HdfsWriter):
    """The same below a directory that is there, and is ours: parents that are missing come along with the file, and
    take the permission of the one above them, whatever the umask says."""

    makes_parents = True


class HdfsAppender(Writer):
    """Writes behind the end of a file, in place. One writer at a time may; who died loses that right in a minute.

    What was written and not committed stays, and gets a modification time that no copy takes for that of its source.
    """

    def __init__(self, client: HdfsClient, path: str, length: int) -> None:
        self._client = client
        self._path = path
        self._is_closed = self._is_good = False
        self._written = 0
        what = f"append to {path}"
        client.traffic.wrote()
        wait_for_clients()
        try:
            self._file: OpenFile = client.ask(what, lambda native: native.append(path))
        except AlreadyExists as error:
            error.retryable = True
            raise
        try:
            status = client.status(path)
            if status is None or status.length != length:
                raise StoreError(f"cannot {what}: it has no longer {length} bytes")
        except StoreError:
            self.abort()
            raise

    def write(self, data: bytes) -> None:
        self._written += len(data)
        self._client.ask_data(f"append to {self._path}", lambda: self._file.write(data))
        self._client.traffic.wrote(len(data), 0)

    def commit(self, check: Callable[[Stored], None]) -> Stored:
        self._close()
        status = self._client.status(self._path)
        if status is None:
            raise StoreError(f"{self._path} vanished while it was appended to")
        stored = Stored(status.length, mtime_ms=status.modification_time)
        check(stored)
        self._is_good = True
        return stored

    def abort(self) -> None:
        """What was written stays; the file is closed, so that others may write to it, and told from a good copy."""
        if self._is_good:
            return
        self._is_good = True
        with contextlib.suppress(StoreError):
            self._close()
        if self._written:
            what = f"change the times of {self._path}"
            with contextlib.suppress(StoreError):
                self._client.change(what, lambda native: native.set_times(self._path, UNFINISHED_MTIME_MS, _UNCHANGED))

    def _close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._client.ask_data(f"close {self._path}", lambda: self._file.close())

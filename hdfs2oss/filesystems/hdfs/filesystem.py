"""HDFS through hdfs-native: no JVM, every block checked against its CRCs by the client.

A client is made by the first call, in the process that makes it: one carried over a fork hangs.
"""

from __future__ import annotations

import itertools
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from hdfs_native import Client
from hdfs_native import FileStatus as NativeStatus

from ...model.errors import AlreadyExists, NotFound
from ...model.uri import join_path
from ...model.values import DIRECTORY, FILE, FileStatus
from ...rules.filters import work_path_beside
from ...rules.merge import in_key_order
from ...rules.retry import RetryPolicy, StorePause, call_with_retries
from ..base import Capabilities, FileSystem, Reader, Stored, Traffic, Walk, Writer
from ..tree_walk import TreeWalk
from ..watchdog import Watchdog
from .errors import map_errors
from .files import HdfsReader, HdfsWriter, check_length
from .order import in_name_order

T = TypeVar("T")

# The NameNode's own page size; a page is fetched under one time-out.
_PAGE_ROWS = 1000
# Hadoop's defaults, which come along in a dumped configuration, wait for 120 s and 183 s.
_MOST = {"dfs.client.socket-timeout": 10_000, "dfs.client.failover.max.attempts": 3}
# Few: the client itself has asked three times before it says that nobody is there.
_RETRIES = RetryPolicy(attempts=3, cap_seconds=4.0, deadline_seconds=8.0, throttled_attempts=6, throttled_seconds=18.0)
# With several NameNodes a refused call may mean that one takes over from the other: some 20 s.
_FAILOVER_RETRIES = _RETRIES._replace(attempts=8, deadline_seconds=25.0)
# A silent DataNode costs a writer so long. The client itself would wait for 60 s and then tell which DataNode
# it was, but a copy that tries the file again is better off sooner.
_DATA_TIMEOUT_SECONDS = 45.0
_LEAVE_UNCHANGED = 2**64 - 1
_PERMISSION_BITS = 0o1777


class HdfsFileSystem(FileSystem):
    """`authority` is `host:port` or a name service whose NameNodes `hadoop_conf` lists.

    `user` replaces HADOOP_USER_NAME (for clusters without Kerberos). Every call to the NameNode has a
    time-out; reads have the DataNode's own.
    """

    def __init__(
        self, authority: str, hadoop_conf: Mapping[str, str], user: str = "", timeout_seconds: float = 40.0
    ) -> None:
        self.capabilities = Capabilities(
            "HDFS",
            atomic_put=False,
            multipart=False,
            real_directories=True,
            forbidden_characters=":",
            close_seconds=0.5,
        )
        self.traffic = Traffic()
        self.place = f"the NameNode {authority}"
        self.data_place = f"the DataNodes of {authority}"
        self._authority = authority
        self._configuration = {
            **hadoop_conf,
            **{key: _at_most(hadoop_conf.get(key), most) for key, most in _MOST.items()},
        }
        self._retries = _FAILOVER_RETRIES if f"dfs.ha.namenodes.{authority}" in hadoop_conf else _RETRIES
        self._pause = StorePause()
        self._user = user
        self._watchdog = Watchdog(self.place, timeout_seconds)
        self._client_lock = threading.Lock()
        self._client: Client | None = None

    def client(self) -> Client:
        """The one client of this object; made by the first call."""
        with self._client_lock:
            if self._client is None:
                if self._user:
                    os.environ["HADOOP_USER_NAME"] = self._user
                self._client = Client(f"hdfs://{self._authority}", self._configuration)
            return self._client

    def ask(self, what: str, function: Callable[[Client], T], is_data: bool = False, brings_nothing: bool = False) -> T:
        """One call under the watchdog, with our errors. `is_data` when it is DataNodes that are waited for."""
        if not is_data:
            with map_errors(what, self.place, brings_nothing):
                return self._watchdog.call(what, lambda: function(self.client()))
        with map_errors(what, self.data_place):
            return self._watchdog.call(
                what, lambda: function(self.client()), timeout_seconds=_DATA_TIMEOUT_SECONDS, begins_pause=False
            )

    def ask_again(self, what: str, function: Callable[[Client], T], brings_nothing: bool = False) -> T:
        """Like `ask`, repeated on errors that may pass; for calls that may safely run twice."""

        def once() -> T:
            return self.ask(what, function, brings_nothing=brings_nothing)

        return self._pause.call(lambda: call_with_retries(once, self._retries))

    # FileSystem

    def status(self, path: str) -> FileStatus | None:
        self.traffic.read()
        try:
            found = self.ask_again(f"look at {path}", lambda client: client.get_file_info(path), brings_nothing=True)
        except NotFound:
            return None
        return _row("", found)

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            return in_key_order(in_name_order(self._children(join_path(path, directory), directory)))

        return TreeWalk(list_children, after, until, recursive)

    def _children(self, path: str, relative: str) -> Iterator[FileStatus]:
        """The rows of one directory in the NameNode's order, fetched by the page."""
        what = f"list {path}"
        prefix = f"{relative}/" if relative else ""
        # The first page tells a missing path or a file from a directory; only it may be asked for twice.
        rows, page = self.ask_again(what, lambda client: _first_page(client, path), brings_nothing=True)
        while page:
            self.traffic.listed()
            for status in page:
                name = status.path.rsplit("/", 1)[-1]
                yield _row(prefix + name, status)
            page = self.ask(what, lambda _: list(itertools.islice(rows, _PAGE_ROWS)))

    def open_reader(self, path: str, expected_length: int) -> Reader:
        self.traffic.read()
        reader = self.ask_again(f"read {path}", lambda client: client.read(path), brings_nothing=True)
        return HdfsReader(reader, path, self.data_place, self.traffic)

    def open_writer(self, path: str, work_path: str) -> Writer:
        return HdfsWriter(self, path, work_path)

    def put(self, path: str, data: bytes, work_path: str, metadata: Mapping[str, str]) -> Stored:
        with self.open_writer(path, work_path) as writer:
            if data:
                writer.write(data)
            return writer.commit(lambda stored: check_length(path, stored, len(data)))

    def make_directory(self, path: str) -> None:
        self.traffic.wrote()
        self.ask_again(f"make the directory {path}", lambda client: client.mkdirs(path, 0o755, True))

    def rename(self, path: str, new_path: str, overwrite: bool = True) -> None:
        self.traffic.wrote()
        what = f"rename {path} to {new_path}"
        try:
            self.ask(what, lambda client: client.rename(path, new_path, overwrite))
        except NotFound:
            if self.status(path) is None:
                raise
            self.make_directory(new_path.rsplit("/", 1)[0] or "/")
            self.ask(what, lambda client: client.rename(path, new_path, overwrite))

    def remove(self, path: str, recursive: bool = False) -> bool:
        self.traffic.wrote()
        try:
            found = self.ask_again(f"remove {path}", lambda client: client.delete(path, recursive), brings_nothing=True)
        except NotFound:
            return False
        return bool(found)

    def read_bytes(self, path: str) -> bytes:
        with self.open_reader(path, -1) as reader:
            return b"".join(reader.stream(0, reader.length, max(1, reader.length)))

    def create_exclusive(self, path: str, data: bytes) -> bool:
        work_path = work_path_beside(path, uuid.uuid4().hex)
        writer = HdfsWriter(self, path, work_path)
        with writer:
            if data:
                writer.write(data)
            try:
                writer.commit(lambda stored: check_length(path, stored, len(data)), overwrite=False)
            except AlreadyExists:
                return False
        return True

    # Attributes; None leaves one as it is.

    def set_owner(self, path: str, owner: str | None, group: str | None) -> None:
        """Change owner and group; the NameNode lets only its superuser change the owner."""
        self.traffic.wrote()
        self.ask_again(f"change the owner of {path}", lambda client: client.set_owner(path, owner, group))

    def set_permission(self, path: str, permission: int) -> None:
        """Change the permission bits, sticky bit included."""
        self.traffic.wrote()
        bits = permission & _PERMISSION_BITS
        self.ask_again(f"change the permission of {path}", lambda client: client.set_permission(path, bits))

    def set_times(self, path: str, mtime_ms: int | None, atime_ms: int | None) -> None:
        """Change the times; to be done last, because writing changes them."""
        self.traffic.wrote()
        mtime = _LEAVE_UNCHANGED if mtime_ms is None else mtime_ms
        atime = _LEAVE_UNCHANGED if atime_ms is None else atime_ms
        self.ask_again(f"change the times of {path}", lambda client: client.set_times(path, mtime, atime))

    def set_replication(self, path: str, replication: int) -> None:
        """Change the number of replicas of a file."""
        self.traffic.wrote()
        self.ask_again(f"change the replication of {path}", lambda client: client.set_replication(path, replication))


def _at_most(value: str | None, most: int) -> str:
    return value if value is not None and value.isdigit() and int(value) <= most else str(most)


def _first_page(client: Client, path: str) -> tuple[Iterator[NativeStatus], list[NativeStatus]]:
    rows = iter(client.list_status(path))
    page = list(itertools.islice(rows, _PAGE_ROWS))
    # A file lists itself.
    if len(page) == 1 and not page[0].isdir and page[0].path.rstrip("/") == path.rstrip("/"):
        raise NotFound(f"cannot list {path}: it is not a directory")
    return rows, page


def _row(path: str, status: NativeStatus) -> FileStatus:
    return FileStatus(
        path,
        DIRECTORY if status.isdir else FILE,
        status.length,
        status.modification_time,
        status.access_time,
        status.owner,
        status.group,
        status.permission & _PERMISSION_BITS,
        status.replication or 0,
        status.blocksize or 0,
    )

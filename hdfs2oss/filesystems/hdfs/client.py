"""Calls to one HDFS: through the native client, under a time-out, repeated when that makes sense, errors as ours.

The native client is made by the first call, in the process that makes it: one carried over a fork hangs.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from hdfs_native import Client, TrashNotEnabledError
from hdfs_native import FileStatus as NativeStatus

from ...model.errors import NotFound, StoreError
from ...model.uri import NAMENODE_PORT
from ...model.values import DIRECTORY, FILE, FileStatus
from ...rules.retry import RetryPolicy, StorePause, call_with_retries
from ..hadoop_conf import is_kerberized
from ..kerberos.gssapi import BY_TICKET, Login
from ..kerberos.identity import Identity, identity_for
from ..name_order import listing_key
from ..traffic import Traffic
from ..watchdog import TIMEOUT_SECONDS, Watchdog
from .creation import read_creation
from .errors import map_errors

T = TypeVar("T")
Rows = Iterator[NativeStatus]

# Who has the keys of encryption zones, and what the native client says of a file there while it is not told.
KEY_SERVER = "hadoop.security.key.provider.path"
_WITHOUT_KEYS = "no KMS provider is configured"
# What HDFS has of them: read, write and execute, and the sticky bit.
PERMISSION_BITS = 0o1777
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
DATA_TIMEOUT_SECONDS = 45.0


class OpenFile(Protocol):
    """A file being written, by whichever client."""

    def write(self, data: bytes, /) -> int:
        """All of the bytes."""

    def close(self) -> None:
        """Wait until the NameNode has the whole file."""


class HdfsClient:
    """One NameNode or name service; safe for threads.

    Every call to the NameNode has a time-out; reads have the DataNode's own. What is asked of the NameNode is
    counted in `traffic` as it is asked, whatever the answer; bytes and pages once they are through.
    """

    def __init__(
        self,
        authority: str,
        hadoop_conf: Mapping[str, str],
        user: str = "",
        timeout_seconds: float = TIMEOUT_SECONDS,
        login: Login = BY_TICKET,
        data_timeout_seconds: float = DATA_TIMEOUT_SECONDS,
    ) -> None:
        self.traffic = Traffic()
        self.creation = read_creation(hadoop_conf)
        self.data_place = f"the DataNodes of {authority}"
        self._place = f"the NameNode {authority}"
        self.address = address_of(authority, hadoop_conf)
        self._configuration = {
            **hadoop_conf,
            **{key: _at_most(hadoop_conf.get(key), most) for key, most in _MOST.items()},
            # That of another cluster would give other keys of the same names: see `zones`.
            KEY_SERVER: "",
        }
        # Who finds it out for a file of a zone.
        self.find_key_server: Callable[[], str] = str
        self._keys_lock = threading.Lock()
        self._retries = _FAILOVER_RETRIES if f"dfs.ha.namenodes.{authority}" in hadoop_conf else _RETRIES
        self._pause = StorePause()
        self._user = user
        self._login = login
        self._authority = authority
        self._watchdog = Watchdog(self._place, timeout_seconds)
        self._data_timeout_seconds = data_timeout_seconds
        self._native_lock = threading.Lock()
        self._native: Client | None = None
        self._trash_is_prepared = False

    def native(self) -> Client:
        """The one native client; made by the first call."""
        with self._native_lock:
            if self._native is None:
                if self._user:
                    os.environ["HADOOP_USER_NAME"] = self._user
                # As many as there are cores otherwise: they hand each packet round among themselves, which costs more
                # than it brings. One reads, checks and writes as fast as Python can follow.
                os.environ.setdefault("TOKIO_WORKER_THREADS", "1")
                self._native = self._make()
            return self._native

    def identity(self) -> Identity | None:
        """Who asks, where Kerberos says so; None elsewhere. Raises AuthenticationFailed."""
        if not is_kerberized(self._configuration):
            return None
        return identity_for(self._authority, self.address, self._configuration, self._login, os.environ)

    def _make(self) -> Client:
        identity = self.identity()
        if identity is None:
            return Client(f"hdfs://{self.address}", self._configuration)
        login = identity.login
        return Client(
            f"hdfs://{identity.address}",
            self._configuration,
            kerberos_principal=login.principal or None,
            kerberos_keytab=login.keytab or None,
        )

    # How to call; nothing is counted.

    def ask(self, what: str, function: Callable[[Client], T], brings_nothing: bool = False) -> T:
        """One call to the NameNode, under the watchdog. For `brings_nothing` see `map_errors`."""
        with map_errors(what, self._place, brings_nothing):
            try:
                return self._watchdog.call(what, lambda: function(self.native()))
            except RuntimeError as error:
                if _WITHOUT_KEYS not in str(error):
                    raise
            self._take_keys(what)
            return self._watchdog.call(what, lambda: function(self.native()))

    def _take_keys(self, what: str) -> None:
        """Go on with a client that knows the key server, which is asked for where the first file of a zone is met."""
        with self._keys_lock:
            if self._configuration[KEY_SERVER]:
                return
            try:
                key_server = self.find_key_server()
            except StoreError as error:
                error.message = f"cannot {what}: {error.message}"
                raise
            with self._native_lock:
                self._configuration[KEY_SERVER] = key_server
                self._native = None

    def ask_again(self, what: str, function: Callable[[Client], T], brings_nothing: bool = False) -> T:
        """Like `ask`, repeated on errors that may pass; for calls that may safely run twice."""

        def once() -> T:
            return self.ask(what, function, brings_nothing)

        return self._again(once)

    def _again(self, once: Callable[[], T]) -> T:
        return self._pause.call(lambda: call_with_retries(once, self._retries, on_repeat=self.traffic.repeated))

    def ask_data(self, what: str, function: Callable[[], T]) -> T:
        """One call of an open file that waits for DataNodes: that they are slow says nothing of the NameNode."""
        with map_errors(what, self.data_place):
            return self._watchdog.call(what, function, timeout_seconds=self._data_timeout_seconds, begins_pause=False)

    def together(self, errand: Callable[[], T]) -> T:
        """Run calls that follow one another on one thread of the watchdog: handing each of them over costs as much as
        the call. Each keeps its own time-out; what is not a call to HDFS has none."""
        return self._watchdog.together(errand)

    # What readers, writers and the file system ask for; counted.

    def look(self, what: str, function: Callable[[Client], T]) -> T:
        """A call that only looks; what would lie below a file is not there."""
        self.traffic.read()
        return self.ask_again(what, function, brings_nothing=True)

    def change(self, what: str, function: Callable[[Client], T], brings_nothing: bool = False) -> T:
        """A call that changes something and may safely run twice."""
        self.traffic.wrote()
        return self.ask_again(what, function, brings_nothing)

    def status(self, path: str) -> NativeStatus | None:
        """What the NameNode says of a path, or None when nothing is there."""
        try:
            return self.look(f"look at {path}", lambda native: native.get_file_info(path))
        except NotFound:
            return None

    def pages(self, path: str, behind: str = "") -> Iterator[list[NativeStatus]]:
        """The rows of one directory, or those behind a name, as the NameNode gives them. NotFound for a file too.

        A page that fails for a moment ends neither the listing nor what was given: the directory is listed again, and
        what stands up to the last name is passed over: a native listing cannot begin elsewhere than at the first name.
        """
        what = f"list {path}"
        # The first page tells a missing path or a file from a directory.
        if behind:
            rows, page = self._again(lambda: self._list_behind(path, behind))
        else:
            rows, page = self.ask_again(what, lambda native: _first_page(native, path), brings_nothing=True)
            if 0 < len(page) < _PAGE_ROWS:
                # All there is: most directories are looked at in one errand.
                self.traffic.listed()
                yield page
                return
        while page:
            self.traffic.listed()
            yield page
            rows, page = self._page_behind(path, rows, page[-1])

    def _page_behind(self, path: str, rows: Rows, last: NativeStatus) -> tuple[Rows, list[NativeStatus]]:
        """The next page of a listing, or of a new one where that broke off."""
        open_rows = [rows]

        def once() -> tuple[Rows, list[NativeStatus]]:
            # What a call that failed has taken of them is lost with it.
            if open_rows:
                rows = open_rows.pop()
                return rows, self.ask(f"list {path}", lambda _: list(itertools.islice(rows, _PAGE_ROWS)))
            return self._list_behind(path, _name_of(last))

        return self._again(once)

    def _list_behind(self, path: str, name: str) -> tuple[Rows, list[NativeStatus]]:
        """A new listing, and what is left of the first of its pages that does not end before `name`, or at it."""
        what = f"list {path} again"
        rows, page = self.ask(what, lambda native: _first_page(native, path), brings_nothing=True)
        passed_over = listing_key(name)
        while page and listing_key(_name_of(page[-1])) <= passed_over:
            self.traffic.listed()
            page = self.ask(what, lambda _: list(itertools.islice(rows, _PAGE_ROWS)))
        return rows, [row for row in page if listing_key(_name_of(row)) > passed_over]

    def length_of_blocks(self, path: str) -> int:
        """The bytes of a file, the last block of which counts only once it is complete."""
        self.traffic.read()
        return self.ask(f"look at {path}", lambda native: len(native.read(path)))

    def end_writing(self, path: str) -> bool:
        """Close a file whoever writes it; False where some of it has to be recovered before."""
        self.traffic.wrote()
        return self.ask(f"close {path}", lambda native: native.recover_lease(path))

    def make_directory(self, path: str) -> None:
        """Make a directory and its parents; one that exists is left alone."""
        permission = self.creation.directory_permission
        self.change(f"make the directory {path}", lambda native: native.mkdirs(path, permission, True))

    def rename(self, path: str, new_path: str, overwrite: bool = True) -> None:
        """Move a file at once; AlreadyExists when the new path is taken and overwrite is off. Parents are made."""
        self.traffic.wrote()
        what = f"rename {path} to {new_path}"
        try:
            self.ask(what, lambda native: native.rename(path, new_path, overwrite))
        except NotFound:
            if self.status(path) is None:
                raise
            self.make_directory(new_path.rsplit("/", 1)[0] or "/")
            self.ask(what, lambda native: native.rename(path, new_path, overwrite))

    def remove(self, path: str, recursive: bool = False) -> bool:
        """Remove a file or directory; False when nothing was there."""
        try:
            found = self.change(f"remove {path}", lambda native: native.delete(path, recursive), brings_nothing=True)
        except NotFound:
            return False
        return bool(found)

    def move_to_trash(self, path: str) -> str:
        """Move a file to the trash of the user and give its place there; "" where there is no trash, and it stays.

        Whether there is one says the NameNode, and where it says no, `fs.trash.interval` here. Raises NotFound.
        """
        self._prepare_trash()

        def move(native: Client) -> str:
            try:
                return native.trash(path) or ""
            except TrashNotEnabledError:
                return ""

        return self.change(f"move {path} to the trash", move, brings_nothing=True)

    def _prepare_trash(self) -> None:
        """The client makes what is missing above a trash for this user alone, and `/user` is everybody's."""
        with self._native_lock:
            if self._trash_is_prepared:
                return
            self._trash_is_prepared = True
        if self.status("/user") is None:
            self.make_directory("/user")


def _name_of(row: NativeStatus) -> str:
    return row.path.rsplit("/", 1)[-1]


def _first_page(native: Client, path: str) -> tuple[Rows, list[NativeStatus]]:
    rows = iter(native.list_status(path))
    page = list(itertools.islice(rows, _PAGE_ROWS))
    # A file lists itself.
    if len(page) == 1 and not page[0].isdir and page[0].path.rstrip("/") == path.rstrip("/"):
        raise NotFound(f"cannot list {path}: it is not a directory")
    return rows, page


def row_of(path: str, status: NativeStatus) -> FileStatus:
    """What the NameNode says of a path as a row of ours."""
    return FileStatus(
        path,
        DIRECTORY if status.isdir else FILE,
        status.length,
        status.modification_time,
        status.access_time,
        status.owner,
        status.group,
        status.permission & PERMISSION_BITS,
        status.replication or 0,
        status.blocksize or 0,
    )


def address_of(authority: str, hadoop_conf: Mapping[str, str]) -> str:
    """Host and port, or a name service; the native client takes a bare host for one of those."""
    alone = hadoop_conf.get(f"dfs.namenode.rpc-address.{authority}")
    if alone:
        return alone
    is_service = f"dfs.ha.namenodes.{authority}" in hadoop_conf
    return authority if is_service or ":" in authority else f"{authority}:{NAMENODE_PORT}"


def _at_most(value: str | None, most: int) -> str:
    return value if value is not None and value.isdigit() and int(value) <= most else str(most)

"""HDFS through hdfs-native: no JVM, every block checked against its CRCs by the native client."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from ...model.attributes import NOTHING, Attributes
from ...model.errors import BeingWritten, StoreError
from ...model.units import MIB
from ...model.uri import join_path
from ...model.values import FileStatus
from ...rules.filesum import COMPOSITE_CRC, MD5_OF_CRC, FileChecksum, in_hadoops_order
from ...rules.keys import KeyRange, portions_in_key_order
from ...rules.retry import StorePause
from ...rules.snapshot_diff import SnapshotChange
from ..base import NoChecksum, Reader, Stored, Writer
from ..capabilities import Capabilities
from ..hadoop_conf import is_kerberized, user_name
from ..hadoop_errors import OF_ENCRYPTED, READ_BY_JAVA
from ..hadoop_filesystem import HadoopFileSystem
from ..hadoop_jvm import HadoopJvm, jvm_of_process
from ..kerberos.gssapi import BY_TICKET, Login
from ..name_order import portions_in_name_order
from ..tree_walk import TreeWalk
from ..walk import Portions, Walk
from ..watchdog import TIMEOUT_SECONDS, OutOfTime
from . import joining, snapshots
from .attributes import HdfsAttributes
from .borders import find_borders
from .client import HdfsClient, row_of
from .java_client import JavaClient
from .listing import HdfsListing
from .questions import (
    Policies,
    Supplement,
    checksum_of,
    default_block_size,
    is_being_written,
    policy_of,
    unjoinable,
)
from .reader import HdfsReader
from .webhdfs import WebHdfs, web_addresses
from .writer import HdfsAppender, HdfsWriter, OwnWriter, Way
from .zones import Zones, key_server_of

T = TypeVar("T")

# Bytes under one checksum; block sizes are multiples of it.
CHUNK_BYTES = 512
_NO_CHECKSUMS_SECONDS = 60.0
# What a NameNode says of a way that leads out of an encryption zone.
_FROM_ZONE = "can't be moved from an encryption zone"
_BLOCK_BYTES = 128 * MIB


class HdfsFileSystem(HadoopFileSystem):
    """`authority` is `host:port` or a name service whose NameNodes `hadoop_conf` lists.

    `user` is who asks, whoever runs the process; "" where Kerberos says so: a ticket, a token, the keytab of `login`.
    What new files and directories are given stands in `hadoop_conf`; see `read_creation`. `jvm` is that of the process.
    """

    def __init__(
        self,
        authority: str,
        hadoop_conf: Mapping[str, str],
        user: str = "",
        timeout_seconds: float = TIMEOUT_SECONDS,
        jvm: HadoopJvm | None = None,
        login: Login = BY_TICKET,
    ) -> None:
        self.capabilities = Capabilities(
            "HDFS",
            atomic_put=False,
            multipart=False,
            real_directories=True,
            forbidden_characters=":",
            # CONCAT takes its sources with commas between them.
            unjoinable_characters=",",
            close_seconds=0.5,
            keeps="rbugpcaxte",
            lists_kept="rbugpt",
            checksums=in_hadoops_order((MD5_OF_CRC, COMPOSITE_CRC), hadoop_conf),
            snapshots=True,
            atomic_move=True,
            joins=True,
            appends=True,
            reads_checked=True,
            writes_checked=True,
        )
        self.client = HdfsClient(authority, hadoop_conf, user, timeout_seconds, login)
        self.traffic = self.client.traffic
        # DataNodes that cannot be reached over HTTP from here cost one time-out, not one for every file.
        self._checksum_pause = StorePause(_NO_CHECKSUMS_SECONDS)
        addresses = web_addresses(authority, hadoop_conf)
        if is_kerberized(hadoop_conf):
            self.web = WebHdfs(addresses, "", prove=self._show_who_asks)
        else:
            self.web = WebHdfs(addresses, user or user_name(os.environ))
        self.java = JavaClient(self.client.address, hadoop_conf, jvm or jvm_of_process(user), login)
        self.attributes = HdfsAttributes(self.client, self.web, Supplement(self.web, self.java))
        self.policies = Policies(self.web)
        self._zones = Zones(self.web)
        self.client.find_key_server = lambda: key_server_of(self.web)
        self._listing = HdfsListing(self.client, self.web)
        self._block_size = 0
        self._taken_as_one: set[str] = set()

    def _show_who_asks(self, host: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
        identity = self.client.identity()
        assert identity is not None
        return identity.for_web(host)

    def status(self, path: str) -> FileStatus | None:
        found = self.client.status(path)
        return None if found is None else row_of("", found)

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            portions = (
                self._children(path, directory) if directory else self._listing.pages(path, KeyRange(after, until))
            )
            return Portions(portions_in_key_order(portions_in_name_order(portions)))

        return TreeWalk(list_children, after, until, recursive)

    def _children(self, path: str, relative: str) -> Iterator[list[FileStatus]]:
        """The rows of a directory below a path, page by page."""
        for page in self.client.pages(join_path(path, relative)):
            yield [row_of(f"{relative}/{status.path.rpartition('/')[2]}", status) for status in page]

    def lists_from_any_key(self) -> bool:
        return self._listing.can_leap

    def borders(self, path: str, after: str, until: str, most: int) -> list[str]:
        return find_borders(partial(self._listing.page, path), KeyRange(after, until), most)

    def open_reader(self, path: str, expected_length: int) -> Reader:
        return HdfsReader(self.client, path)

    def refuse_open(self, path: str, length: int, block_size_bytes: int = 0) -> None:
        # Of a file being written the last block does not count, so what is missing shows in the length, but between
        # two blocks, or before the first one, nothing does. A writer ends a block when it is full, unless it was told
        # to end it earlier; to find those, every file would have to be asked about.
        if length % CHUNK_BYTES or self.web.silent_because():
            return
        if not block_size_bytes:
            found = self.client.status(path)
            block_size_bytes = (found.blocksize or 0) if found is not None else 0
        if block_size_bytes and length % block_size_bytes:
            return
        if is_being_written(self.web, path):
            raise BeingWritten(f"somebody has {path} open", "Run the same command with -update once it is closed.")

    def together(self, errand: Callable[[], T]) -> T:
        return self.client.together(errand)

    def put(
        self, path: str, data: bytes, work_path: str, metadata: Mapping[str, str], attributes: Attributes = NOTHING
    ) -> Stored:
        def put() -> Stored:
            return super(HdfsFileSystem, self).put(path, data, work_path, metadata, attributes)

        return self._without_litter(work_path, put)

    def _without_litter(self, work_path: str, errand: Callable[[], T]) -> T:
        """What the errand gives, which writes one file: its calls follow one another on one other thread."""
        try:
            return self.together(errand)
        except OutOfTime:
            # Who was left behind cannot clear up after itself.
            with suppress(StoreError):
                self.client.remove(work_path)
            raise

    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> HdfsWriter:
        """Through the native client, or through Hadoop's own where that one would write the parity wrongly."""
        keep = partial(self.attributes.keep, wanted=attributes) if attributes != NOTHING else None
        directory = path.rpartition("/")[0] or "/"
        ours = self._ours(directory)
        is_silent = bool(self.web.silent_because())
        wrong = "" if is_silent else self.policies.wrong_for(ours or directory, self.make_directory, bool(ours))
        if not wrong:
            # That directory is there by now: those in it come along with their first file, and take after it.
            kind = OwnWriter if ours and not is_silent else HdfsWriter
            return kind(self.client, path, work_path, attributes, keep, Way(cannot_append=self.cannot_join))
        if why := self.java.missing():
            raise StoreError(_hazard(wrong, why))
        return HdfsWriter(self.client, path, work_path, attributes, keep, Way(self.java.create))

    def open_appender(self, path: str, length: int) -> Writer:
        # The native client appends to erasure-coded files, too, and not all of their parity is right then.
        if why := self.web.silent_because():
            raise StoreError(f"nobody can tell whether {path} is erasure-coded: {why}")
        if policy := policy_of(self.web, path):
            raise StoreError(f"{path} has the erasure-coding policy {policy}, and is not appended to")
        return HdfsAppender(self.client, path, length)

    def cannot_join(self, directory: str) -> str:
        return self.web.silent_because() or unjoinable(self.web, directory)

    def block_size(self) -> int:
        """As configured, else as the NameNode has it; one that is too old to say so most likely has Hadoop's own."""
        if not self._block_size:
            stated = self.client.creation.block_size_bytes
            self._block_size = stated or default_block_size(self.web) or _BLOCK_BYTES
        return self._block_size

    def join(self, path: str, pieces: Sequence[tuple[str, int]], check: Callable[[str, Stored], None]) -> Stored:
        return joining.join(self.client, self.web, path, pieces, check)

    def make_directory(self, path: str) -> None:
        self.client.make_directory(path)

    def remove(self, path: str, recursive: bool = False) -> bool:
        return self.client.remove(path, recursive)

    def take_as_one(self, directory: str) -> None:
        self._taken_as_one.add(directory)

    def _ours(self, directory: str) -> str:
        """The directory, taken as one, that this is or lies in; "" for none."""
        while directory not in self._taken_as_one and directory:
            directory = directory.rpartition("/")[0]
        return directory

    def _create(self, path: str, data: bytes, work_path: str) -> bool:
        return self._without_litter(work_path, lambda: super(HdfsFileSystem, self)._create(path, data, work_path))

    def move_to_trash(self, path: str) -> str:
        try:
            return self.client.move_to_trash(path)
        except StoreError as error:
            if _FROM_ZONE in error.message:
                # The native client knows the trash of the home alone, not that of the zone.
                error.hint = READ_BY_JAVA
            raise

    def checksum(self, path: str, family: str) -> FileChecksum:
        self.traffic.read()
        if family == MD5_OF_CRC and not self.web.silent_because():
            if self._zones.hold(path):
                raise NoChecksum(f"no checksum of {path}: {OF_ENCRYPTED}")
            return self._checksum_pause.call(lambda: checksum_of(self.web, path))
        return self.java.checksum(path, family)

    def move(self, path: str, new_path: str) -> None:
        self.client.rename(path, new_path, overwrite=False)

    def make_snapshot(self, root: str, name: str) -> None:
        self.traffic.wrote()
        snapshots.make(self.web, root, name)

    def drop_snapshot(self, root: str, name: str) -> None:
        self.traffic.wrote()
        snapshots.drop(self.web, root, name)

    def changes_between(self, root: str, older: str, newer: str) -> list[SnapshotChange]:
        self.traffic.read()
        return snapshots.changes(self.web, root, older, newer)

    def hazard_below(self, directory: str) -> str:
        if self.web.silent_because():
            return ""
        wrong = self.policies.wrong_for(directory)
        why = self.java.missing() if wrong else ""
        return _hazard(wrong, why) if why else ""

    def blind_spot(self) -> str:
        why = self.web.silent_because()
        if not why:
            return ""
        return (
            "erasure-coding policies other than RS, below which nothing may be written, and files that are being "
            f"written between two blocks cannot be recognised: {why}"
        )


def _hazard(wrong: str, why: str) -> str:
    return f"{wrong}, which only the Java client of Hadoop writes rightly, and {why}"

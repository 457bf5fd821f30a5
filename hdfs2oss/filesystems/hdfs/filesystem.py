"""HDFS through hdfs-native: no JVM, every block checked against its CRCs by the native client."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping

from ...model.attributes import NOTHING, Attributes
from ...model.errors import AlreadyExists, StoreError
from ...model.uri import join_path
from ...model.values import FileStatus
from ...rules.filesum import MD5_OF_CRC, FileChecksum
from ...rules.filters import work_path_beside
from ...rules.keys import in_key_order
from ...rules.parity import is_written_rightly
from ...rules.retry import StorePause
from ...rules.snapshot_diff import SnapshotChange
from ..base import Capabilities, FileSystem, NoChecksum, Reader, Walk, Writer, check_length
from ..hadoop_conf import user_name
from ..tree_walk import TreeWalk
from ..watchdog import TIMEOUT_SECONDS
from . import snapshots
from .attributes import HdfsAttributes
from .client import HdfsClient, row_of
from .order import in_name_order
from .questions import checksum_of, is_being_written, policy_of
from .reader import HdfsReader
from .webhdfs import WebHdfs, web_addresses
from .writer import HdfsWriter

# Bytes under one checksum; block sizes are multiples of it.
CHUNK_BYTES = 512
_NO_CHECKSUMS_SECONDS = 60.0


class HdfsFileSystem(FileSystem):
    """`authority` is `host:port` or a name service whose NameNodes `hadoop_conf` lists.

    `user` is who asks, whoever runs the process; "" where a Kerberos ticket or token says who it is.
    What new files and directories are given stands in `hadoop_conf`; see `read_creation`.
    """

    def __init__(
        self,
        authority: str,
        hadoop_conf: Mapping[str, str],
        user: str = "",
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.capabilities = Capabilities(
            "HDFS",
            atomic_put=False,
            multipart=False,
            real_directories=True,
            forbidden_characters=":",
            close_seconds=0.5,
            keeps="rbugpcaxte",
            lists_kept="rbugpt",
            checksums=(MD5_OF_CRC,),
            snapshots=True,
            atomic_move=True,
        )
        self.client = HdfsClient(authority, hadoop_conf, user, timeout_seconds)
        self.traffic = self.client.traffic
        # DataNodes that cannot be reached over HTTP from here cost one time-out, not one for every file.
        self._checksum_pause = StorePause(_NO_CHECKSUMS_SECONDS)
        self.web = WebHdfs(web_addresses(authority, hadoop_conf), user or user_name(os.environ))
        self.attributes = HdfsAttributes(self.client, self.web)

    def status(self, path: str) -> FileStatus | None:
        found = self.client.status(path)
        return None if found is None else row_of("", found)

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            return in_key_order(in_name_order(self._children(join_path(path, directory), directory)))

        return TreeWalk(list_children, after, until, recursive)

    def _children(self, path: str, relative: str) -> Iterator[FileStatus]:
        """The rows of one directory in the NameNode's order."""
        prefix = f"{relative}/" if relative else ""
        for page in self.client.pages(path):
            for status in page:
                name = status.path.rsplit("/", 1)[-1]
                yield row_of(prefix + name, status)

    def open_reader(self, path: str, expected_length: int) -> Reader:
        reader = HdfsReader(self.client, path)
        # Of a file being written the last block does not count, so what is missing shows in the length, but between
        # two blocks, or before the first one, nothing does. Blocks end behind a whole chunk, unless a writer asked
        # for an end elsewhere; to find those, every file would have to be asked about.
        if reader.length % CHUNK_BYTES == 0 and not self.web.silent_because() and is_being_written(self.web, path):
            raise StoreError(f"{path} is still being written", "Run the same command with -update once it is closed.")
        return reader

    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> Writer:
        return HdfsWriter(self.client, path, work_path, attributes, self.attributes)

    def make_directory(self, path: str) -> None:
        self.client.make_directory(path)

    def remove(self, path: str, recursive: bool = False) -> bool:
        return self.client.remove(path, recursive)

    def create_exclusive(self, path: str, data: bytes) -> bool:
        work_path = work_path_beside(path, uuid.uuid4().hex)
        writer = HdfsWriter(self.client, path, work_path)
        with writer:
            writer.write(data)
            try:
                writer.commit(lambda stored: check_length(path, stored, len(data)), overwrite=False)
            except AlreadyExists:
                return False
        return True

    def checksum(self, path: str, family: str) -> FileChecksum:
        if family != MD5_OF_CRC:
            return super().checksum(path, family)
        if why := self.web.silent_because():
            raise NoChecksum(f"the checksum of {path} is not known: {why}")
        self.traffic.read()
        return self._checksum_pause.call(lambda: checksum_of(self.web, path))

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
        path = directory
        while (policy := policy_of(self.web, path)) is None and path != "/":
            path = path.rpartition("/")[0] or "/"
        if is_written_rightly(policy or ""):
            return ""
        return (
            f"the directory {path} has the erasure-coding policy {policy}, and its parity would be written wrongly: "
            "the bytes are lost with the first DataNode"
        )

    def blind_spot(self) -> str:
        why = self.web.silent_because()
        if not why:
            return ""
        return (
            "erasure-coding policies other than RS, below which nothing may be written, and files that are being "
            f"written between two blocks cannot be recognised: {why}"
        )

    def read_attributes(self, path: str, kind: str, letters: str) -> Attributes:
        return self.attributes.read(path, letters)

    def keep_attributes(self, path: str, kind: str, attributes: Attributes) -> bool:
        return self.attributes.keep(path, attributes)

    def refuse_attributes(self, letters: str) -> None:
        self.attributes.refuse(letters)

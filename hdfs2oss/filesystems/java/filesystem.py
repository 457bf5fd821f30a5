"""A file system through Hadoop's Java client: any scheme that client knows; see `traits` for what each can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ...model.attributes import NOTHING, Attributes
from ...model.errors import AlreadyExists, BeingWritten, NotFound, StoreError
from ...model.uri import join_path
from ...model.values import FileStatus
from ...rules.filesum import COMPOSITE_CRC, MD5_OF_CRC, FileChecksum, in_hadoops_order, sent_by_hadoop
from ..base import NoChecksum, Reader
from ..capabilities import Capabilities
from ..hadoop_errors import OF_ENCRYPTED
from ..hadoop_filesystem import HadoopFileSystem
from ..hadoop_jvm import HadoopJvm, jvm_of_process
from ..kerberos.gssapi import BY_TICKET, Login
from ..tree_walk import TreeWalk
from ..walk import Walk
from . import renaming
from .attributes import JavaAttributes
from .client import Classes, JavaStore
from .listing import children
from .reader import JavaReader, sent
from .rows import status_of
from .traits import Publication, traits_of
from .writer import JavaWriter

_MODES = {MD5_OF_CRC: "MD5MD5CRC", COMPOSITE_CRC: "COMPOSITE_CRC"}
# A file of many blocks: each of them is asked about.
_CHECKSUM_SECONDS = 300.0
# Who says whether somebody writes to a file.
_TELL_OPEN = ("hdfs", "viewfs")


class JavaFileSystem(HadoopFileSystem):
    """`scheme://authority`, asked as `user`, or as Kerberos says where that is "". `jvm` is that of the process."""

    def __init__(
        self,
        scheme: str,
        authority: str,
        hadoop_conf: Mapping[str, str],
        user: str = "",
        login: Login = BY_TICKET,
        jvm: HadoopJvm | None = None,
    ) -> None:
        self._traits = traits = traits_of(scheme)
        self.capabilities = Capabilities(
            traits.counter_name,
            atomic_put=False,
            multipart=False,
            real_directories=traits.real_directories,
            forbidden_characters=traits.forbidden_characters,
            keeps=traits.keeps,
            lists_kept="".join(letter for letter in "rbugpt" if letter in traits.keeps),
            checksums=in_hadoops_order(traits.checksums, hadoop_conf),
            atomic_move=traits.atomic_move,
            reads_checked=traits.is_checked,
            writes_checked=traits.is_checked,
        )
        self._store = JavaStore(scheme, authority, hadoop_conf, jvm or jvm_of_process(user, carries_files=True), login)
        self.traffic = self._store.traffic
        self.attributes = JavaAttributes(self._store)
        self._block_size = 0

    def status(self, path: str) -> FileStatus | None:
        def look(filesystem: Any, classes: Classes) -> bytes:
            return sent(filesystem.getFileStatus(classes.path(path)), classes)

        try:
            return status_of(self._store.look(f"look at {path}", look))
        except NotFound:
            return None

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            prefix = f"{directory}/" if directory else ""
            return children(self._store, join_path(path, directory), prefix, self._traits.is_paged)

        return TreeWalk(list_children, after, until, recursive)

    def open_reader(self, path: str, expected_length: int) -> Reader:
        return JavaReader(self._store, path)

    def refuse_open(self, path: str, length: int, block_size_bytes: int = 0) -> None:
        if self._store.scheme not in _TELL_OPEN:
            return

        def is_closed(filesystem: Any, classes: Classes) -> bool:
            filesystem, place = self._behind_views(filesystem, classes.path(path))
            if str(filesystem.getScheme()) != "hdfs":
                return True
            return bool(filesystem.isFileClosed(place))

        if not self._store.look(f"ask who writes to {path}", is_closed):
            raise BeingWritten(f"somebody has {path} open", "Run the same command with -update once it is closed.")

    def _behind_views(self, filesystem: Any, place: Any) -> tuple[Any, Any]:
        """Where a path of a view leads to; any other path leads to itself."""
        if self._store.scheme != "viewfs":
            return filesystem, place
        place = filesystem.resolvePath(place)
        return place.getFileSystem(filesystem.getConf()), place

    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> JavaWriter:
        if why := self.hazard_below(path):
            raise StoreError(why)
        keep = partial(self.attributes.keep, wanted=attributes) if attributes != NOTHING else None
        return JavaWriter(self._store, path, work_path, attributes, keep, self.make_directory)

    def block_size(self) -> int:
        def ask(filesystem: Any, classes: Classes) -> int:
            return int(filesystem.getDefaultBlockSize(classes.path("/")))

        self._block_size = self._block_size or self._store.look("ask for the size of blocks", ask)
        return self._block_size

    def make_directory(self, path: str) -> None:
        what = f"make the directory {path}"
        if not self._store.change(what, lambda fs, classes: bool(fs.mkdirs(classes.path(path)))):
            raise StoreError(f"cannot {what}: the store says no, and not why")

    def remove(self, path: str, recursive: bool = False) -> bool:
        def delete(filesystem: Any, classes: Classes) -> bool:
            return bool(filesystem.delete(classes.path(path), recursive))

        try:
            return self._store.change(f"remove {path}", delete, brings_nothing=True)
        except NotFound:
            return False

    def move_to_trash(self, path: str) -> str:
        def discard(filesystem: Any, classes: Classes) -> str:
            place = classes.path(path)
            if not classes.trash.moveToAppropriateTrash(filesystem, place, filesystem.getConf()):
                return ""
            return f"{filesystem.getTrashRoot(place).toUri().getPath()}/Current{path}"

        if not self._traits.has_trash:
            return ""
        return self._store.change(f"move {path} to the trash", discard, brings_nothing=True)

    def create_exclusive(self, path: str, data: bytes) -> bool:
        if self._traits.publication is not Publication.RENAMED_OVER:
            raise StoreError(f"cannot write {path}: on {self._store.place} nobody is sure to be the first")
        return super().create_exclusive(path, data)

    def move(self, path: str, new_path: str) -> None:
        if self.status(path) is None:
            raise NotFound(f"cannot move {path}: there is no such path")
        if self.status(new_path) is not None:
            raise AlreadyExists(f"cannot move {path} to {new_path}: the path is taken")
        self.make_directory(new_path.rpartition("/")[0] or "/")
        renaming.move(self._store, path, new_path)

    def checksum(self, path: str, family: str) -> FileChecksum:
        if family not in self.capabilities.checksums:
            raise NoChecksum(f"{self._store.place} states no such checksum of {path}")

        def ask(filesystem: Any, classes: Classes) -> tuple[str, str]:
            filesystem, place = self._behind_views(filesystem, classes.path(path))
            if filesystem.getFileStatus(place).isEncrypted():
                raise NoChecksum(f"no checksum of {path}: {OF_ENCRYPTED}")
            found = filesystem.getFileChecksum(place)
            return ("", "") if found is None else (str(found.getAlgorithmName()), bytes(found.getBytes()).hex())

        what = f"ask for the checksum of {path}"
        algorithm, digits = self._store.look(what, ask, _MODES[family], _CHECKSUM_SECONDS)
        stated = sent_by_hadoop(algorithm, digits)
        if stated is None:
            raise NoChecksum(f"{self._store.place} states no checksum of {path}")
        return stated

    def hazard_below(self, directory: str) -> str:
        if self._traits.publication is not Publication.NONE:
            return ""
        return (
            f"nobody knows how a file appears whole or not at all on {self._store.scheme}://, so nothing is written "
            "there: it can be a source only"
        )

    def blind_spot(self) -> str:
        if self._store.scheme in _TELL_OPEN or self._traits.publication is Publication.CLOSED:
            return ""
        return f"files that are being written cannot be recognised: {self._store.scheme}:// does not tell"

"""A file system in memory: everything a store can do, with capabilities to be switched on and off.

With `real_directories` off it behaves like an object store: directories are implied by the files below
them, vanish with the last one, and `make_directory` leaves a marker.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence

from hdfs2oss.filesystems.base import FileSystem, OpenUpload, Reader, Stored, Writer
from hdfs2oss.filesystems.body import Body
from hdfs2oss.filesystems.capabilities import Capabilities
from hdfs2oss.filesystems.traffic import Traffic
from hdfs2oss.filesystems.tree_walk import TreeWalk
from hdfs2oss.filesystems.walk import Portions, Walk
from hdfs2oss.model.attributes import NOTHING, PRESERVABLE, Attributes
from hdfs2oss.model.errors import AlreadyExists, CorruptData, NotFound, StoreError
from hdfs2oss.model.uri import join_path
from hdfs2oss.model.values import DIRECTORY, FILE, FileStatus, StoredPart
from hdfs2oss.rules.checksum import compose_crc64, crc32c, crc64
from hdfs2oss.rules.filesum import COMPOSITE_CRC, COMPOSITE_CRC32C, CRC64, FileChecksum
from hdfs2oss.rules.keys import KeyRange
from hdfs2oss.rules.preservation import changes, merged, of_status
from tests.stores.memory_streams import MemoryAppender, MemoryDirectory, MemoryFile, MemoryReader, MemoryWriter

LIKE_HDFS = Capabilities(
    "HDFS",
    atomic_put=False,
    multipart=False,
    real_directories=True,
    forbidden_characters=":",
    keeps=PRESERVABLE,
    lists_kept="rbugpt",
    reads_checked=True,
    writes_checked=True,
)
LIKE_OSS = Capabilities(
    "OSS", atomic_put=True, multipart=True, real_directories=False, keeps=PRESERVABLE, attributes_limit_bytes=7680
)
EVERYTHING = Capabilities(
    "MEMORY",
    atomic_put=True,
    multipart=True,
    real_directories=True,
    keeps=PRESERVABLE,
    lists_kept="rbugpt",
    reads_checked=True,
    writes_checked=True,
)


Node = MemoryFile | MemoryDirectory


class MemoryFileSystem(FileSystem):
    """`clock_ms` gives the time of each write; `place` arranges files with any attributes."""

    def __init__(self, capabilities: Capabilities = EVERYTHING, clock_ms: Callable[[], int] | None = None) -> None:
        self.capabilities = capabilities
        self.traffic = Traffic()
        self._clock_ms = clock_ms or (lambda: time.time_ns() // 1_000_000)
        self._lock = threading.RLock()
        self._root = MemoryDirectory(FileStatus("", DIRECTORY), marked=True)
        self._uploads: dict[str, tuple[str, dict[int, bytes]]] = {}
        self._begun_ms: dict[str, int] = {}
        self._upload_attributes: dict[str, Attributes] = {}
        self._completed: dict[str, Stored] = {}

    # Arranging and looking, for tests.

    def place(self, path: str, data: bytes = b"", **attributes: object) -> None:
        """Put a file there with the given fields of its status (mtime_ms, owner, kind, ...)."""
        self._publish(path, data, {})
        node = self._find(path)
        assert isinstance(node, MemoryFile)
        node.status = node.status._replace(**attributes)  # type: ignore[arg-type]

    def files(self) -> dict[str, bytes]:
        """All files by their paths, sorted."""
        with self._lock:
            return {path: node.data for path, node in sorted(_flatten(self._root, ""))}

    def file(self, path: str) -> MemoryFile:
        """One file with its metadata and notes. Raises NotFound."""
        node = self._find(path)
        if not isinstance(node, MemoryFile):
            raise NotFound(f"no file {path}")
        return node

    def open_uploads(self) -> list[str]:
        """Ids of uploads neither completed nor aborted."""
        return sorted(self._uploads)

    # FileSystem

    def status(self, path: str) -> FileStatus | None:
        self.traffic.read()
        node = self._find(path)
        return node.status if node else None

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            return Portions([self._children(join_path(path, directory), directory)])

        return TreeWalk(list_children, after, until, recursive)

    def _children(self, path: str, relative: str) -> list[FileStatus]:
        self.traffic.listed()
        with self._lock:
            node = self._find(path)
            if not isinstance(node, MemoryDirectory):
                raise NotFound(f"cannot list {path}: there is no such directory")
            prefix = f"{relative}/" if relative else ""
            rows = [child.status._replace(path=prefix + name) for name, child in node.children.items()]
        return sorted(rows, key=lambda row: row.key)

    def borders(self, path: str, after: str, until: str, most: int) -> list[str]:
        """Behind every other name; some of them are none that is there."""
        children = KeyRange(after, until)
        keys = [row.key for row in self._children(path, "") if children.holds(row.key)]
        return sorted({key.rstrip("/") + "/" for key in keys[::2]})[:most]

    def open_reader(self, path: str, expected_length: int) -> Reader:
        self.traffic.read()
        node = self._find(path)
        if not isinstance(node, MemoryFile):
            raise NotFound(f"cannot read {path}: there is no such file")
        return MemoryReader(self, path, node)

    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> Writer:
        return MemoryWriter(self, path, work_path, attributes)

    def put(
        self, path: str, data: bytes, work_path: str, metadata: Mapping[str, str], attributes: Attributes = NOTHING
    ) -> Stored:
        self.traffic.wrote(len(data))
        return self._publish(path, bytes(data), metadata, attributes)

    def make_directory(self, path: str) -> None:
        self.traffic.wrote()
        with self._lock:
            self._directory(path, mark=True)

    def remove(self, path: str, recursive: bool = False) -> bool:
        self.traffic.wrote()
        with self._lock:
            node = self._find(path)
            if node is None:
                return False
            if isinstance(node, MemoryDirectory) and node.children and not recursive:
                raise AlreadyExists(f"cannot remove {path}: the directory is not empty")
            self._detach(path)
            return True

    def create_exclusive(self, path: str, data: bytes) -> bool:
        self.traffic.wrote(len(data))
        with self._lock:
            if self._find(path) is not None:
                return False
            self._publish(path, bytes(data), {})
            return True

    def begin_upload(self, path: str, attributes: Attributes = NOTHING) -> str:
        self.traffic.wrote()
        upload_id = uuid.uuid4().hex
        self._begun_ms[upload_id] = self._clock_ms()
        self._uploads[upload_id] = (path, {})
        self._upload_attributes[upload_id] = attributes
        return upload_id

    def put_part(self, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
        data = body.whole()
        self.traffic.wrote(len(data))
        with self._lock:
            self._upload(path, upload_id)[number] = bytes(data)
        value = crc64(data)
        return StoredPart(number, f"{value:016X}", value, len(data))

    def copy_part(self, path: str, etag: str, offset: int, size: int, upload_id: str, number: int) -> StoredPart:
        file = self.file(path)
        if file.status.etag != etag:
            raise CorruptData(f"{path} is another version")
        data = file.data[offset : offset + size]
        with self._lock:
            self._upload(path, upload_id)[number] = data
        return StoredPart(number, f"{crc64(data):016X}", crc64(data), len(data))

    def open_appender(self, path: str, length: int) -> Writer:
        if len(self.file(path).data) != length:
            raise StoreError(f"{path} has not {length} bytes")
        return MemoryAppender(self, path)

    def cannot_join(self, directory: str) -> str:
        return "" if self.capabilities.joins else "files are one stream in this memory"

    def join(self, path: str, pieces: Sequence[tuple[str, int]], check: Callable[[str, Stored], None]) -> Stored:
        self.traffic.wrote()
        first = pieces[0][0]
        if self.status(first) is None and (there := self.status(path)) is not None:
            found = Stored(there.length, there.etag, there.mtime_ms)
            check(path, found)
            return found
        data = b"".join(self.file(piece).data for piece, _ in pieces)
        for piece, _ in pieces[1:]:
            self.remove(piece)
        stored = self._publish(first, data, {})
        check(first, stored)
        self._move(first, path)
        return stored

    def complete_upload(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        self.traffic.wrote()
        with self._lock:
            if upload_id in self._completed:
                return self._completed[upload_id]
            held = self._upload(path, upload_id)
            for part in parts:
                if part.number not in held or crc64(held[part.number]) != part.crc64:
                    raise CorruptData(f"part {part.number} of {path} is not what was sent")
            stored = self._publish(
                path, b"".join(held[part.number] for part in parts), {}, self._upload_attributes[upload_id]
            )
            if stored.crc64 != compose_crc64((part.crc64, part.length) for part in parts):
                raise CorruptData(f"{path} is not the sum of its parts")
            del self._uploads[upload_id]
            self._completed[upload_id] = stored
            return stored

    def abort_upload(self, path: str, upload_id: str) -> None:
        self.traffic.wrote()
        self._uploads.pop(upload_id, None)

    def find_uploads(self, path: str) -> list[OpenUpload]:
        self.traffic.listed()
        with self._lock:
            found = [(name, upload_id) for upload_id, (name, _) in self._uploads.items()]
        return [
            OpenUpload(name, upload_id, self._begun_ms[upload_id])
            for name, upload_id in sorted(found)
            if name == path or name.startswith(path.rstrip("/") + "/")
        ]

    def checksum(self, path: str, family: str) -> FileChecksum:
        self.traffic.read()
        file = self.file(path)
        if family == COMPOSITE_CRC:
            return file.checksum or FileChecksum(COMPOSITE_CRC32C, f"{crc32c(file.data):08x}")
        algorithm = CRC64 if family == CRC64 else f"{family} OF MEMORY"
        return file.checksum or FileChecksum(algorithm, f"{crc64(file.data):016x}")

    def keep_note(self, path: str, notes: Mapping[str, str]) -> None:
        self.traffic.wrote()
        self.file(path).notes = dict(notes)

    def read_notes(self, path: str) -> dict[str, str]:
        """What was kept with a file: its metadata and its notes. Raises NotFound."""
        self.traffic.read()
        return {**self.file(path).metadata, **self.file(path).notes}

    def read_attributes(self, path: str, kind: str, letters: str) -> Attributes:
        self.traffic.read()
        return self._known(path, kind).only(letters)

    def keep_attributes(self, path: str, kind: str, attributes: Attributes) -> bool:
        self.traffic.wrote()
        with self._lock:
            if kind == DIRECTORY and not self.capabilities.real_directories:
                self._directory(path, mark=True)
            if changes(attributes, self._known(path, kind)) == NOTHING:
                return False
            self._give(path, attributes)
            return True

    def _known(self, path: str, kind: str) -> Attributes:
        node = self._find(path)
        if node is None or (kind == DIRECTORY) != isinstance(node, MemoryDirectory):
            raise NotFound(f"cannot read the attributes of {path}: there is no such path")
        return merged(node.kept, of_status(node.status)) if self.capabilities.lists_kept else node.kept

    def _give(self, path: str, wanted: Attributes) -> None:
        """Kept beside the status, which tells what listings of this store tell."""
        node = self._find(path)
        assert node is not None
        node.kept = merged(wanted, node.kept)
        if self.capabilities.lists_kept:
            known = {name: value for name, value in wanted._asdict().items() if name in FileStatus._fields}
            node.status = node.status._replace(**{name: value for name, value in known.items() if value is not None})

    # The tree

    def _find(self, path: str) -> Node | None:
        node: Node = self._root
        for name in path.split("/"):
            if not name:
                continue
            child = node.children.get(name) if isinstance(node, MemoryDirectory) else None
            if child is None:
                return None
            node = child
        return node

    def _directory(self, path: str, mark: bool = False) -> MemoryDirectory:
        marked = mark or self.capabilities.real_directories
        node = self._root
        for name in path.split("/"):
            if not name:
                continue
            if name not in node.children:
                made = FileStatus("", DIRECTORY, mtime_ms=self._clock_ms())
                node.children[name] = MemoryDirectory(made, self.capabilities.real_directories)
            child = node.children[name]
            if isinstance(child, MemoryFile):
                raise AlreadyExists(f"cannot make the directory {path}: {name} is a file")
            node = child
        node.marked = node.marked or marked
        return node

    def _publish(self, path: str, data: bytes, metadata: Mapping[str, str], attributes: Attributes = NOTHING) -> Stored:
        with self._lock:
            if set(path) & set(self.capabilities.forbidden_characters):
                raise StoreError(f"cannot write {path}: the name is not allowed here")
            parent, name = _split(path)
            directory = self._directory(parent)
            if isinstance(directory.children.get(name), MemoryDirectory):
                raise AlreadyExists(f"cannot write {path}: it is a directory")
            value = crc64(data)
            etag = f"{value:016X}"
            status = FileStatus("", FILE, len(data), self._clock_ms(), etag=etag)
            directory.children[name] = MemoryFile(data, status, dict(metadata))
            self._give(path, attributes)
            # Like HDFS, a store that may be asked for composed checksums says nothing of a CRC-64; nor do files.
            can = self.capabilities
            is_stated = can.multipart or (COMPOSITE_CRC not in can.checksums and can.counter_name != "FILE")
            return Stored(len(data), etag, directory.children[name].status.mtime_ms, value if is_stated else None)

    def _move(self, path: str, new_path: str) -> None:
        self.traffic.wrote()
        with self._lock:
            node = self._find(path)
            assert node is not None
            if isinstance(self._find(new_path), MemoryDirectory):
                raise AlreadyExists(f"cannot rename {path} to {new_path}: the path is taken")
            parent, name = _split(new_path)
            self._directory(parent).children[name] = node
            self._detach(path)

    def _detach(self, path: str) -> None:
        parent, name = _split(path)
        directory = self._find(parent)
        assert isinstance(directory, MemoryDirectory)
        del directory.children[name]
        if not directory.children and not directory.marked:
            self._detach(parent)

    def _upload(self, path: str, upload_id: str) -> dict[int, bytes]:
        if upload_id not in self._uploads or self._uploads[upload_id][0] != path:
            raise NotFound(f"the upload {upload_id} of {path} is gone")
        return self._uploads[upload_id][1]


def _split(path: str) -> tuple[str, str]:
    parent, _, name = path.rstrip("/").rpartition("/")
    return parent, name


def _flatten(directory: MemoryDirectory, path: str) -> Iterator[tuple[str, MemoryFile]]:
    for name, child in directory.children.items():
        if isinstance(child, MemoryFile):
            yield f"{path}/{name}", child
        else:
            yield from _flatten(child, f"{path}/{name}")

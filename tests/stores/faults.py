"""A file system that fails where it is told to, round any other.

    FlakyFileSystem(store, Fault("read", path="b.bin", after=1024), Fault("put", times=1))

A fault hits calls of its operation on paths that contain `path`, after the first `skip` of them, and at
most `times` times. What `after` means:

    operation                after
    read                     bytes given before the error
    list                     rows of the directory given before the error
    write                    bytes taken before the error
    all others               no meaning
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hdfs2oss.filesystems.base import FileSystem, OpenUpload, Reader, Stored, Writer
from hdfs2oss.filesystems.body import Body
from hdfs2oss.filesystems.tree_walk import TreeWalk
from hdfs2oss.filesystems.walk import Walk
from hdfs2oss.model.attributes import NOTHING, Attributes
from hdfs2oss.model.errors import StoreError, Unreachable
from hdfs2oss.model.uri import join_path
from hdfs2oss.model.values import FileStatus, StoredPart
from hdfs2oss.rules.filesum import FileChecksum

T = TypeVar("T")
OPERATIONS = [
    "status",
    "list",
    "open",
    "refuse_open",
    "read",
    "write",
    "commit",
    "put",
    "make_directory",
    "remove",
    "create",
    "begin",
    "part",
    "complete",
    "abort",
    "uploads",
    "note",
    "attributes",
    "keep",
    "checksum",
    "append",
    "copy",
    "join",
]


@dataclass
class Fault:
    """One rule. `times` < 0 means always; `damage` alters what is read instead of failing."""

    operation: str
    path: str = ""
    error: type[StoreError] = Unreachable
    after: int = 0
    skip: int = 0
    times: int = -1
    damage: Callable[[bytes], bytes] | None = None
    # Runs just when the fault strikes, before the error; with `silent` there is no error.
    meanwhile: Callable[[], None] | None = None
    silent: bool = False
    struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ValueError(f"no operation is called {self.operation!r}")


def flip_first_byte(data: bytes) -> bytes:
    """Damage for `Fault.damage`: same length, other bytes."""
    return bytes([data[0] ^ 0xFF]) + data[1:] if data else data


def cut_last_byte(data: bytes) -> bytes:
    """Damage for `Fault.damage`: one byte is missing."""
    return data[:-1]


class FlakyFileSystem(FileSystem):
    """Passes everything to the wrapped store, except where a fault strikes.

    `calls` lists (operation, path) of everything that was asked, in order.
    """

    def __init__(self, wrapped: FileSystem, *faults: Fault) -> None:
        self.wrapped = wrapped
        self.capabilities = wrapped.capabilities
        self.traffic = wrapped.traffic
        self.faults = list(faults)
        self.calls: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def strike(self, operation: str, path: str) -> Fault | None:
        """Note a call, and give the fault that is due for it, already counted."""
        with self._lock:
            self.calls.append((operation, path))
            for fault in self.faults:
                if fault.operation != operation or fault.path not in path or fault.times == 0:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                fault.struck += 1
                return fault
        return None

    def meet(self, operation: str, path: str) -> None:
        """Raise the error of the fault that is due, if one is."""
        fault = self.strike(operation, path)
        if fault is not None:
            fail(fault, operation, path)

    def status(self, path: str) -> FileStatus | None:
        self.meet("status", path)
        return self.wrapped.status(path)

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            return self._children(join_path(path, directory), directory)

        return TreeWalk(list_children, after, until, recursive)

    def borders(self, path: str, after: str, until: str, most: int) -> list[str]:
        self.meet("list", path)
        return self.wrapped.borders(path, after, until, most)

    def _children(self, path: str, relative: str) -> Iterator[FileStatus]:
        fault = self.strike("list", path)
        prefix = f"{relative}/" if relative else ""
        if fault is not None and not fault.after:
            # A store that does not answer does not say that there is no such directory either.
            fail(fault, "list", path)
            fault = None
        for given, row in enumerate(self.wrapped.walk(path, recursive=False)):
            if fault is not None and given >= fault.after:
                fail(fault, "list", path)
                fault = None
            yield row._replace(path=prefix + row.path)
        if fault is not None:
            fail(fault, "list", path)

    def open_reader(self, path: str, expected_length: int) -> Reader:
        self.meet("open", path)
        return _FlakyReader(self, path, self.wrapped.open_reader(path, expected_length))

    def refuse_open(self, path: str, length: int, block_size_bytes: int = 0) -> None:
        # Asked of each file of a copy, so that those who count calls do not mean it.
        if any(fault.operation == "refuse_open" for fault in self.faults):
            self.meet("refuse_open", path)
        self.wrapped.refuse_open(path, length, block_size_bytes)

    def together(self, errand: Callable[[], T]) -> T:
        return self.wrapped.together(errand)

    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> Writer:
        return _FlakyWriter(self, path, self.wrapped.open_writer(path, work_path, attributes))

    def open_appender(self, path: str, length: int) -> Writer:
        self.meet("append", path)
        return _FlakyWriter(self, path, self.wrapped.open_appender(path, length))

    def put(
        self, path: str, data: bytes, work_path: str, metadata: Mapping[str, str], attributes: Attributes = NOTHING
    ) -> Stored:
        self.meet("put", path)
        return self.wrapped.put(path, data, work_path, metadata, attributes)

    def make_directory(self, path: str) -> None:
        self.meet("make_directory", path)
        self.wrapped.make_directory(path)

    def remove(self, path: str, recursive: bool = False) -> bool:
        self.meet("remove", path)
        return self.wrapped.remove(path, recursive)

    def take_as_one(self, directory: str) -> None:
        self.wrapped.take_as_one(directory)

    def create_exclusive(self, path: str, data: bytes) -> bool:
        self.meet("create", path)
        return self.wrapped.create_exclusive(path, data)

    def begin_upload(self, path: str, attributes: Attributes = NOTHING) -> str:
        self.meet("begin", path)
        return self.wrapped.begin_upload(path, attributes)

    def put_part(self, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
        self.meet("part", path)
        return self.wrapped.put_part(path, upload_id, number, body)

    def copy_part(self, path: str, etag: str, offset: int, size: int, upload_id: str, number: int) -> StoredPart:
        self.meet("copy", path)
        return self.wrapped.copy_part(path, etag, offset, size, upload_id, number)

    def cannot_join(self, directory: str) -> str:
        return self.wrapped.cannot_join(directory)

    def block_size(self) -> int:
        return self.wrapped.block_size()

    def join(self, path: str, pieces: Sequence[tuple[str, int]], check: Callable[[str, Stored], None]) -> Stored:
        self.meet("join", path)
        return self.wrapped.join(path, pieces, check)

    def complete_upload(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        self.meet("complete", path)
        return self.wrapped.complete_upload(path, upload_id, parts)

    def abort_upload(self, path: str, upload_id: str) -> None:
        self.meet("abort", path)
        self.wrapped.abort_upload(path, upload_id)

    def find_uploads(self, path: str) -> list[OpenUpload]:
        self.meet("uploads", path)
        return self.wrapped.find_uploads(path)

    def checksum(self, path: str, family: str) -> FileChecksum:
        self.meet("checksum", path)
        return self.wrapped.checksum(path, family)

    def keep_note(self, path: str, notes: Mapping[str, str]) -> None:
        self.meet("note", path)
        self.wrapped.keep_note(path, notes)

    def read_attributes(self, path: str, kind: str, letters: str) -> Attributes:
        self.meet("attributes", path)
        return self.wrapped.read_attributes(path, kind, letters)

    def keep_attributes(self, path: str, kind: str, attributes: Attributes) -> bool:
        self.meet("keep", path)
        return self.wrapped.keep_attributes(path, kind, attributes)

    def refuse_attributes(self, letters: str) -> None:
        self.wrapped.refuse_attributes(letters)

    def close(self) -> None:
        self.wrapped.close()


def fail(fault: Fault, operation: str, path: str) -> None:
    """Let a fault strike."""
    if fault.meanwhile is not None:
        fault.meanwhile()
    if not fault.silent and fault.damage is None:
        raise fault.error(f"cannot {operation} {path}: as the test wants it")


class _FlakyReader(Reader):
    def __init__(self, owner: FlakyFileSystem, path: str, wrapped: Reader) -> None:
        self._owner = owner
        self._path = path
        self._wrapped = wrapped
        self.length = wrapped.length
        self.etag = wrapped.etag
        self.crc64 = wrapped.crc64

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        fault = self._owner.strike("read", self._path)
        given = 0
        for piece in self._wrapped.stream(offset, size, piece_bytes):
            if fault is not None and given + len(piece) > fault.after:
                if fault.damage is not None:
                    piece = fault.damage(piece)
                fail(fault, "read", self._path)
                fault = None
            given += len(piece)
            yield piece

    def attributes(self) -> Attributes | None:
        return self._wrapped.attributes()

    def close(self) -> None:
        self._wrapped.close()


class _FlakyWriter(Writer):
    def __init__(self, owner: FlakyFileSystem, path: str, wrapped: Writer) -> None:
        self._owner = owner
        self._path = path
        self._wrapped = wrapped
        self._fault = owner.strike("write", path)
        self._taken = 0

    def write(self, data: bytes) -> None:
        fault = self._fault
        if fault is not None and self._taken + len(data) > fault.after:
            self._fault = None
            if fault.damage is not None:
                data = fault.damage(data)
            fail(fault, "write", self._path)
        self._taken += len(data)
        self._wrapped.write(data)

    def commit(self, check: Callable[[Stored], None]) -> Stored:
        self._owner.meet("commit", self._path)
        return self._wrapped.commit(check)

    def abort(self) -> None:
        self._wrapped.abort()


class ForgetfulFileSystem(FlakyFileSystem):
    """Leaves `forgotten` rows of its walks out without a word, those whose path ends in `ending`."""

    def __init__(self, wrapped: FileSystem, ending: str, forgotten: int = 1) -> None:
        super().__init__(wrapped)
        self._ending = ending
        self.left = forgotten

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        return _ForgetfulWalk(self, super().walk(path, after, until, recursive))

    def forgets(self, row: FileStatus) -> bool:
        """Whether this row is one to leave out; it is counted as such."""
        if not self.left or not row.path.endswith(self._ending):
            return False
        self.left -= 1
        return True


class _ForgetfulWalk(Walk):
    def __init__(self, owner: ForgetfulFileSystem, wrapped: Walk) -> None:
        self.given = wrapped.given
        self._owner = owner
        self._wrapped = wrapped

    def __next__(self) -> FileStatus:
        row = next(self._wrapped)
        return next(self) if self._owner.forgets(row) else row

    def stop_descending(self) -> None:
        self._wrapped.stop_descending()

    def seek(self, key: str) -> None:
        self._wrapped.seek(key)

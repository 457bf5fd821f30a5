"""What every store can be asked. A path is absolute and starts with a slash; the root is `/`.

All errors that leave a file system are those of `model.errors` below StoreError; a missing path is None
from `status` and NotFound from everything else. Listings are streams in key order: UTF-8 bytes, a
directory counting as `name/`. A listing that cannot be finished raises; it never just ends.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, TypeVar

from ..model.attributes import NOTHING, Attributes
from ..model.errors import CorruptData, StoreError
from ..model.tally import Tally
from ..model.units import MIB
from ..model.values import FileStatus, StoredPart
from ..rules.filesum import FileChecksum
from ..rules.snapshot_diff import SnapshotChange
from .body import Body
from .capabilities import Capabilities
from .traffic import Traffic
from .walk import Walk

T = TypeVar("T")


class NoChecksum(StoreError):
    """The store has no such checksum of this file, or nobody who could tell it."""


class Stored(NamedTuple):
    """What the store says it holds after a write; None where it says nothing."""

    length: int | None
    etag: str = ""
    mtime_ms: int = -1
    crc64: int | None = None


class Removal(NamedTuple):
    """What came of removing one of several paths; `kept_at` is where a store that has a trash keeps it."""

    was_there: bool = True
    kept_at: str = ""
    error: StoreError | None = None


class OpenUpload(NamedTuple):
    """An upload that was neither completed nor dropped."""

    path: str
    upload_id: str
    begun_ms: int


class Reader(abc.ABC):
    """An open file. `length` is what the store will give, which may differ from its status.

    `etag` is the version that the bytes came from, once some came, on stores that have versions; else "".
    `crc64` is the CRC-64/XZ of the whole file in that version, where opening it told.
    """

    length: int
    etag: str = ""
    crc64: int | None = None
    piece_bytes: int = MIB  # pieces of this size cost the least: as they come, without a copy
    compares: bool = True  # `stream` compares a whole file with `crc64`; off, by whoever sums its bytes up himself

    @abc.abstractmethod
    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        """The bytes [offset, offset + size) in pieces of `piece_bytes`, the last one shorter.

        Raises CorruptData when fewer come. Never ask past the end. May be called by several threads at once.
        """

    def attributes(self) -> Attributes | None:
        """What is kept with the file, where opening it told; else None, and the file system is to be asked."""
        return None

    @abc.abstractmethod
    def close(self) -> None: ...

    def refuse_past_end(self, path: str, offset: int, size: int) -> None:
        """Raise CorruptData for a range that goes past the end: no client takes that well."""
        missing = offset + size - self.length
        if missing > 0:
            raise CorruptData(f"{path} ends {missing} bytes before the range that was to be read")

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Writer(abc.ABC):
    """A file on its way, invisible under its target path until `commit`.

    Leaving the context without `commit` removes what was written.
    """

    @abc.abstractmethod
    def write(self, data: bytes) -> None: ...

    @abc.abstractmethod
    def commit(self, check: Callable[[Stored], None]) -> Stored:
        """Close, ask the store what it holds, let `check` raise on a difference, then publish, replacing a file."""

    @abc.abstractmethod
    def abort(self) -> None:
        """Remove what was written; harmless after `commit`."""

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


class FileSystem(abc.ABC):
    """One store as one client sees it; safe for several threads, never carried over a fork or pickled."""

    capabilities: Capabilities
    traffic: Traffic

    @abc.abstractmethod
    def status(self, path: str) -> FileStatus | None:
        """The status with the empty relative path, or None when nothing is there."""

    @abc.abstractmethod
    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        """The tree below a directory.

        `after` and `until` are child keys (`name` or `name/`) of that directory: rows of children with
        after < key <= until, and what lies below those, are given ("" leaves that end open).
        With recursive=False only the children. Raises NotFound when the directory is missing.
        """

    def lists_from_any_key(self) -> bool:
        """Whether a walk begins behind any key without a listing of what lies before: tasks can share a directory."""
        return self.capabilities.lists_from_any_key

    def borders(self, path: str, after: str, until: str, most: int) -> list[str]:
        """Ends of ranges, so many at most and in order, into which the children of a directory with
        after < key <= until can be cut evenly, more or less; by few requests. Each ends in a slash, and none need be
        there. Only where `lists_from_any_key`."""
        raise NotImplementedError(type(self).__name__)

    @abc.abstractmethod
    def open_reader(self, path: str, expected_length: int) -> Reader:
        """Open for reading. The caller compares `length` with what it expects, and asks `refuse_open`."""

    def refuse_open(self, path: str, length: int, block_size_bytes: int = 0) -> None:
        """Raise BeingWritten for a file that somebody writes to though its reader has the length of its status.
        `block_size_bytes` is what that status says; 0 where the caller has none."""

    def together(self, errand: Callable[[], T]) -> T:
        """What `errand` gives, which asks this store several things one after another: on stores where that is cheaper,
        it runs on another thread."""
        return errand()

    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> Writer:
        """Write a stream to `work_path` and publish it as `path`, with these attributes. Parents are made.

        Only without `capabilities.multipart`: with it, what is too large for `put` goes up in parts.
        """
        raise NotImplementedError(type(self).__name__)

    def open_appender(self, path: str, length: int) -> Writer:
        """Write on behind the end of a file of `length` bytes; what is written shows, and stays, without `commit` too:
        then with a modification time of 1970. AlreadyExists while somebody else writes to it. Only with
        `capabilities.appends`."""
        raise NotImplementedError(type(self).__name__)

    def put(
        self, path: str, data: bytes, work_path: str, metadata: Mapping[str, str], attributes: Attributes = NOTHING
    ) -> Stored:
        """Write a small file whole and publish it, replacing a file; verified by the store's checksum where it has one.

        `metadata` is kept where the store can keep it. Stores with `atomic_put` ignore `work_path`.
        """
        with self.open_writer(path, work_path, attributes) as writer:
            writer.write(data)
            return writer.commit(lambda stored: check_length(path, stored, len(data)))

    @abc.abstractmethod
    def make_directory(self, path: str) -> None:
        """Make a directory and its parents; one that exists is left alone. Over a file: AlreadyExists."""

    @abc.abstractmethod
    def remove(self, path: str, recursive: bool = False) -> bool:
        """Remove a file or directory; False when nothing was there."""

    def look_at_each(self, paths: Sequence[str]) -> list[FileStatus | None]:
        """The status of each of these files, given in key order; by fewer requests where the store can."""
        return [self.status(path) for path in paths]

    def remove_each(self, paths: Sequence[str], directories: bool) -> list[Removal]:
        """Remove files, or directories that are empty (AlreadyExists for others), into a trash where there is one."""
        return [removal_of(lambda path=path: self.remove(path)) for path in paths]  # type: ignore[misc]

    def read_bytes(self, path: str) -> bytes:
        """A whole small file."""
        # Expected to be empty, so that a store that can sends all it has with its first answer.
        with self.open_reader(path, 0) as reader:
            return b"".join(reader.stream(0, reader.length, max(1, reader.length)))

    def take_as_one(self, directory: str) -> None:
        """A directory that nobody but us writes into: what is found out about it counts for all directories in it."""

    @abc.abstractmethod
    def create_exclusive(self, path: str, data: bytes) -> bool:
        """Write a whole small file under a path that is free, at once; False when it was taken. The first wins."""

    def begin_upload(self, path: str, attributes: Attributes = NOTHING) -> str:
        """Open an upload of a file with these attributes: its id. With `capabilities.multipart`, like the four below.

        A begin whose answer was lost leaves no second upload open."""
        raise NotImplementedError(type(self).__name__)

    def put_part(self, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
        """Send part `number` (1 to 10,000); sending it again replaces it. Verified by the store's CRC-64.

        Of the body no more than a piece is held; what it raises is passed on, and nothing is sent then."""
        raise NotImplementedError(type(self).__name__)

    def copy_part(self, path: str, etag: str, offset: int, size: int, upload_id: str, number: int) -> StoredPart:
        """Make the bytes [offset, offset + size) of the file `path` itself, in version `etag`, part `number` of an
        upload to it, without its bytes coming here. Only with `capabilities.server_copy`."""
        raise NotImplementedError(type(self).__name__)

    def cannot_join(self, directory: str) -> str:
        """Why a file in a directory cannot be put together of others (`join`); "" when it can. Only says so of others
        where it knows. The directory may be missing: a new one takes after the one above it."""
        return "files go there as one stream"

    def block_size(self) -> int:
        """The bytes of a block of a new file that nothing else is asked for; 0 where there are no blocks."""
        return 0

    def join(self, path: str, pieces: Sequence[tuple[str, int]], check: Callable[[str, Stored], None]) -> Stored:
        """Publish files (paths, lengths) behind each other as one, replacing a file; "already done" is found out.

        `check` is given the path and the state of the whole before anybody sees it, and may raise. Where the first
        piece is gone it is given `path` itself, which is the whole, published before, or what stood there all along.
        """
        raise NotImplementedError(type(self).__name__)

    def complete_upload(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        """Publish the parts as one file, verified by the store's CRC-64; "already done" is found out and fine."""
        raise NotImplementedError(type(self).__name__)

    def abort_upload(self, path: str, upload_id: str) -> None:
        """Drop an upload and its parts; one that is gone is fine."""
        raise NotImplementedError(type(self).__name__)

    def find_uploads(self, path: str) -> list[OpenUpload]:
        """The open uploads of the file `path`, and of all files below it."""
        raise NotImplementedError(type(self).__name__)

    def keep_note(self, path: str, notes: Mapping[str, str]) -> None:
        """Attach short notes to a published file, where the store can (object tags on OSS)."""

    def read_attributes(self, path: str, kind: str, letters: str) -> Attributes:
        """What these letters of -p stand for at a FILE or DIRECTORY, as far as the store knows it. Raises NotFound."""
        raise NotImplementedError(type(self).__name__)

    def keep_attributes(self, path: str, kind: str, attributes: Attributes) -> bool:
        """Give a file or directory that is there these attributes; False when it had them. May be run twice."""
        raise NotImplementedError(type(self).__name__)

    def refuse_attributes(self, letters: str) -> None:
        """Raise StoreError, with the next step, where these letters of `capabilities.keeps` are switched off here."""

    def checksum(self, path: str, family: str) -> FileChecksum:
        """What the store states, without reading the file, of a family in `capabilities.checksums`; else NoChecksum."""
        raise NoChecksum(f"no {family} checksum can be had of {path}")

    def copy_within(self, path: str, new_path: str) -> Stored:
        """Copy a file to another path of the store, replacing one there, without its bytes coming here.

        With what is kept with it; verified by the store's checksum. Only with `capabilities.server_copy`."""
        raise NotImplementedError(type(self).__name__)

    def copy_tree(self, path: str, new_path: str, spares: Sequence[str], threads: int) -> Tally:
        """`copy_within` for a file, or for a directory with all in it but the paths `spares` and what lies in them.

        So many at once; how many there were."""
        raise NotImplementedError(type(self).__name__)

    def remove_tree(self, path: str, spares: Sequence[str]) -> Tally:
        """Remove a file, or a directory with all in it but the paths `spares`; how many there were.

        Only with `capabilities.server_copy`."""
        raise NotImplementedError(type(self).__name__)

    def move(self, path: str, new_path: str) -> None:
        """Give a file, or a directory with all in it, another path at once. Only with `capabilities.atomic_move`.

        AlreadyExists when the new path is taken, NotFound when nothing is there. Parents are made."""
        raise NotImplementedError(type(self).__name__)

    def make_snapshot(self, root: str, name: str) -> None:
        """Make a snapshot of a directory. AlreadyExists for a name that is taken. Only with `capabilities.snapshots`.

        An answer that was lost leaves open whether it was made."""
        raise NotImplementedError(type(self).__name__)

    def drop_snapshot(self, root: str, name: str) -> None:
        """Drop a snapshot; one that is gone is fine."""
        raise NotImplementedError(type(self).__name__)

    def changes_between(self, root: str, older: str, newer: str) -> list[SnapshotChange]:
        """What became of the tree below `root` between two of its snapshots; `newer` "" is what is there now."""
        raise NotImplementedError(type(self).__name__)

    def hazard_below(self, directory: str) -> str:
        """Why files that are put into a directory would not be kept rightly; "" where nothing is known against it.

        Where there is no such directory, what counts is the nearest one above it, which new ones take after.
        """
        return ""

    def blind_spot(self) -> str:
        """What cannot be found out of this store, as source or target, and why; "" when all can."""
        return ""

    def close(self) -> None:
        """Give back connections."""


def removal_of(remove: Callable[[], bool]) -> Removal:
    """Remove, with a failure as a value: it is that of one path, and others go on."""
    try:
        return Removal(remove())
    except StoreError as error:
        return Removal(error=error)


def check_length(path: str, stored: Stored, length: int) -> None:
    """Raise CorruptData when the store holds another length than what was written."""
    if stored.length != length:
        raise CorruptData(f"{path} holds {stored.length} bytes after {length} were written")

"""Files of this machine, for tests and small jobs."""

from __future__ import annotations

import contextlib
import errno
import functools
import grp
import os
import pwd
import shutil
import stat as stat_bits
import uuid
from collections.abc import Callable, Iterator

from ..model.attributes import NOTHING, Attributes
from ..model.errors import AlreadyExists, CorruptData, NotFound, PermissionDenied, StoreError
from ..model.uri import join_path
from ..model.values import DIRECTORY, FILE, SYMLINK, UNUSABLE, FileStatus
from ..rules.filters import work_path_beside
from ..rules.preservation import changes, of_status
from .base import FileSystem, Reader, Stored, Writer
from .capabilities import Capabilities
from .traffic import Traffic
from .tree_walk import TreeWalk
from .walk import Portions, Walk

_TAKEN = (errno.EEXIST, errno.EISDIR, errno.ENOTEMPTY)


@contextlib.contextmanager
def map_errors(what: str, path: str, brings_nothing: bool = False) -> Iterator[None]:
    """Turn OSError into our errors; what was being done and the path go into the message.

    An element of the path that is a file is in the way of whoever writes. `brings_nothing` is for those who
    bring nothing: to them, what would lie below it is not there.
    """
    try:
        yield
    except FileNotFoundError:
        raise NotFound(f"cannot {what} {path}: there is no such path") from None
    except NotADirectoryError as error:
        kind: type[StoreError] = NotFound if brings_nothing else AlreadyExists
        raise kind(f"cannot {what} {path}: {error.strerror}") from None
    except OSError as error:
        kind = StoreError
        if error.errno in _TAKEN:
            kind = AlreadyExists
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            kind = PermissionDenied
        raise kind(f"cannot {what} {path}: {error.strerror}") from None
    except ValueError as error:
        raise StoreError(f"cannot {what} {path!r}: {error}") from None


class LocalFileSystem(FileSystem):
    """POSIX files. Symbolic links are listed as such and never followed below the root of a walk."""

    def __init__(self) -> None:
        self.capabilities = Capabilities(
            "FILE",
            atomic_put=False,
            multipart=False,
            real_directories=True,
            keeps="ugpt",
            lists_kept="ugpt",
            atomic_move=True,
            reads_checked=True,
        )
        self.traffic = Traffic()

    def status(self, path: str) -> FileStatus | None:
        """A link that was named outright and leads to a directory counts as that directory."""
        self.traffic.read()
        try:
            with map_errors("look at", path, brings_nothing=True):
                found = os.lstat(path)
                if stat_bits.S_ISLNK(found.st_mode) and os.path.isdir(path):
                    found = os.stat(path)
                return _row("", found)
        except NotFound:
            return None

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        def list_children(directory: str) -> Iterator[FileStatus]:
            return Portions([self._children(join_path(path, directory), directory)])

        return TreeWalk(list_children, after, until, recursive)

    def _children(self, directory: str, relative: str) -> list[FileStatus]:
        self.traffic.listed()
        prefix = f"{relative}/" if relative else ""
        rows = []
        if os.path.isfile(directory):
            raise NotFound(f"cannot list {directory}: it is not a directory")
        with map_errors("list", directory, brings_nothing=True), os.scandir(directory) as entries:
            for entry in entries:
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # gone since the folder was read
                rows.append(_row(prefix + entry.name, found))
        rows.sort(key=lambda row: row.key)
        return rows

    def open_reader(self, path: str, expected_length: int) -> Reader:
        with map_errors("read", path, brings_nothing=True):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        found = os.fstat(descriptor)
        if stat_bits.S_ISDIR(found.st_mode):
            os.close(descriptor)
            raise NotFound(f"cannot read {path}: it is a directory")
        return _LocalReader(self, path, descriptor, found.st_size)

    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> Writer:
        return _LocalWriter(self, path, work_path, attributes)

    def make_directory(self, path: str) -> None:
        self.traffic.wrote()
        with map_errors("make the directory", path):
            os.makedirs(path, exist_ok=True)

    def remove(self, path: str, recursive: bool = False) -> bool:
        self.traffic.wrote()
        try:
            with map_errors("remove", path, brings_nothing=True):
                if os.path.islink(path) or not os.path.isdir(path):
                    os.unlink(path)
                elif recursive:
                    shutil.rmtree(path)
                else:
                    os.rmdir(path)
        except NotFound:
            return False
        return True

    def move(self, path: str, new_path: str) -> None:
        self.traffic.wrote()
        if os.path.lexists(new_path):
            raise AlreadyExists(f"cannot move {path} to {new_path}: the path is taken")
        with map_errors("move", path, brings_nothing=True):
            os.makedirs(os.path.dirname(new_path), exist_ok=True)
            os.rename(path, new_path)

    def create_exclusive(self, path: str, data: bytes) -> bool:
        self.traffic.wrote(len(data))
        work_path = work_path_beside(path, uuid.uuid4().hex)
        with map_errors("write", path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(work_path, "xb") as file:
                file.write(data)
            try:
                os.link(work_path, path)
            except FileExistsError:
                return False
            finally:
                os.unlink(work_path)
        return True

    def read_attributes(self, path: str, kind: str, letters: str) -> Attributes:
        self.traffic.read()
        return _attributes_of(path).only(letters)

    def keep_attributes(self, path: str, kind: str, attributes: Attributes) -> bool:
        self.traffic.wrote()
        return _keep(path, attributes)


class _LocalReader(Reader):
    def __init__(self, owner: LocalFileSystem, path: str, descriptor: int, length: int) -> None:
        self._owner = owner
        self._path = path
        self._descriptor = descriptor
        self.length = length

    def stream(self, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        end = offset + size
        while offset < end:
            wanted = min(piece_bytes, end - offset)
            with map_errors("read", self._path):
                piece = os.pread(self._descriptor, wanted, offset)
                while piece and len(piece) < wanted:
                    more = os.pread(self._descriptor, wanted - len(piece), offset + len(piece))
                    if not more:
                        break
                    piece += more
            if len(piece) < wanted:
                raise CorruptData(f"{self._path} ended {end - offset - len(piece)} bytes early")
            self._owner.traffic.read(wanted)
            offset += wanted
            yield piece

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _LocalWriter(Writer):
    def __init__(self, owner: LocalFileSystem, path: str, work_path: str, attributes: Attributes) -> None:
        self._owner = owner
        self._attributes = attributes
        self._path = path
        self._work_path = work_path
        self._done = False
        with map_errors("write", path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.makedirs(os.path.dirname(work_path), exist_ok=True)
            self._file = open(work_path, "wb", buffering=0)  # noqa: SIM115 (closed by commit or abort)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        with map_errors("write", self._path):
            while view:
                view = view[self._file.write(view) :]
        self._owner.traffic.wrote(len(data))

    def commit(self, check: Callable[[Stored], None]) -> Stored:
        with map_errors("write", self._path):
            found = os.fstat(self._file.fileno())
            self._file.close()
        stored = Stored(found.st_size, mtime_ms=found.st_mtime_ns // 1_000_000)
        check(stored)
        if self._attributes != NOTHING:
            _keep(self._work_path, self._attributes)
            stored = stored._replace(mtime_ms=os.stat(self._work_path).st_mtime_ns // 1_000_000)
        with map_errors("publish", self._path):
            os.replace(self._work_path, self._path)
        self._done = True
        return stored

    def abort(self) -> None:
        if self._done:
            return
        self._done = True
        self._file.close()
        with contextlib.suppress(OSError):
            os.unlink(self._work_path)


def _attributes_of(path: str) -> Attributes:
    with map_errors("read the attributes of", path, brings_nothing=True):
        return of_status(_row("", os.stat(path)))


def _keep(path: str, wanted: Attributes) -> bool:
    """Set what differs of owner, group, permission and times; nothing else is kept here."""
    missing = changes(wanted, _attributes_of(path)).only("ugpt")
    if missing == NOTHING:
        return False
    with map_errors("set the attributes of", path, brings_nothing=True):
        if missing.owner is not None or missing.group is not None:
            os.chown(path, _user_number(missing.owner), _group_number(missing.group))
        if missing.permission is not None:
            os.chmod(path, missing.permission)
        if missing.mtime_ms is not None:
            atime_ms = missing.mtime_ms if missing.atime_ms is None else missing.atime_ms
            os.utime(path, ns=(atime_ms * 1_000_000, missing.mtime_ms * 1_000_000))
    return True


def _user_number(name: str | None) -> int:
    """The number of a user as `_user_name` names it; -1 leaves things as they are."""
    if name is None or name.isdecimal():
        return int(name or -1)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise StoreError(f"this machine has no user {name!r}", "Make it, or leave u out of -p.") from None


def _group_number(name: str | None) -> int:
    """The same for a group."""
    if name is None or name.isdecimal():
        return int(name or -1)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise StoreError(f"this machine has no group {name!r}", "Make it, or leave g out of -p.") from None


def _row(path: str, found: os.stat_result) -> FileStatus:
    mode = found.st_mode
    problem = ""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        path = os.fsencode(path).decode("utf-8", "backslashreplace")
        problem = "the name is not UTF-8"
    if problem:
        kind = UNUSABLE
    elif stat_bits.S_ISREG(mode):
        kind = FILE
    elif stat_bits.S_ISDIR(mode):
        kind = DIRECTORY
    elif stat_bits.S_ISLNK(mode):
        kind = SYMLINK
    else:
        kind, problem = UNUSABLE, "it is neither a file nor a directory"
    return FileStatus(
        path,
        kind,
        length=found.st_size if kind == FILE else 0,
        mtime_ms=found.st_mtime_ns // 1_000_000,
        atime_ms=found.st_atime_ns // 1_000_000,
        owner=_user_name(found.st_uid),
        group=_group_name(found.st_gid),
        permission=mode & 0o1777,
        problem=problem,
    )


@functools.lru_cache(maxsize=1024)
def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


@functools.lru_cache(maxsize=1024)
def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)

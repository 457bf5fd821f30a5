"""One file being written by Java."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ...model.attributes import Attributes
from ...model.errors import AlreadyExists, CorruptData, NotFound, StoreError
from ..base import Stored
from ..hadoop_filesystem import HadoopWriter
from .client import Classes, JavaStore
from .pipes import SILENCE_SECONDS, copy, open_pipe, write_all
from .reader import sent
from .renaming import publish
from .rows import status_of
from .traits import Publication, traits_of

# Closing waits for all that is on its way; on an object store it is the upload.
_CLOSE_SECONDS = 600.0
# Before the umask, which the client applies.
_FILE_BITS = "666"


class JavaWriter(HadoopWriter):
    """Writes to the work path, or under its own name where files appear when they are closed; see `traits`.

    `keep` gives a path its attributes, `make_directory` makes one. Raises StoreError.
    """

    def __init__(
        self,
        store: JavaStore,
        path: str,
        work_path: str,
        wanted: Attributes,
        keep: Callable[[str], object] | None,
        make_directory: Callable[[str], None],
    ) -> None:
        self._store = store
        self._publication = traits_of(store.scheme).publication
        self._is_direct = self._publication is Publication.CLOSED
        self._path = path
        self._place = path if self._is_direct else work_path
        self._wanted = wanted
        self._keep = keep
        self._done = False
        self._written = 0
        self._what = f"write {path}"
        self._make_directory = make_directory
        self._stream = self._create()
        self._end, reading = open_pipe()[::-1]

        def take(_: Any, classes: Classes) -> None:
            try:
                source = classes.file_in(reading.name)
            finally:
                # Java has an end of its own, or none is needed.
                reading.close()
            try:
                copy(classes.io_utils, source, self._stream, close=False)
            finally:
                source.close()

        self._coming: Future[None] = store.begin(self._what, take)
        # Also where the JVM had gone, and nobody came to take.
        self._coming.add_done_callback(lambda _: reading.close())

    def _create(self) -> Any:
        """Open the file; directories that are missing are made first, as an operator's are."""
        if self._is_direct:
            return self._store.change(self._what, self._create_file)
        try:
            return self._store.change(self._what, self._create_work_file)
        except NotFound:
            self._make_directory(self._place.rpartition("/")[0] or "/")
            return self._store.change(self._what, self._create_work_file)

    def _create_file(self, filesystem: Any, classes: Classes) -> Any:
        """An object store takes files below a file without a word, where nobody finds them any more."""
        place = classes.path(self._place)
        above = place.getParent()
        while above.getParent() is not None and not filesystem.exists(above):
            above = above.getParent()
        if above.getParent() is not None and not filesystem.getFileStatus(above).isDirectory():
            raise AlreadyExists(f"cannot {self._what}: the file {above.toString()} stands where a directory is due")
        return filesystem.create(place, True)

    def _create_work_file(self, filesystem: Any, classes: Classes) -> Any:
        place = classes.path(self._place)
        if traits_of(self._store.scheme).is_late and not filesystem.getFileStatus(place.getParent()).isDirectory():
            raise AlreadyExists(f"cannot {self._what}: a file stands where its directory is due")
        replication = self._wanted.replication or filesystem.getDefaultReplication(place)
        block_size = self._wanted.block_size_bytes or filesystem.getDefaultBlockSize(place)
        flags = classes.create_flags.of(classes.create_flag.CREATE, classes.create_flag.OVERWRITE)
        permission = classes.permission(_FILE_BITS)
        return filesystem.createNonRecursive(place, permission, flags, 65_536, replication, block_size, None)

    def write(self, data: bytes) -> None:
        if not write_all(self._end, data, self._what, self._coming.done):
            self._store.result(self._what, self._coming, SILENCE_SECONDS)
            raise StoreError(f"cannot {self._what}: the Java client takes no more bytes")
        self._written += len(data)
        self._store.traffic.wrote(len(data), 0)

    def commit(self, check: Callable[[Stored], None], overwrite: bool = True) -> Stored:
        """`overwrite` counts for nothing where closing publishes."""
        self._end.close()
        self._store.result(self._what, self._coming, SILENCE_SECONDS)
        if self._is_direct:
            # The last moment at which nobody sees it. What the store holds shows only afterwards.
            check(Stored(self._written))
        self._store.once(f"close {self._place}", lambda *_: self._stream.close(), _CLOSE_SECONDS)
        stored = self._found()
        if self._is_direct:
            self._done = True
            if stored.length != self._written:
                raise CorruptData(f"{self._path} has {stored.length} bytes after {self._written} were written")
            return stored
        check(stored)
        if self._keep is not None:
            # Before anybody sees the file: it never stands there without its permission.
            self._keep(self._place)
            if self._wanted.mtime_ms is not None:
                stored = stored._replace(mtime_ms=self._wanted.mtime_ms)
        self._publish(overwrite)
        self._done = True
        return stored

    def _publish(self, overwrite: bool) -> None:
        try:
            publish(self._store, self._publication, self._place, self._path, overwrite)
        except NotFound:
            # It is the directory that is missing: the work file may lie elsewhere, and was there a moment ago.
            self._make_directory(self._path.rpartition("/")[0] or "/")
            publish(self._store, self._publication, self._place, self._path, overwrite)

    def _found(self) -> Stored:
        def look(filesystem: Any, classes: Classes) -> bytes:
            return sent(filesystem.getFileStatus(classes.path(self._place)), classes)

        status = status_of(self._store.look(f"look at {self._place}", look))
        return Stored(status.length, mtime_ms=status.mtime_ms)

    def abort(self) -> None:
        if self._done:
            return
        self._done = True
        if self._is_direct:
            self._give_up()
            return
        # Removing an open file on HDFS ends it. Whatever brought us here is the error to be seen.
        with contextlib.suppress(StoreError):
            self._store.change(
                f"remove {self._place}", lambda fs, classes: fs.delete(classes.path(self._place), False), True
            )
        self._end.close()

    def _give_up(self) -> None:
        """Drop what was sent. Closing would publish it, so where the client has no `abort` the file just stays open."""

        def drop(*_: Any) -> None:
            if self._stream.hasCapability("fs.capability.outputstream.abortable"):
                self._stream.abort()

        with contextlib.suppress(StoreError):
            self._store.once(f"give up {self._path}", drop)
        self._end.close()

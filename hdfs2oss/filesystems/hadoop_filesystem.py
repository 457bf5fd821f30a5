"""What the file systems of Hadoop have in common, whichever client asks them."""

from __future__ import annotations

import abc
import uuid
from collections.abc import Callable, Sequence

from ..model.attributes import NOTHING, Attributes
from ..model.errors import AlreadyExists, NotFound, StoreError
from ..rules.filters import work_path_beside
from .base import FileSystem, Removal, Stored, Writer, check_length
from .hadoop_attributes import HadoopAttributes


class HadoopWriter(Writer):
    """A file that is written under another name, and then renamed."""

    @abc.abstractmethod
    def commit(self, check: Callable[[Stored], None], overwrite: bool = True) -> Stored:
        """With `overwrite` off, AlreadyExists when the path is taken by then."""

    def commit_if_free(self, check: Callable[[Stored], None]) -> None:
        """Publish a file without attributes, of which nobody asks the time, where the path is free; AlreadyExists when
        it is taken by then."""
        self.commit(check, overwrite=False)


class HadoopFileSystem(FileSystem):
    """Files are renamed to get their names, may go to a trash, and have attributes of their own."""

    attributes: HadoopAttributes

    @abc.abstractmethod
    def open_writer(self, path: str, work_path: str, attributes: Attributes = NOTHING) -> HadoopWriter: ...

    @abc.abstractmethod
    def move_to_trash(self, path: str) -> str:
        """Move a file to the trash and give its place there; "" where there is none, and it stays. Raises NotFound."""

    def create_exclusive(self, path: str, data: bytes) -> bool:
        return self._create(path, data, work_path_beside(path, uuid.uuid4().hex))

    def _create(self, path: str, data: bytes, work_path: str) -> bool:
        writer = self.open_writer(path, work_path)
        with writer:
            writer.write(data)
            try:
                writer.commit_if_free(lambda stored: check_length(path, stored, len(data)))
            except AlreadyExists:
                return False
        return True

    def remove_each(self, paths: Sequence[str], directories: bool) -> list[Removal]:
        """Files go to the trash; of a directory that is empty nothing is lost."""
        return super().remove_each(paths, directories) if directories else [self._discard(path) for path in paths]

    def _discard(self, path: str) -> Removal:
        try:
            kept_at = self.move_to_trash(path)
            return Removal(kept_at=kept_at) if kept_at else Removal(self.remove(path))
        except NotFound:
            return Removal(was_there=False)
        except StoreError as error:
            return Removal(error=error)

    def read_attributes(self, path: str, kind: str, letters: str) -> Attributes:
        return self.attributes.read(path, letters)

    def keep_attributes(self, path: str, kind: str, attributes: Attributes) -> bool:
        return self.attributes.keep(path, attributes)

    def refuse_attributes(self, letters: str) -> None:
        self.attributes.refuse(letters)

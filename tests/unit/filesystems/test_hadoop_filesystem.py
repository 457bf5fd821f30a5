"""What becomes of files that are removed from a file system of Hadoop."""

from __future__ import annotations

from hdfs2oss.filesystems.base import Removal, Stored
from hdfs2oss.filesystems.hadoop_filesystem import HadoopWriter
from hdfs2oss.model.errors import PermissionDenied
from tests.unit.filesystems.hdfs.test_client import DENIED
from tests.unit.filesystems.hdfs.test_writer import NameNode, hdfs_of


class Trashed(NameNode):
    """Has a trash, but for what `problems` names."""

    def __init__(self, files: dict[str, bytes], problems: dict[str, BaseException] | None = None) -> None:
        super().__init__({"/user": b"", **files})
        self.problems = problems or {}

    def trash(self, path: str) -> str | None:
        if path in self.problems:
            raise self.problems[path]
        if path not in self.files:
            raise FileNotFoundError(path)
        if path.startswith("/untrashed"):
            return None
        del self.files[path]
        return f"/user/me/.Trash/Current{path}"


def test_a_file_goes_to_the_trash_and_where_it_lies_is_told() -> None:
    node = Trashed({"/a": b"1"})
    assert hdfs_of(node).remove_each(["/a"], directories=False) == [Removal(kept_at="/user/me/.Trash/Current/a")]
    assert "/a" not in node.files


def test_without_a_trash_it_is_removed() -> None:
    node = Trashed({"/untrashed": b"1"})
    assert hdfs_of(node).remove_each(["/untrashed"], directories=False) == [Removal(was_there=True)]
    assert "/untrashed" not in node.files


def test_one_that_has_gone_or_is_refused_keeps_no_other_from_going() -> None:
    node = Trashed({"/no": b"1", "/z": b"1"}, {"/no": RuntimeError(DENIED)})
    gone, refused, last = hdfs_of(node).remove_each(["/gone", "/no", "/z"], directories=False)
    assert gone == Removal(was_there=False)
    assert isinstance(refused.error, PermissionDenied)
    assert last.kept_at.endswith("/z")


def test_directories_do_not_go_to_the_trash() -> None:
    node = Trashed({"/d": b""})
    assert hdfs_of(node).remove_each(["/d"], directories=True) == [Removal(was_there=True)]


class Plain(HadoopWriter):
    """Has no shorter way of its own to publish a record."""

    overwrites = True

    def write(self, data: bytes) -> None: ...

    def abort(self) -> None: ...

    def commit(self, check, overwrite: bool = True) -> Stored:  # type: ignore[no-untyped-def]
        self.overwrites = overwrite
        return Stored(0)


def test_a_record_is_published_where_its_path_is_free_and_nowhere_else() -> None:
    writer = Plain()
    writer.commit_if_free(lambda stored: None)
    assert not writer.overwrites

"""The contract on files of this machine, and what only they can be."""

import os
from pathlib import Path

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.model.values import DIRECTORY, FILE, SYMLINK, UNUSABLE
from tests.stores.contract import FileSystemContract, StreamContract


@pytest.fixture
def store() -> LocalFileSystem:
    return LocalFileSystem()


class TestLocal(FileSystemContract, StreamContract):
    @pytest.fixture
    def root(self, tmp_path: Path) -> str:
        (tmp_path / "contract").mkdir()
        return str(tmp_path / "contract")

    @pytest.fixture
    def store(self) -> LocalFileSystem:
        return LocalFileSystem()


def test_symbolic_links_are_rows_of_their_own_and_never_followed(store: LocalFileSystem, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to("d")
    (tmp_path / "dangling").symlink_to("nowhere")
    rows = {row.path: row.kind for row in store.walk(str(tmp_path))}
    assert rows == {"d": DIRECTORY, "d/file": FILE, "dangling": SYMLINK, "link": SYMLINK}


def test_removing_a_link_leaves_what_it_points_to(store: LocalFileSystem, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to("d")
    assert store.remove(str(tmp_path / "link"), recursive=True)
    assert (tmp_path / "d" / "file").exists()


def test_a_root_that_is_a_link_to_a_directory_counts_as_one(store: LocalFileSystem, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d")
    status = store.status(str(tmp_path / "link"))
    assert status is not None
    assert status.kind == DIRECTORY


def test_a_name_that_is_not_utf8_is_an_unusable_row(store: LocalFileSystem, tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/bad\xff")
    (row,) = store.walk(str(tmp_path))
    assert (row.path, row.kind, row.problem) == ("bad\\xff", UNUSABLE, "the name is not UTF-8")


def test_a_pipe_is_an_unusable_row(store: LocalFileSystem, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (row,) = store.walk(str(tmp_path))
    assert (row.path, row.kind) == ("pipe", UNUSABLE)


def test_owner_group_and_permission_are_told_by_name(store: LocalFileSystem, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "file").chmod(0o640)
    status = store.status(str(tmp_path / "file"))
    assert status is not None
    assert (status.owner, status.group) == ((tmp_path / "file").owner(), (tmp_path / "file").group())
    assert status.permission == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_a_refusal_is_permission_denied(store: LocalFileSystem, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionDenied):
        store.put(str(tmp_path / "file"), b"", str(tmp_path / ".work"), {})


def test_a_name_too_long_for_the_disk_is_one_of_our_errors(store: LocalFileSystem, tmp_path: Path) -> None:
    from hdfs2oss.model.errors import StoreError

    with pytest.raises(StoreError, match="File name too long"):
        store.put(str(tmp_path / ("n" * 256)), b"", str(tmp_path / ".work"), {})

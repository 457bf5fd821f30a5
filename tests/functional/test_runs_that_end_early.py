"""Runs that end before they are through: what is theirs goes, and nothing is published any more."""

import os

import oss2
import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.filesystems.registry import close_filesystems, seat_filesystem
from hdfs2oss.model.errors import CommitError, Hdfs2ossError, PermissionDenied
from hdfs2oss.runners.local import LocalRunner
from tests.stores.faults import Fault, FlakyFileSystem

PARTS = {"part_size_bytes": 100 * 1024, "chunk_size_bytes": 200 * 1024}


@pytest.fixture
def runner():
    """Faults live in this process, so tasks do too."""
    return LocalRunner(0)


@pytest.mark.slow
@pytest.mark.parametrize("record", ["ledger/copy", "ledger/commit"])
def test_a_run_that_cannot_go_on_leaves_no_upload_open_once_it_is_given_up(
    copy, upload_ends, break_files, oss_server, record
) -> None:
    source, target = upload_ends
    source.make({"large": os.urandom(700_000), "other": os.urandom(500_000)})
    break_files(Fault("create", record, PermissionDenied))
    with pytest.raises(CommitError):
        copy(source, target, **PARTS)
    close_filesystems()
    assert copy(source, target, fresh=True, **PARTS).exit_code == 0
    session = oss2.Session()
    session.session.trust_env = False
    bucket = oss2.Bucket(oss2.Auth("test-id", "test-secret"), oss_server.endpoint, "lake", session=session)
    prefix = target.uri.path.lstrip("/")
    assert [upload.key for upload in oss2.MultipartUploadIterator(bucket, prefix=prefix)] == []


def test_a_run_that_is_ended_early_leaves_no_upload_open(copy, upload_ends, break_files, oss_server) -> None:
    source, target = upload_ends
    source.make({"large": os.urandom(700_000), "bad": b"1"})
    break_files(Fault("open", "/source/bad", PermissionDenied))
    report = copy(source, target, max_failures=0, **PARTS)
    assert (report.exit_code, "more than 0" in report.stopped) == (4, True)
    session = oss2.Session()
    session.session.trust_env = False
    bucket = oss2.Bucket(oss2.Auth("test-id", "test-secret"), oss_server.endpoint, "lake", session=session)
    prefix = target.uri.path.lstrip("/")
    assert [upload.key for upload in oss2.MultipartUploadIterator(bucket, prefix=prefix)] == []


@pytest.fixture
def lost_while_surveying(home) -> Fault:
    """The lock goes while the source is listed."""

    def take_away() -> None:
        (lock,) = home.rglob("_lock")
        LocalFileSystem().remove(str(lock), recursive=True)

    return Fault("list", "/source", silent=True, times=1, meanwhile=take_away)


def test_a_run_that_lost_its_lock_while_it_surveyed_copies_nothing(
    copy, local_ends, break_files, lost_while_surveying
) -> None:
    source, target = local_ends
    source.make({"a": b"1", "b": b"2"})
    break_files(lost_while_surveying)
    with pytest.raises(Hdfs2ossError, match="taken over by another run"):
        copy(source, target)
    assert not target.exists()


def test_a_run_that_lost_its_lock_while_it_surveyed_opens_no_upload(
    copy, upload_ends, break_files, oss_stores, lost_while_surveying
) -> None:
    source, target = upload_ends
    source.make({"large": os.urandom(700_000)})
    break_files(lost_while_surveying)
    watched = FlakyFileSystem(OssFileSystem("lake", oss_stores.oss["lake"], 8))
    seat_filesystem(target.uri, oss_stores, watched)
    with pytest.raises(Hdfs2ossError, match="taken over by another run"):
        copy(source, target, **PARTS)
    assert {operation for operation, _ in watched.calls} <= {"status", "list", "uploads"}

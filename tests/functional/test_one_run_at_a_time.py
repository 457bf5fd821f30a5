"""The lock of a job directory, as whole jobs meet it."""

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.registry import close_filesystems, seat_filesystem
from hdfs2oss.model.errors import BrakeError, LockLost
from hdfs2oss.model.uri import Uri
from hdfs2oss.records.fence import lock_path
from hdfs2oss.records.holder import Holder
from hdfs2oss.records.jobdir import pair_name
from hdfs2oss.records.lock import Lock
from tests.stores.faults import Fault, FlakyFileSystem


def lock_of(home, source, target) -> Lock:
    pair = pair_name([source.uri], target.uri)
    return Lock(LocalFileSystem(), f"{home}/.hdfs2oss/{pair}", "another-run")


def test_a_second_run_of_the_same_copy_is_refused_before_it_lists_anything(copy, local_ends, home) -> None:
    source, target = local_ends
    source.make({"a": b"1"})
    other = lock_of(home, source, target)
    other.acquire()
    try:
        with pytest.raises(BrakeError, match="run another-run"):
            copy(source, target)
        assert not target.exists()
        other.check()
    finally:
        other.release()
    assert copy(source, target).exit_code == 0


def test_another_copy_goes_on_beside_it(copy, local_ends, home, make_place) -> None:
    source, target = local_ends
    source.make({"a": b"1"})
    other = lock_of(home, source, make_place("file", "elsewhere"))
    other.acquire()
    try:
        assert copy(source, target).exit_code == 0
    finally:
        other.release()


def test_a_run_that_fails_gives_the_lock_back(copy, local_ends, home) -> None:
    source, target = local_ends
    source.make({"p/same": b"1", "q/same": b"2"})
    with pytest.raises(Exception, match="the same file"):
        copy([source / "p", source / "q"], target, update=True)
    (lock,) = home.rglob("_lock")
    next_run = Lock(LocalFileSystem(), str(lock.parent), "next-run")
    next_run.acquire()
    assert next_run.predecessor is None


def test_a_run_that_is_followed_while_it_lists_copies_nothing(copy, local_ends, home, oss_stores) -> None:
    source, target = local_ends
    source.make({"a": b"1"})
    pair = f"{home}/.hdfs2oss/{pair_name([source.uri], target.uri)}"
    successor = Holder("other", "elsewhere", 1, 0.0).to_json()

    def follow() -> None:
        LocalFileSystem().create_exclusive(lock_path(pair, 2), successor)

    listed = Fault("list", str(source.uri.path), silent=True, meanwhile=follow)
    seat_filesystem(Uri("file", "", "/"), oss_stores, FlakyFileSystem(LocalFileSystem(), listed))
    with pytest.raises(LockLost) as caught:
        copy(source, target)
    assert (caught.value.exit_code, listed.struck > 0) == (5, True)
    assert not target.exists()
    close_filesystems()

"""The lock of a job directory, as whole jobs meet it."""

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.model.errors import BrakeError
from hdfs2oss.records.jobdir import pair_name
from hdfs2oss.records.lock import Lock


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

import pytest

from hdfs2oss.model.errors import LockLost, PermissionDenied, Unreachable
from hdfs2oss.records import fence
from hdfs2oss.records.holder import Holder
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.rules.retry import RetryClock
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem

PAIR = "/jobs/pair"


@pytest.fixture
def store() -> MemoryFileSystem:
    held = MemoryFileSystem()
    hold(held, 3, "one")
    return held


def hold(store: MemoryFileSystem, number: int, run: str) -> None:
    store.place(fence.lock_path(PAIR, number), Holder(run, "h", 1, 0.0).to_json())


def records(store, run: str = "one") -> JobDir:
    return JobDir(store, PAIR, run, clock=RetryClock(sleep=lambda seconds: None))


def test_the_newest_number_may_publish_and_no_other(store) -> None:
    fence.check(records(store), 3)
    for number in (2, 4):
        with pytest.raises(LockLost, match="run one publishes nothing more") as caught:
            fence.check(records(store), number)
        assert caught.value.exit_code == 5
    hold(store, 4, "two")
    with pytest.raises(LockLost):
        fence.check(records(store), 3)


def test_a_number_that_came_again_belongs_to_another_run(store) -> None:
    with pytest.raises(LockLost):
        fence.check(records(store, "two"), 3)


def test_where_no_lock_is_held_nothing_is_compared() -> None:
    fence.check(records(MemoryFileSystem()), 0)


def test_a_job_directory_that_does_not_answer_is_waited_for(store) -> None:
    silent = Fault("open", "_lock", Unreachable, times=10)
    fence.check(records(FlakyFileSystem(store, silent)), 3)
    assert silent.struck == 10


def test_what_others_left_there_is_no_number(store) -> None:
    for name in (".hdfs2oss-work-x", "000009.beat", "000009.released/x", "notes", "7"):
        store.place(f"{PAIR}/_lock/{name}")
    hold(store, 1, "zero")
    found = fence.look(store, PAIR)
    assert (found.newest, found.released, found.older) == (3, False, ("000001",))


def test_a_task_looks_again_when_its_last_look_is_old(store) -> None:
    now = [0.0]
    passing = fence.Fence(records(store), 3, lambda: now[0])
    passing.pass_through()
    hold(store, 4, "two")
    passing.pass_through()
    now[0] = fence.LOOK_SECONDS
    with pytest.raises(LockLost):
        passing.pass_through()


def test_a_task_that_begins_looks(store) -> None:
    hold(store, 4, "two")
    with pytest.raises(LockLost):
        fence.Fence(records(store), 3).pass_through()


@pytest.mark.parametrize("other", [{"length": 1}, {"etag": "other"}, {"mtime_ms": 1}])
def test_a_record_of_another_length_or_etag_or_time_than_the_one_that_was_read_is_read_anew(store, other) -> None:
    known = fence.look(store, PAIR).stamp
    unreadable = FlakyFileSystem(store, Fault("read", "_lock", PermissionDenied))
    fence.refuse_lost(unreadable, PAIR, 3, "one", known)
    with pytest.raises(PermissionDenied):
        fence.refuse_lost(unreadable, PAIR, 3, "one", known._replace(**other))


def test_what_is_known_of_a_record_is_its_time_its_length_and_its_etag(store) -> None:
    row = store.status(fence.lock_path(PAIR, 3))
    assert 0 not in (row.length, row.mtime_ms)
    assert row.etag
    assert fence.look(store, PAIR).stamp == (row.mtime_ms, row.length, row.etag)


def test_a_successor_is_seen_though_its_record_looks_like_the_one_that_was_read() -> None:
    """Another driver of the same run, within a millisecond."""
    store = MemoryFileSystem(LIKE_HDFS, clock_ms=lambda: 1000)
    hold(store, 3, "one")
    known = fence.look(store, PAIR).stamp
    hold(store, 4, "one")
    assert fence.look(store, PAIR).stamp == known
    with pytest.raises(LockLost):
        fence.refuse_lost(store, PAIR, 3, "one", known)

import threading

import pytest

from hdfs2oss.model.errors import Interrupted, LockLost, Unreachable
from hdfs2oss.records.fence import lock_path
from hdfs2oss.records.heartbeat import Heartbeat
from hdfs2oss.records.holder import Holder
from hdfs2oss.records.lock import Lock, Pace
from hdfs2oss.records.silence import Silence
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

PAIR = "/jobs/pair"
QUICK = Pace(beat_seconds=0.01, again_seconds=0.01)


@pytest.fixture
def lost() -> threading.Event:
    return threading.Event()


def begin(store, lost: threading.Event, **more) -> Heartbeat:
    heartbeat = Heartbeat(Lock(store, PAIR, "one"), lost.set, QUICK, **more)
    heartbeat.lock.acquire()
    heartbeat.start()
    return heartbeat


def test_a_run_that_was_followed_is_told_at_its_next_beat(lost) -> None:
    store = MemoryFileSystem()
    heartbeat = begin(store, lost)
    assert heartbeat.loss is None
    store.place(lock_path(PAIR, 2), Holder("two", "elsewhere", 1, 0.0).to_json())
    assert lost.wait(60)
    assert isinstance(heartbeat.loss, LockLost)
    heartbeat.stop()


def test_a_store_that_does_not_answer_is_asked_again_and_no_loss(lost) -> None:
    silent = Fault("put", "_lock", Unreachable, times=3)
    store = FlakyFileSystem(MemoryFileSystem(), silent)
    beaten = threading.Event()
    store.faults.append(Fault("put", "_lock", times=1, silent=True, meanwhile=beaten.set))
    heartbeat = begin(store, lost)
    assert beaten.wait(60)
    assert (silent.struck, lost.is_set(), heartbeat.loss) == (3, False, None)
    heartbeat.stop()


def test_a_beat_that_a_limit_held_back_when_the_run_was_told_to_stop_does_not_end_the_heart(lost) -> None:
    store = FlakyFileSystem(MemoryFileSystem(), Fault("put", "_lock", Interrupted, times=1))
    beaten = threading.Event()
    store.faults.append(Fault("put", "_lock", times=1, silent=True, meanwhile=beaten.set))
    heartbeat = begin(store, lost)
    assert beaten.wait(60)
    assert not lost.is_set()
    heartbeat.stop()


def test_a_store_that_does_not_answer_and_then_does_is_told_as_that(lost) -> None:
    said: list[str] = []
    back = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if "again" in line:
            back.set()

    store = FlakyFileSystem(MemoryFileSystem(), Fault("put", "_lock", Unreachable, times=3))
    heartbeat = begin(store, lost, watched=Silence("hdfs://nn/jobs", say).watched)
    assert back.wait(60)
    heartbeat.stop()
    assert len(said) == 2
    assert "as the test wants it" in said[0]


def test_stopping_gives_the_lock_back_and_leaves_no_thread(lost) -> None:
    store = MemoryFileSystem()
    heartbeat = begin(store, lost)
    assert any(thread.name == "lock-heartbeat" for thread in threading.enumerate())
    heartbeat.stop()
    assert not any(thread.name.startswith("lock-") for thread in threading.enumerate())
    assert store.status(lock_path(PAIR, 1, ".released")) is not None
    assert not lost.is_set()

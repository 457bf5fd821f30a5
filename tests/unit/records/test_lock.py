import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from hdfs2oss.model.errors import BrakeError, CommitError, PermissionDenied
from hdfs2oss.records.lock import STALE_SECONDS, Lock
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

PATH = "/jobs/pair/_lock"


@pytest.fixture
def store() -> MemoryFileSystem:
    return MemoryFileSystem()


def lock(store: MemoryFileSystem, run: str, now: float = 1000.0) -> Lock:
    return Lock(store, "/jobs/pair", run, lambda: now, lambda seconds: None)


def place(store: MemoryFileSystem, **facts: object) -> None:
    holder = {"run": "other", "host": "elsewhere", "process": 1, "heartbeat": 1000.0, **facts}
    store.place(PATH, json.dumps(holder).encode())


def dead_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_lock_is_there_while_it_is_held_and_gone_afterwards(store) -> None:
    one = lock(store, "one")
    one.acquire()
    assert json.loads(store.read_bytes(PATH))["run"] == "one"
    one.check()
    one.release()
    assert store.files() == {}


def test_a_second_run_is_refused_and_told_who_holds_it(store) -> None:
    one = lock(store, "one")
    one.acquire()
    with pytest.raises(BrakeError, match=f"run one on {socket.gethostname()}, process {os.getpid()}") as caught:
        lock(store, "two").acquire()
    assert caught.value.exit_code == 6
    one.check()
    one.release()


def test_a_living_run_elsewhere_is_respected_until_its_heartbeat_is_old(store) -> None:
    place(store)
    with pytest.raises(BrakeError, match="run other on elsewhere"):
        lock(store, "two", 1000.0 + STALE_SECONDS).acquire()
    two = lock(store, "two", 1001.0 + STALE_SECONDS)
    two.acquire()
    two.check()
    two.release()


def test_a_run_whose_process_has_gone_from_this_host_is_taken_over_at_once(store) -> None:
    place(store, host=socket.gethostname(), process=dead_process())
    two = lock(store, "two")
    two.acquire()
    two.release()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"run": "x"}', b"\xff"])
def test_a_lock_that_says_nothing_is_taken_over(store, content) -> None:
    store.place(PATH, content)
    two = lock(store, "two")
    two.acquire()
    two.check()
    two.release()


def test_a_run_that_lost_its_lock_may_publish_nothing_and_leaves_the_other_alone(store) -> None:
    one = lock(store, "one")
    one.acquire()
    place(store, run="two")
    with pytest.raises(CommitError, match="taken over"):
        one.check()
    one.release()
    assert json.loads(store.read_bytes(PATH))["run"] == "two"


def test_a_lock_that_was_removed_is_not_held(store) -> None:
    one = lock(store, "one")
    one.acquire()
    store.remove(PATH)
    with pytest.raises(CommitError):
        one.check()
    one.release()


def test_of_many_that_come_at_once_one_gets_it(store) -> None:
    barrier = threading.Barrier(8)
    got: list[Lock] = []

    def contend(number: int) -> None:
        mine = lock(store, f"run-{number}")
        barrier.wait()
        try:
            mine.acquire()
        except BrakeError:
            return
        got.append(mine)

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    got[0].check()
    got[0].release()


@pytest.mark.parametrize("turn", range(20))
def test_of_many_that_find_a_stale_lock_one_takes_it_over(store, turn) -> None:
    place(store, host=socket.gethostname(), process=dead_process() if turn == 0 else 2**22 - 1)
    barrier = threading.Barrier(6)
    mine: list[Lock] = []

    def contend(number: int) -> None:
        one = lock(store, f"run-{number}")
        barrier.wait()
        try:
            one.acquire()
        except BrakeError:
            return
        mine.append(one)

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mine) == 1
    mine[0].check()
    mine[0].release()


def test_a_claim_whose_owner_died_does_not_keep_others_away(store) -> None:
    place(store, run="first", host=socket.gethostname(), process=dead_process())
    claim = {"run": "second", "host": socket.gethostname(), "process": dead_process(), "heartbeat": 1000.0}
    store.place(f"{PATH}-after-first", json.dumps(claim).encode())
    three = lock(store, "three")
    three.acquire()
    three.check()
    three.release()


def test_a_living_claimant_is_respected(store) -> None:
    place(store, run="first", host=socket.gethostname(), process=dead_process())
    claim = {"run": "second", "host": "elsewhere", "process": 1, "heartbeat": 1000.0}
    store.place(f"{PATH}-after-first", json.dumps(claim).encode())
    with pytest.raises(BrakeError, match="run second on elsewhere"):
        lock(store, "three").acquire()


def test_no_heartbeat_thread_is_left_behind(store) -> None:
    one = lock(store, "one")
    one.acquire()
    assert any(thread.name == "lock-heartbeat" for thread in threading.enumerate())
    one.release()
    assert not any(thread.name == "lock-heartbeat" for thread in threading.enumerate())


def test_an_old_heartbeat_that_still_moves_is_respected(store) -> None:
    place(store, heartbeat=1.0)
    watching = Lock(store, "/jobs/pair", "two", lambda: 1000.0, lambda seconds: place(store, heartbeat=2.0))
    with pytest.raises(BrakeError, match="run other on elsewhere"):
        watching.acquire()


def test_a_lock_that_cannot_be_read_is_not_taken_over(store) -> None:
    place(store)
    flaky = FlakyFileSystem(store, Fault("read", PATH, PermissionDenied))
    with pytest.raises(PermissionDenied):
        Lock(flaky, "/jobs/pair", "two", lambda: 1e9, lambda seconds: None).acquire()
    assert json.loads(store.read_bytes(PATH))["run"] == "other"

import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from hdfs2oss.model.errors import BrakeError, LockLost, PermissionDenied, Unreachable
from hdfs2oss.records.fence import lock_path
from hdfs2oss.records.holder import Holder, parse_holder, this_process
from hdfs2oss.records.lock import PACE, Clock, Lock
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

PAIR = "/jobs/pair"
ELSEWHERE = Holder("other", "elsewhere", 1, 1000.0)


@pytest.fixture(params=[LIKE_HDFS, LIKE_OSS], ids=["like HDFS", "like OSS"])
def store(request) -> MemoryFileSystem:
    return MemoryFileSystem(request.param)


def lock(store, run: str, now: float = 1000.0, sleep: Callable[[float], None] = lambda seconds: None) -> Lock:
    return Lock(store, PAIR, run, Clock(lambda: now, sleep))


def take(store, run: str, now: float = 1000.0) -> Lock:
    taken = lock(store, run, now)
    taken.acquire()
    return taken


def place(store, holder: Holder = ELSEWHERE, number: int = 1) -> None:
    store.place(lock_path(PAIR, number), holder.to_json())


def beat_of(store, number: int, at: float) -> None:
    store.place(lock_path(PAIR, number, ".beat"), f"{at}".encode())


def dead_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def dead_here(run: str = "other") -> Holder:
    return this_process(run, 1000.0)._replace(process=dead_process())


def test_another_driver_of_the_same_run_is_another_holder(store) -> None:
    """A run is gone on with under its own id."""
    place(store, ELSEWHERE._replace(run="one", started=999.0))
    with pytest.raises(BrakeError, match="run one on elsewhere"):
        take(store, "one")


def test_records_that_a_killed_driver_never_finished_go_with_the_next_lock() -> None:
    store = MemoryFileSystem(LIKE_HDFS)
    store.place(f"{PAIR}/_lock/.hdfs2oss-work-old", b"", mtime_ms=5)
    taken = take(store, "one")
    now = store.status(lock_path(PAIR, 1)).mtime_ms
    store.place(f"{PAIR}/_lock/.hdfs2oss-work-now", b"", mtime_ms=now)
    taken.release()
    take(store, "two")
    left = [path for path in store.files() if "work" in path]
    assert left == [f"{PAIR}/_lock/.hdfs2oss-work-now"]


def test_a_record_that_another_driver_may_still_be_writing_stays() -> None:
    store = MemoryFileSystem(LIKE_HDFS, clock_ms=lambda: 5000)
    for name, mtime_ms in (("long", 3999), ("just", 4000), ("now", 5000)):
        store.place(f"{PAIR}/_lock/.hdfs2oss-work-{name}", b"", mtime_ms=mtime_ms)
    take(store, "one")
    assert {path.rpartition("-")[2] for path in store.files() if "work" in path} == {"just", "now"}


def test_what_says_that_an_older_number_was_released_goes_with_all_that_is_in_it() -> None:
    store = MemoryFileSystem(LIKE_HDFS)
    take(store, "one").release()
    store.place(lock_path(PAIR, 1, ".released/x"), b"")
    take(store, "two")
    assert store.status(lock_path(PAIR, 1, ".released")) is None


def test_a_lock_names_its_run_and_a_released_one_is_nobodys(store) -> None:
    one = take(store, "one")
    assert parse_holder(store.read_bytes(lock_path(PAIR, 1))) == this_process("one", 1000.0)
    one.check()
    one.release()
    two = take(store, "two")
    two.check()
    assert two.predecessor is None
    with pytest.raises(LockLost):
        one.check()


def test_a_second_run_is_refused_and_told_who_holds_it(store) -> None:
    one = take(store, "one")
    with pytest.raises(BrakeError, match=f"run one on {socket.gethostname()}, process {os.getpid()}") as caught:
        take(store, "two")
    assert caught.value.exit_code == 6
    one.check()


def test_the_fencing_number_grows_with_every_run_and_nothing_older_is_kept(store) -> None:
    numbers = []
    for number in range(5):
        one = take(store, f"run-{number}")
        one.beat()
        one.release()
        numbers.append(one.number)
    assert numbers == [1, 2, 3, 4, 5]
    names = {path.rpartition("/")[2] for path in store.files()}
    assert "000005" in names
    assert not any(name.startswith("000004") for name in names)


def test_a_living_run_elsewhere_is_respected_until_its_heartbeat_is_old(store) -> None:
    place(store)
    beat_of(store, 1, 2000.0)
    with pytest.raises(BrakeError, match="run other on elsewhere"):
        take(store, "two", 2000.0 + PACE.stale_seconds)
    two = take(store, "two", 2001.0 + PACE.stale_seconds)
    two.check()
    assert (two.number, two.predecessor) == (2, ELSEWHERE)


def test_an_old_heartbeat_that_moves_at_last_is_respected(store) -> None:
    """A living run may be silent for its last request, the store pause after it, and the time to its next beat."""
    place(store)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if sum(slept) >= 85.0:
            beat_of(store, 1, 2.0)

    with pytest.raises(BrakeError, match="run other on elsewhere"):
        lock(store, "two", 5000.0, sleep).acquire()


def test_a_run_that_releases_while_it_is_watched_is_followed_at_once(store) -> None:
    place(store)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        store.make_directory(lock_path(PAIR, 1, ".released"))

    two = lock(store, "two", 5000.0, sleep)
    two.acquire()
    assert (two.number, len(slept)) == (2, 1)


def test_a_run_whose_process_has_gone_from_this_machine_is_taken_over_at_once(store) -> None:
    place(store, dead_here())
    assert take(store, "two").number == 2


@pytest.mark.parametrize("other", ["boot", "namespace", "host"])
def test_a_process_number_says_nothing_of_another_boot_or_namespace_or_host(store, other) -> None:
    place(store, dead_here()._replace(**{other: "another"}))
    with pytest.raises(BrakeError):
        take(store, "two")


def test_a_holder_whose_process_cannot_be_asked_for_is_not_taken_for_gone(store) -> None:
    place(store, dead_here()._replace(process=2**70))
    with pytest.raises(BrakeError):
        take(store, "two")


def test_the_next_attempt_of_the_same_application_takes_over_at_once(store) -> None:
    """And the earlier one, should it still live, does not take it back."""
    first = this_process("one", 1000.0, {"CONTAINER_ID": "container_e17_1410901177871_0001_01_000005"})
    assert (first.application, first.attempt) == ("application_1410901177871_0001", 1)
    beside = this_process("two", 1000.0, {"CONTAINER_ID": "container_e17_1410901177871_0001_01_000006"})
    later = this_process("two", 1000.0, {"CONTAINER_ID": "container_1410901177871_0001_02_000001"})
    stranger = this_process("two", 1000.0, {"CONTAINER_ID": "container_1410901177871_0002_02_000001"})
    assert first.is_earlier_attempt_of(later)
    assert not later.is_earlier_attempt_of(first)
    assert not first.is_earlier_attempt_of(beside)
    assert not first.is_earlier_attempt_of(stranger)
    assert not ELSEWHERE.is_earlier_attempt_of(ELSEWHERE)


def test_a_run_in_a_second_container_of_its_application_follows_the_first(store, monkeypatch) -> None:
    attempt = "container_e17_1410901177871_0001_{:02d}_000001".format
    monkeypatch.setenv("CONTAINER_ID", attempt(1))
    one = take(store, "one")
    monkeypatch.setenv("CONTAINER_ID", attempt(2))
    two = take(store, "two")
    two.check()
    with pytest.raises(LockLost):
        one.beat()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"run": "x"}', b"\xff"])
def test_a_lock_that_says_nothing_is_taken_over(store, content) -> None:
    store.place(lock_path(PAIR, 7), content)
    assert take(store, "two").number == 8


def test_a_run_that_was_followed_publishes_nothing_and_its_late_beat_changes_nothing(store) -> None:
    one = take(store, "one")
    place(store, ELSEWHERE, 2)
    before = store.read_bytes(lock_path(PAIR, 2))
    for act in (one.check, one.beat):
        with pytest.raises(LockLost, match="taken over"):
            act()
    one.release()
    assert store.read_bytes(lock_path(PAIR, 2)) == before
    assert store.status(lock_path(PAIR, 2, ".beat")) is None
    with pytest.raises(BrakeError, match="run other"):
        take(store, "three")


def test_a_lock_that_was_removed_by_hand_is_not_held_even_when_its_number_comes_again(store) -> None:
    one = take(store, "one")
    store.remove(f"{PAIR}/_lock", recursive=True)
    with pytest.raises(LockLost):
        one.check()
    assert take(store, "two").number == one.number
    with pytest.raises(LockLost):
        one.check()


def test_a_lost_answer_to_the_creation_does_not_lock_a_run_out(store) -> None:
    def created() -> None:
        store.create_exclusive(lock_path(PAIR, 1), this_process("one", 1000.0).to_json())

    flaky = FlakyFileSystem(store, Fault("create", "_lock", Unreachable, times=1, meanwhile=created))
    one = lock(flaky, "one")
    with pytest.raises(Unreachable):
        one.acquire()
    one.acquire()
    one.check()
    assert one.number == 1


def test_a_number_that_was_given_and_removed_before_it_was_created_is_no_lock(store) -> None:
    take(store, "one").release()

    def meanwhile() -> None:
        take(store, "two").release()
        take(store, "three")

    slow = FlakyFileSystem(store, Fault("create", "000002", times=1, silent=True, meanwhile=meanwhile))
    with pytest.raises(BrakeError, match="run three"):
        take(slow, "late")
    assert store.status(lock_path(PAIR, 2)) is None


@pytest.mark.parametrize("gone", [False, True])
def test_of_many_that_come_at_once_one_gets_it(store, gone) -> None:
    if gone:
        place(store, dead_here())
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


def test_a_lock_that_cannot_be_read_is_not_taken_over(store) -> None:
    place(store)
    flaky = FlakyFileSystem(store, Fault("read", "_lock", PermissionDenied))
    with pytest.raises(PermissionDenied):
        lock(flaky, "two", 1e9).acquire()
    assert store.status(lock_path(PAIR, 2)) is None


def test_a_machine_that_does_not_tell_its_boot_knows_of_no_dead_process() -> None:
    assert dead_here().has_gone()
    assert not dead_here()._replace(boot="", namespace="").has_gone()
    assert not this_process("one", 0.0).has_gone()
    assert parse_holder(ELSEWHERE.to_json()) == ELSEWHERE


def test_a_process_that_was_killed_and_that_nobody_waits_for_has_gone() -> None:
    """So it stays for ever in a container whose first process does not look after orphans."""
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        ended.stdout.read()
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        os.kill(ended.pid, 0)
        assert this_process("one", 0.0)._replace(process=ended.pid).has_gone()


def test_a_process_of_an_odd_name_is_seen_to_live(tmp_path) -> None:
    odd = tmp_path / "a) Z 1"
    odd.symlink_to("/bin/sleep")
    with subprocess.Popen([str(odd), "60"]) as alive:
        assert not this_process("one", 0.0)._replace(process=alive.pid).has_gone()
        alive.kill()


def test_a_lock_that_is_held_is_listed_again_and_its_record_is_read_once(store) -> None:
    unreadable = Fault("read", "_lock", PermissionDenied, skip=1)
    one = lock(FlakyFileSystem(store, unreadable), "one")
    one.acquire()
    one.check()
    one.check()
    assert unreadable.struck == 0
    place(store, ELSEWHERE, 2)
    with pytest.raises(PermissionDenied):
        one.check()


def test_a_record_that_took_the_place_of_ours_before_anybody_read_it_is_not_known_as_ours() -> None:
    """Somebody removed the lock by hand at the moment when it was taken, after which the number came again."""
    store = MemoryFileSystem(LIKE_HDFS, clock_ms=lambda: 1000)

    def begun_anew() -> None:
        store.remove(f"{PAIR}/_lock", recursive=True)
        place(store)

    one = lock(
        FlakyFileSystem(store, Fault("list", "_lock", times=1, skip=1, silent=True, meanwhile=begun_anew)), "one"
    )
    one.acquire()
    with pytest.raises(LockLost):
        one.check()
    store.remove(f"{PAIR}/_lock", recursive=True)
    place(store, this_process("one", 1000.0))
    one.check()
    begun_anew()
    with pytest.raises(LockLost):
        one.check()


def test_a_record_that_comes_in_the_place_of_one_that_was_read_is_told_by_its_time() -> None:
    store = MemoryFileSystem(LIKE_HDFS, clock_ms=itertools.count(1).__next__)
    one = take(store, "one")
    one.check()
    store.remove(f"{PAIR}/_lock", recursive=True)
    assert take(store, "two").number == one.number
    with pytest.raises(LockLost):
        one.check()

"""Calls that never return."""

import socket
import subprocess
import sys
import threading
import time
import weakref

import pytest

from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.watchdog import OutOfTime, Watchdog
from hdfs2oss.model.errors import NotFound, Unreachable

# Of calls that come back at once, on whatever machine.
LONG_SECONDS = 60.0


def test_a_call_gives_what_the_function_gives_or_raises() -> None:
    watchdog = Watchdog("the NameNode nn")
    assert watchdog.call("ask", lambda: 42) == 42
    with pytest.raises(NotFound, match="gone"):
        watchdog.call("ask", lambda: (_ for _ in ()).throw(NotFound("gone")))


def test_a_call_out_of_time_names_who_did_not_answer_and_what_was_asked() -> None:
    watchdog = Watchdog("the NameNode nn:8020", timeout_seconds=0.05)
    with pytest.raises(Unreachable, match="cannot list /a: no answer from the NameNode nn:8020 in 0 s"):
        watchdog.call("list /a", threading.Event().wait)


def test_after_one_time_out_others_fail_at_once_until_the_pause_is_over() -> None:
    now = [0.0]
    watchdog = Watchdog("the NameNode nn", timeout_seconds=0.05, pause_seconds=30, now=lambda: now[0])
    with pytest.raises(OutOfTime):
        watchdog.call("ask", threading.Event().wait)
    asked: list[int] = []
    with pytest.raises(OutOfTime, match="the NameNode nn did not answer moments ago"):
        watchdog.call("ask again", lambda: asked.append(1))
    assert asked == []
    now[0] = 30.1
    assert watchdog.call("ask again", lambda: 42, LONG_SECONDS) == 42


@pytest.mark.parametrize("begins_pause", [True, False])
def test_a_call_that_is_answered_after_the_time_out_of_another_ends_the_pause(begins_pause: bool) -> None:
    watchdog = Watchdog("the NameNode nn", timeout_seconds=0.05, pause_seconds=30, now=lambda: 0.0)

    def wait_for_a_time_out() -> int:
        with pytest.raises(OutOfTime):
            watchdog.call("ask", threading.Event().wait)
        return 41

    assert watchdog.call("ask slowly", wait_for_a_time_out, 10.0, begins_pause) == 41
    if begins_pause:
        assert watchdog.call("ask", lambda: 42, LONG_SECONDS) == 42
    else:
        # What DataNodes say tells nothing of the NameNode.
        with pytest.raises(OutOfTime, match="moments ago"):
            watchdog.call("ask", lambda: 42)


def test_a_slow_call_that_is_not_the_places_fault_stops_nobody() -> None:
    watchdog = Watchdog("the NameNode nn", timeout_seconds=0.05)
    with pytest.raises(OutOfTime):
        watchdog.call("write", threading.Event().wait, begins_pause=False)
    assert watchdog.call("ask", lambda: 42, LONG_SECONDS) == 42


def test_calls_left_behind_are_counted_until_they_return() -> None:
    """In a process of its own: calls that other tests left behind may return at any moment."""
    program = """if True:
        import threading, time
        from hdfs2oss.filesystems.watchdog import OutOfTime, Watchdog, calls_left_behind

        late = threading.Event()
        try:
            Watchdog("the NameNode nn", timeout_seconds=0.05).call("ask", late.wait)
        except OutOfTime:
            print(calls_left_behind(), flush=True)
        late.set()
        while calls_left_behind():
            time.sleep(0.01)
        print("returned")
    """
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    assert (ended.stdout, ended.stderr) == ("1\nreturned\n", "")


def test_threads_are_used_again() -> None:
    watchdog = Watchdog("the NameNode nn")
    seen = {watchdog.call("ask", threading.get_ident) for _ in range(50)}
    assert len(seen) == 1


def test_calls_of_one_errand_share_a_thread_and_what_they_raise_comes_back() -> None:
    watchdog = Watchdog("the NameNode nn")

    def errand() -> set[int]:
        return {threading.get_ident(), *(watchdog.call("ask", threading.get_ident) for _ in range(5))}

    (helper,) = watchdog.together(errand)
    assert helper != threading.get_ident()
    # The thread is idle again, and takes no errand of its own for that of the next one.
    assert watchdog.call("ask", threading.get_ident) == helper
    with pytest.raises(NotFound, match="gone"):
        watchdog.together(lambda: watchdog.call("ask", lambda: (_ for _ in ()).throw(NotFound("gone"))))
    assert watchdog.together(lambda: watchdog.together(errand)) == {helper}


@pytest.mark.parametrize("way", ["call", "together"])
def test_what_was_asked_for_is_held_no_longer_than_the_errand(way) -> None:
    """A process that is forked lets go of what idle threads held, and a native client does not survive that."""

    class Held:
        pass

    watchdog, seen = Watchdog("the NameNode nn"), []

    def work(held: Held) -> Held:
        seen.append(weakref.ref(held))
        return held

    def ask() -> None:
        held = Held()
        watchdog.call("ask", lambda: work(held)) if way == "call" else watchdog.together(lambda: work(held))

    ask()
    deadline = time.monotonic() + LONG_SECONDS
    while seen[0]() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen[0]() is None


def test_each_call_of_an_errand_has_a_time_out_of_its_own_and_what_lies_between_them_none() -> None:
    watchdog = Watchdog("the NameNode nn", timeout_seconds=0.2)

    def errand() -> list[int]:
        found = []
        for number in range(4):
            found.append(watchdog.call("ask", lambda number=number: number, LONG_SECONDS))  # type: ignore[misc]
            time.sleep(0.15)  # altogether three times as long as the watchdog is patient
        return found

    assert watchdog.together(errand) == [0, 1, 2, 3]


def test_the_call_of_an_errand_that_is_out_of_time_is_named_and_nothing_follows_it() -> None:
    watchdog = Watchdog("the NameNode nn", timeout_seconds=0.05, pause_seconds=0.0)
    late, followed, over = threading.Event(), [], threading.Event()

    def errand() -> None:
        watchdog.call("look at /a", lambda: None, LONG_SECONDS)
        try:
            try:
                watchdog.call("close /a", late.wait)
            finally:
                watchdog.call("remove /a", lambda: followed.append("removed"))
        finally:
            over.set()

    with pytest.raises(OutOfTime, match="cannot close /a: no answer from the NameNode nn"):
        watchdog.together(errand)
    late.set()
    assert over.wait(LONG_SECONDS)
    assert followed == []


def test_a_call_that_hangs_once_one_within_it_has_come_back_is_out_of_time() -> None:
    watchdog = Watchdog("the NameNode nn", timeout_seconds=0.05)
    late = threading.Event()

    def close() -> None:
        watchdog.call("look at /a", lambda: None, LONG_SECONDS)
        late.wait(10)

    with pytest.raises(OutOfTime, match="cannot close /a: no answer"):
        watchdog.together(lambda: watchdog.call("close /a", close))
    late.set()


@pytest.mark.parametrize("begins_pause", [True, False])
def test_a_time_out_in_an_errand_begins_the_pause_that_the_call_stands_for(begins_pause: bool) -> None:
    watchdog = Watchdog("the NameNode nn", timeout_seconds=0.05, pause_seconds=30, now=lambda: 0.0)
    never = threading.Event()
    with pytest.raises(OutOfTime):
        watchdog.together(lambda: watchdog.call("ask", never.wait, begins_pause=begins_pause))
    if begins_pause:
        with pytest.raises(OutOfTime, match="moments ago"):
            watchdog.together(lambda: watchdog.call("ask", lambda: 42))
    else:
        assert watchdog.together(lambda: watchdog.call("ask", lambda: 42, LONG_SECONDS)) == 42
    never.set()


def test_many_callers_at_once_each_get_their_own_answer() -> None:
    watchdog = Watchdog("the NameNode nn")
    results: list[bool] = []

    def ask(number: int) -> None:
        for turn in range(200):
            results.append(watchdog.call("ask", lambda turn=turn: (number, turn)) == (number, turn))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 1600


@pytest.fixture
def frozen():
    """A NameNode that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_frozen_namenode_costs_one_time_out_for_all_files(frozen: str) -> None:
    hdfs = HdfsFileSystem(frozen, {}, timeout_seconds=1.0)
    started = time.monotonic()
    for _ in range(100):
        with pytest.raises(Unreachable, match=frozen):
            hdfs.status("/file")
    assert time.monotonic() - started < 60


def test_a_call_left_behind_does_not_keep_the_process(frozen: str) -> None:
    program = (
        "from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem\n"
        f"HdfsFileSystem({frozen!r}, {{}}, timeout_seconds=0.5).status('/file')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    assert ended.returncode == 1
    assert "no answer from the NameNode" in ended.stderr


@pytest.mark.full
@pytest.mark.faults
def test_a_refused_connection_is_told_within_twenty_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(Unreachable, match="Connection refused"):
        HdfsFileSystem(f"127.0.0.1:{port}", {}).status("/file")
    assert time.monotonic() - started < 20

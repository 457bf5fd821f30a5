import threading

import pytest

from hdfs2oss.transfer.buffers import BufferBudget


def test_no_more_is_held_than_the_budget_allows() -> None:
    budget = BufferBudget(100)
    held, most, lock = 0, 0, threading.Lock()

    def hold(size: int) -> None:
        nonlocal held, most
        for _ in range(50):
            with budget.hold(size):
                with lock:
                    held += size
                    most = max(most, held)
                with lock:
                    held -= size

    threads = [threading.Thread(target=hold, args=(size,)) for size in (10, 30, 50, 70, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < most <= 100
    assert held == 0


def test_a_request_above_the_budget_gets_its_turn_alone() -> None:
    budget = BufferBudget(100)
    waiting, got = threading.Event(), threading.Event()

    def want_much() -> None:
        waiting.set()
        with budget.hold(1000):
            got.set()

    with budget.hold(1):
        thread = threading.Thread(target=want_much)
        thread.start()
        waiting.wait(60)
        assert not got.wait(0.05)
    thread.join(60)
    assert got.is_set()


def test_an_error_gives_the_room_back() -> None:
    budget = BufferBudget(100)
    with pytest.raises(RuntimeError), budget.hold(100):
        raise RuntimeError
    with budget.hold(100):
        pass

"""Requests of several threads at one store, held back once it refuses. The store is what the block does."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from hdfs2oss.filesystems.in_flight import InFlight
from hdfs2oss.filesystems.traffic import Traffic
from hdfs2oss.model.errors import NotFound, StoreError, Throttled, Unreachable


def send(in_flight: InFlight, error: StoreError | None = None) -> None:
    """A request that is answered, or fails."""
    expected = pytest.raises(type(error)) if error is not None else nullcontext()
    with expected, in_flight.one():
        if error is not None:
            raise error


def stand_in(in_flight: InFlight, inside: threading.Semaphore, leave: threading.Event) -> None:
    with in_flight.one():
        inside.release()
        assert leave.wait(30)


@pytest.fixture
def crowd():
    """Requests that stay in flight until the test ends or says so."""
    leave, inside = threading.Event(), threading.Semaphore(0)
    with ThreadPoolExecutor(16) as pool:

        def enter(in_flight: InFlight, count: int, wait: int) -> Callable[[], None]:
            for _ in range(count):
                pool.submit(stand_in, in_flight, inside, leave)
            for _ in range(wait):
                assert inside.acquire(timeout=30)
            return leave.set

        yield enter
        leave.set()


def test_all_may_be_in_flight_while_nothing_was_refused(crowd) -> None:
    in_flight = InFlight(Traffic())
    crowd(in_flight, 16, wait=16)
    assert in_flight.limit is None


def test_after_a_refusal_the_others_wait_for_their_turn_and_are_counted(crowd) -> None:
    traffic = Traffic()
    in_flight = InFlight(traffic)
    for _ in range(3):
        send(in_flight, Throttled("too many"))
    assert in_flight.limit == 1
    let_go = crowd(in_flight, 3, wait=1)
    assert traffic.snapshot()["REQUESTS_LIMITED"] == 3  # two of those refused, and the one inside
    let_go()
    send(in_flight)
    counted = traffic.snapshot()
    assert counted["REQUESTS_THROTTLED"] == 3
    assert counted["REQUESTS_LIMITED"] >= 4


@pytest.mark.parametrize(
    ("error", "limit"), [(None, 2), (NotFound("no"), 2), (Unreachable("silent"), 1)], ids=["answer", "no", "silence"]
)
def test_what_was_answered_in_whatever_way_makes_room_and_silence_does_not(error, limit) -> None:
    in_flight = InFlight(Traffic())
    send(in_flight, Throttled("too many"))
    for _ in range(16):
        send(in_flight, error)
    assert in_flight.limit == limit


def test_no_place_is_lost_by_an_error_of_another_kind() -> None:
    in_flight = InFlight(Traffic())
    send(in_flight, Throttled("too many"))
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), in_flight.one():
            raise ZeroDivisionError
    send(in_flight)


@pytest.mark.timeout(30)
def test_a_thread_that_sends_what_it_asks_the_same_store_for_does_not_wait_for_itself() -> None:
    in_flight = InFlight(Traffic())
    send(in_flight, Throttled("too many"))
    assert in_flight.limit == 1
    with in_flight.one(), in_flight.one():
        send(in_flight)


def test_who_asked_within_a_request_of_its_own_waits_for_its_turn_afterwards(crowd) -> None:
    asks = [lambda: 0.0]
    traffic = Traffic()
    in_flight = InFlight(traffic, now=lambda: asks[0]())
    send(in_flight, Throttled("too many"))
    with in_flight.one(), in_flight.one():
        pass
    let_go = crowd(in_flight, 1, wait=1)
    # The one that is in flight goes on when the next one asks for the time, just before it waits.
    asks[0] = lambda: let_go() or 0.0
    before = traffic.snapshot()["REQUESTS_IN_FLIGHT_SUM"]
    send(in_flight)
    assert in_flight.limit == 1
    assert traffic.snapshot()["REQUESTS_IN_FLIGHT_SUM"] - before == 1


@pytest.mark.timeout(30)
def test_nobody_waits_for_ever(crowd) -> None:
    in_flight = InFlight(Traffic(), most_seconds=0.05)
    send(in_flight, Throttled("too many"))
    crowd(in_flight, 3, wait=3)

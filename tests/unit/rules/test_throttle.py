import itertools
import random
import threading

import pytest

from hdfs2oss.rules.throttle import BURST_SECONDS, Bucket, Throttle

KIB, MIB = 1024, 1024 * 1024


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_without_a_limit_nothing_waits() -> None:
    clock = Clock()
    throttle = Throttle(None, clock, clock.sleep)
    for _ in range(100):
        throttle.take(1 << 30)
    assert clock.slept == []
    assert throttle.piece_bytes is None
    assert throttle.taken == 100 << 30


def test_the_rate_holds_over_many_small_files() -> None:
    clock = Clock()
    throttle = Throttle(1000, clock, clock.sleep)
    for _ in range(101):
        throttle.take(100)
    assert abs(clock.now - 110.0) < 0.01
    assert abs(throttle.held_seconds - 10.0) < 0.01


def test_an_idle_time_is_credit_for_half_a_second_and_no_more() -> None:
    clock = Clock()
    throttle = Throttle(1000, clock, clock.sleep)
    throttle.take(1000)
    clock.now += 3600
    throttle.take(1000)
    throttle.take(1000)
    assert sum(clock.slept) == pytest.approx(1.0 - BURST_SECONDS)


def test_the_first_bytes_do_not_wait() -> None:
    clock = Clock()
    Throttle(1, clock, clock.sleep).take(1000)
    assert clock.slept == []


def test_threads_share_one_limit() -> None:
    """Whoever looks at the clock lets time pass, so the end of the last tells how many went one after another."""
    lock, now = threading.Lock(), [0.0]

    def sleep(seconds: float) -> None:
        with lock:
            now[0] += seconds / 32

    throttle = Throttle(1000, lambda: now[0], sleep)
    threads = [threading.Thread(target=throttle.take, args=(1000,)) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 30.9 < now[0] < 33


def test_many_who_wait_at_once_are_one_time_that_was_held_back() -> None:
    lock, now = threading.Lock(), [0.0]

    def sleep(seconds: float) -> None:
        with lock:
            now[0] += seconds / 8

    throttle = Throttle(1000, lambda: now[0], sleep)
    threads = [threading.Thread(target=throttle.take, args=(1000,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert throttle.held_seconds <= now[0]


def test_pieces_are_a_quarter_of_a_second_but_not_tiny() -> None:
    assert Throttle(4_000_000).piece_bytes == 1_000_000
    assert Throttle(1).piece_bytes == 16 * 1024


def test_the_smaller_of_two_limits_says_how_large_a_piece_is() -> None:
    assert Throttle(4_000_000, beyond=Throttle(8_000_000)).piece_bytes == 1_000_000
    assert Throttle(8_000_000, beyond=Throttle(4_000_000)).piece_bytes == 1_000_000
    assert Throttle(None, beyond=Throttle(4_000_000)).piece_bytes == 1_000_000
    assert Throttle(4_000_000, beyond=Throttle(None)).piece_bytes == 1_000_000


def test_what_passes_one_limit_must_pass_the_one_beyond_it() -> None:
    clock = Clock()
    beyond = Throttle(100, clock, clock.sleep)
    throttle = Throttle(1000, clock, clock.sleep, beyond)
    for _ in range(11):
        throttle.take(100)
    assert clock.now == pytest.approx(110.0, abs=0.6)
    assert beyond.taken == 1100


def test_a_piece_is_paid_for_before_it_is_read() -> None:
    clock = Clock()
    throttle = Throttle(10, clock, clock.sleep)
    read: list[float] = []

    def pieces() -> object:
        for _ in range(4):
            read.append(clock.now - 100.0)
            yield bytes(10)

    assert b"".join(throttle.paced(pieces(), 40, 10)) == bytes(40)
    assert read == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.01)


def test_what_was_not_there_to_be_read_is_given_back() -> None:
    clock = Clock()
    throttle = Throttle(10, clock, clock.sleep)
    assert list(throttle.paced(iter([b"abc"]), 1000, 500)) == [b"abc"]
    assert throttle.taken == 3
    throttle.take(10)
    assert clock.now - 100.0 == pytest.approx(0.3, abs=0.01)


def test_more_than_was_asked_for_is_handed_on() -> None:
    """Whoever counts the bytes must see it."""
    assert list(Throttle(None).paced(iter([b"abc", b"d"]), 3, 3)) == [b"abc", b"d"]


def test_who_waits_long_hears_of_another_rate_at_once() -> None:
    """A buffer of 32 MiB at a byte a second would hold its thread for a year."""
    clock = Clock()
    throttle: Throttle

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        throttle.set_rate(MIB)

    throttle = Throttle(1, clock, sleep)
    throttle.take(32 * MIB)
    throttle.take(1)
    assert clock.now - 100.0 < 33.0


def drive(seed: int, rates: list[float], seconds: float, largest: int, threads: int) -> list[tuple[float, int]]:
    """What passes a bucket, with when, while so many threads always want more; rates follow each other evenly.

    The machine is busy: once a second nobody does anything for up to 0.4 s.
    """
    chance = random.Random(seed)
    bucket = Bucket(rates[0], 0.0)
    passed: list[tuple[float, int]] = []
    waiting = [(0.0, bucket.claim(size, 0.0), size) for size in [chance.randint(1, largest) for _ in range(threads)]]
    now, rate, stalled = 0.0, 0, 0.0
    while True:
        late = 0.4 * chance.random() if now > stalled + 1.0 else 0.0
        stalled = now if late else stalled
        coming = [(max(looked, now) + bucket.wait(place, now), place, size) for looked, place, size in waiting]
        at, place, size = min(coming)
        change = seconds / len(rates) * (rate + 1)
        if at > change and rate + 1 < len(rates):
            now, rate = max(now, change), rate + 1
            bucket.set_rate(rates[rate], now)
            continue
        now = max(now, at + late)
        if now >= seconds:
            return passed
        passed.append((now, size))
        waiting = [one for one in waiting if one[1] != place]
        size = chance.randint(1, largest)
        waiting.append((now, bucket.claim(size, now), size))


@pytest.mark.parametrize("seed", range(12))
def test_in_no_time_longer_than_a_burst_more_passes_than_the_rate_allows_and_never_much_less(seed: int) -> None:
    chance = random.Random(seed)
    rate, threads = chance.choice((1.0, 20.0)) * MIB, chance.choice((1, 4, 16))
    largest = chance.choice((int(rate / 4), int(rate / 50)))
    passed = drive(seed, [rate], 30.0, largest, threads)
    sums = list(itertools.accumulate((size for _, size in passed), initial=0))
    for first, last in itertools.combinations(range(0, len(passed), max(1, len(passed) // 100)), 2):
        window = passed[last][0] - passed[first][0]
        assert sums[last] - sums[first] <= rate * (window + BURST_SECONDS) + 2 * largest
    assert sums[-1] >= 0.95 * rate * 30.0


@pytest.mark.parametrize("seed", range(6))
def test_a_rate_that_is_changed_in_the_middle_counts_from_then_on(seed: int) -> None:
    chance = random.Random(seed)
    rates = [chance.choice((1.0, 5.0, 25.0)) * MIB for _ in range(3)]
    passed = drive(seed, rates, 60.0, 256 * KIB, 4)
    for number, rate in enumerate(rates):
        within = sum(size for at, size in passed if 20.0 * number <= at < 20.0 * (number + 1))
        assert 0.95 * rate * 20.0 <= within <= rate * (20.0 + BURST_SECONDS) + 2 * 256 * KIB


@pytest.mark.parametrize("threads", [1, 4])
def test_large_buffers_keep_a_small_rate_on_average(threads: int) -> None:
    """32 MiB at 1 MiB/s: each stands in the row for half a minute, and nobody passes before those before it."""
    passed = drive(1, [float(MIB)], 3600.0, 32 * MIB, threads)
    total = sum(size for _, size in passed)
    assert 0.95 * 3600.0 * MIB <= total <= (3600.0 + BURST_SECONDS + 32.0) * MIB


def test_a_limit_that_was_lifted_and_comes_back_begins_with_nothing_owed() -> None:
    bucket = Bucket(1000.0, 0.0)
    bucket.claim(1_000_000, 0.0)
    bucket.set_rate(None, 1.0)
    bucket.set_rate(1000.0, 2.0)
    place = bucket.claim(1000, 2.0)
    assert bucket.wait(place, 2.0) == 0.0
    assert bucket.wait(bucket.claim(1000, 2.0), 2.0) == pytest.approx(1.0)

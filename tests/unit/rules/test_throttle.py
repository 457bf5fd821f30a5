import threading

from hdfs2oss.rules.throttle import Throttle


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


def test_the_rate_holds_over_many_small_files() -> None:
    clock = Clock()
    throttle = Throttle(1000, clock, clock.sleep)
    for _ in range(101):
        throttle.take(100)
    assert abs(clock.now - 110.0) < 0.01


def test_an_idle_time_is_no_credit() -> None:
    clock = Clock()
    throttle = Throttle(1000, clock, clock.sleep)
    throttle.take(1000)
    clock.now += 3600
    throttle.take(1000)
    throttle.take(1000)
    assert clock.slept == [1.0]


def test_the_first_bytes_do_not_wait() -> None:
    clock = Clock()
    Throttle(1, clock, clock.sleep).take(1000)
    assert clock.slept == []


def test_threads_share_one_limit() -> None:
    """The clock stands still, so the waits tell where in the queue each thread was put: no two at one place."""
    slept: list[float] = []
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            slept.append(seconds)

    throttle = Throttle(1000, lambda: 0.0, sleep)
    threads = [threading.Thread(target=throttle.take, args=(1000,)) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [float(number) for number in range(1, 32)]


def test_pieces_are_a_quarter_of_a_second_but_not_tiny() -> None:
    assert Throttle(4_000_000).piece_bytes == 1_000_000
    assert Throttle(1).piece_bytes == 16 * 1024

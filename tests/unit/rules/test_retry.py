"""When to ask again. Time is a list of the sleeps."""

import pytest

from hdfs2oss.model.errors import CorruptData, NotFound, StoreError, Throttled, Unreachable
from hdfs2oss.rules.retry import RetryClock, RetryPolicy, call_with_retries, delay_seconds

POLICY = RetryPolicy(attempts=5, base_seconds=1, cap_seconds=10, deadline_seconds=30, throttled_seconds=100)


class Time:
    """A clock that only sleeping (and what each call takes) moves on."""

    def __init__(self, call_seconds: float = 0.0, chance: float = 0.5) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.call_seconds = call_seconds
        self.clock = RetryClock(lambda: self.now, self.sleep, lambda: chance)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def fail(self, *errors: StoreError):
        left = list(errors)

        def function() -> str:
            self.now += self.call_seconds
            if left:
                raise left.pop(0)
            return "done"

        return function


def test_a_call_that_succeeds_is_made_once() -> None:
    time = Time()
    assert call_with_retries(time.fail(), POLICY, time.clock) == "done"
    assert time.slept == []


def test_delays_grow_by_doubling_up_to_the_cap_with_full_jitter() -> None:
    delays = [delay_seconds(Unreachable(""), attempt, POLICY, 0.5) for attempt in range(1, 6)]
    assert delays == [1, 2, 4, 5, 5]
    assert delay_seconds(Unreachable(""), 3, POLICY, 0.0) == 0


def test_retryable_errors_are_asked_again_as_often_as_allowed() -> None:
    time = Time()
    assert call_with_retries(time.fail(*[CorruptData("")] * 4), POLICY, time.clock) == "done"
    with pytest.raises(CorruptData):
        call_with_retries(time.fail(*[CorruptData("")] * 5), POLICY, Time().clock)


def test_other_errors_are_not_asked_again() -> None:
    time = Time()
    with pytest.raises(NotFound):
        call_with_retries(time.fail(NotFound("")), POLICY, time.clock)
    assert time.slept == []


def test_no_new_try_begins_after_the_deadline() -> None:
    time = Time(call_seconds=11)
    with pytest.raises(Unreachable):
        call_with_retries(time.fail(*[Unreachable("")] * 9), POLICY, time.clock)
    assert time.slept == [1, 2]


def test_a_second_try_is_made_even_when_the_first_outlasted_the_deadline() -> None:
    time = Time(call_seconds=60)
    assert call_with_retries(time.fail(Unreachable("")), POLICY, time.clock) == "done"


def test_the_delay_that_a_store_names_is_added_to_the_jitter() -> None:
    time = Time(chance=0.0)
    call_with_retries(time.fail(Throttled("", delay_seconds=7.0)), POLICY, time.clock)
    assert time.slept == [7]


def test_throttling_is_waited_out_longer_than_a_lost_connection() -> None:
    time = Time(chance=0.99)
    assert call_with_retries(time.fail(*[Throttled("")] * 8), POLICY, time.clock) == "done"
    assert sum(time.slept) > POLICY.deadline_seconds


def test_the_caller_may_be_stricter() -> None:
    time = Time()
    with pytest.raises(Unreachable):
        call_with_retries(time.fail(Unreachable("")), POLICY, time.clock, should_retry=lambda error: False)
    assert time.slept == []

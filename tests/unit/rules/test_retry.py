"""When to ask again. Time is a list of the sleeps."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.filesystems.watchdog import OutOfTime
from hdfs2oss.model.errors import CorruptData, NotFound, StoreError, Throttled, Unreachable
from hdfs2oss.rules.retry import RetryClock, RetryPolicy, StorePause, call_with_retries, delay_seconds

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


@given(
    attempt=st.integers(1, 40),
    chance=st.floats(0, 1, exclude_max=True),
    base=st.floats(0.001, 5),
    cap=st.floats(0.001, 60),
    named=st.floats(0, 30),
)
def test_a_delay_lies_between_nothing_and_the_doubled_base_after_what_the_store_named(
    attempt: int, chance: float, base: float, cap: float, named: float
) -> None:
    policy = RetryPolicy(base_seconds=base, cap_seconds=cap)
    most = min(cap, base * 2**attempt)
    assert 0 <= delay_seconds(Unreachable(""), attempt, policy, chance) <= most
    assert named <= delay_seconds(Throttled("", delay_seconds=named), attempt, policy, chance) <= named + most


@pytest.mark.parametrize("attempt", [1, 4, 9])
def test_delays_are_spread_evenly_over_the_whole_range(attempt: int) -> None:
    """Workers that were refused together come back one after another, the first ones at once."""
    chance = random.Random(attempt)
    most = min(POLICY.cap_seconds, POLICY.base_seconds * 2**attempt)
    tenths = [0] * 10
    for _ in range(5000):
        tenths[int(delay_seconds(Unreachable(""), attempt, POLICY, chance.random()) / most * 10)] += 1
    assert all(400 < count < 600 for count in tenths)


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


def test_a_class_may_be_stricter_than_its_base() -> None:
    time = Time()
    with pytest.raises(OutOfTime):
        call_with_retries(time.fail(OutOfTime("")), POLICY, time.clock)
    assert time.slept == []


def test_after_a_store_gave_no_answer_it_is_not_asked_until_the_pause_is_over() -> None:
    time = Time()
    pause = StorePause(30, lambda: time.now)
    with pytest.raises(Unreachable, match="no route"):
        pause.call(time.fail(Unreachable("no route", "Look at the network.")))
    time.now += 29
    with pytest.raises(Unreachable, match="not asked again so soon after this: no route") as caught:
        pause.call(time.fail(Unreachable("never asked")))
    assert caught.value.hint == "Look at the network."
    time.now += 2
    assert pause.call(time.fail()) == "done"
    assert pause.call(time.fail()) == "done"


def test_a_pause_that_is_over_begins_anew_when_there_is_still_no_answer() -> None:
    time = Time()
    pause = StorePause(30, lambda: time.now)
    for _ in range(2):
        with pytest.raises(Unreachable, match=r"^no route$"):
            pause.call(time.fail(Unreachable("no route")))
        with pytest.raises(Unreachable, match="not asked"):
            pause.call(time.fail())
        time.now += 31


@pytest.mark.parametrize("error", [Throttled(""), NotFound(""), CorruptData("")])
def test_a_store_that_answers_is_not_left_alone(error: StoreError) -> None:
    time = Time()
    pause = StorePause(30, lambda: time.now)
    with pytest.raises(type(error)):
        pause.call(time.fail(error))
    assert pause.call(time.fail()) == "done"


def test_one_lost_call_is_no_silence_while_others_that_began_later_are_answered() -> None:
    time = Time()
    pause = StorePause(30, lambda: time.now)

    def lost() -> str:
        time.now += 1
        assert pause.call(time.fail()) == "done"
        raise Unreachable("a lost packet")

    with pytest.raises(Unreachable):
        pause.call(lost)
    assert pause.call(time.fail()) == "done"


def test_a_call_under_way_that_is_answered_after_all_ends_the_pause() -> None:
    time = Time()
    pause = StorePause(30, lambda: time.now)

    def answered_late() -> str:
        time.now += 20
        with pytest.raises(Unreachable, match="no route"):
            pause.call(time.fail(Unreachable("no route")))
        with pytest.raises(Unreachable, match="not asked again so soon"):
            pause.call(time.fail())
        return "late"

    assert pause.call(answered_late) == "late"
    assert pause.call(time.fail()) == "done"

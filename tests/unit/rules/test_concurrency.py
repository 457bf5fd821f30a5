"""How many requests may be in flight: the rule, and what it comes to with a store that takes only so many."""

import heapq

from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.rules.concurrency import Concurrency


def limited(allowed: int) -> Concurrency:
    """A rule that has just come down to so many."""
    rule = Concurrency()
    rule.limit, rule.falls = allowed, 1
    return rule


def a_round(rule: Concurrency, begin: float, seconds: float, in_flight: int | None = None) -> float:
    """As many answers as may be in flight, the last one after so many seconds; when that was."""
    count = rule.limit
    assert count is not None
    for number in range(count):
        rule.answered(count if in_flight is None else in_flight, begin + seconds * (number + 1) / count)
    return begin + seconds


def test_there_is_no_limit_while_nothing_was_refused() -> None:
    rule = Concurrency()
    rule.answered(500, 1.0)
    assert rule.limit is None
    assert rule.allows(10_000)


def test_a_refusal_takes_a_third_of_what_was_in_flight() -> None:
    rule = Concurrency()
    rule.refused(0, 32, 1.0)
    assert rule.limit == 22
    assert rule.allows(21)
    assert not rule.allows(22)


def test_what_was_sent_before_the_limit_fell_does_not_let_it_fall_again() -> None:
    rule = Concurrency()
    for _ in range(10):
        rule.refused(0, 32, 1.0)
    assert rule.limit == 22
    rule.refused(rule.falls, 22, 2.0)
    assert rule.limit == 15


def test_one_request_is_always_allowed() -> None:
    rule = limited(2)
    for _ in range(5):
        rule.refused(rule.falls, 2, 1.0)
    assert rule.limit == 1
    assert rule.allows(0)


def test_the_limit_falls_from_what_is_in_flight_where_that_is_less() -> None:
    rule = limited(100)
    rule.refused(rule.falls, 10, 1.0)
    assert rule.limit == 7


def test_rounds_that_answer_more_each_raise_the_limit() -> None:
    rule, now = limited(10), 0.0
    rule.refused(rule.falls, 10, now)
    assert rule.limit == 7
    for expected in (8, 9):
        now = a_round(rule, now, 1.0)
        assert rule.limit == expected


def test_what_was_too_many_is_tried_again_after_sixteen_rounds_and_then_it_goes_on() -> None:
    rule, now = limited(2), 0.0
    rule.refused(rule.falls, 2, now)
    found = []
    for number in range(18):
        now = a_round(rule, now, 1.0 / (number + 1))
        found.append(rule.limit)
    assert found == [1] * 15 + [2, 3, 4]


def test_rounds_that_answer_no_more_raise_it_only_each_fourth_time() -> None:
    rule, now = limited(30), 0.0
    rule.refused(rule.falls, 30, now)
    found = []
    for _ in range(10):
        limit = rule.limit
        assert limit is not None
        # So many answers in a second, whatever is in flight.
        now = a_round(rule, now, limit / 50)
        found.append(rule.limit)
    assert found == [22, 22, 22, 22, 23, 23, 23, 23, 24, 24]


def test_a_round_that_the_limit_did_not_hold_back_changes_nothing() -> None:
    rule, now = limited(10), 0.0
    rule.refused(rule.falls, 10, now)
    for _ in range(10):
        now = a_round(rule, now, 0.1, in_flight=3)
    assert rule.limit == 7


class Store:
    """Takes `most` requests at once, each for a second, and refuses all others at once."""

    def __init__(self, most: int, senders: int) -> None:
        self.most, self.senders = most, senders
        self.rule = Concurrency()
        self.refusals: list[bool] = []

    def run(self, requests: int, chances: list[float]) -> None:
        """Send so many; who is refused comes back after a while."""
        now, busy, waiting = 0.0, 0, requests
        events: list[tuple[float, int, bool, int]] = []
        sleeping = in_flight = 0
        for number in range(100 * requests):
            while waiting and in_flight + sleeping < self.senders and self.rule.allows(in_flight):
                is_refused = busy >= self.most
                busy += not is_refused
                in_flight, waiting = in_flight + 1, waiting - 1
                took = 0.01 if is_refused else 0.5 + chances[number % len(chances)]
                heapq.heappush(events, (now + took, number + 1000 * waiting, is_refused, self.rule.falls))
            if not events:
                return
            now, _, is_refused, falls = heapq.heappop(events)
            if falls < 0:  # a sleeper
                sleeping, waiting = sleeping - 1, waiting + 1
                continue
            self.refusals.append(is_refused)
            if is_refused:
                self.rule.refused(falls, in_flight, now)
                sleeping += 1
                heapq.heappush(events, (now + 0.2 + chances[number % len(chances)], number, False, -1))
            else:
                self.rule.answered(in_flight, now)
                busy -= 1
            in_flight -= 1


@given(most=st.integers(1, 40), senders=st.integers(1, 64), chances=st.lists(st.floats(0, 1), min_size=5, max_size=20))
def test_a_store_that_takes_only_so_many_refuses_few_and_is_kept_busy(most, senders, chances) -> None:
    store = Store(most, senders)
    store.run(1200, chances)
    late = store.refusals[len(store.refusals) // 3 :]
    assert store.refusals.count(False) == 1200
    assert sum(late) < 0.2 * len(late)
    if senders <= most:
        assert store.rule.limit is None
    else:
        assert store.rule.limit is not None
        assert min(most, senders) * 0.4 <= store.rule.limit <= senders + 1

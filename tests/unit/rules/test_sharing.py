import random

import pytest

from hdfs2oss.rules.sharing import Shares, Use, share_out

HELD, FREE = 0.9, 0.0


def test_of_whom_nothing_is_known_each_has_a_fair_share() -> None:
    assert share_out(40.0, 4, {}) == Shares(10.0)


def test_without_a_limit_nobody_has_one() -> None:
    assert share_out(None, 4, {"a": Use(5.0, HELD)}).for_process("a") is None


def test_what_one_does_not_use_goes_to_those_who_could_use_more() -> None:
    shares = share_out(40.0, 4, {"a": Use(2.0, FREE), **{name: Use(10.0, HELD) for name in "bcd"}})
    assert shares.for_process("a") == pytest.approx(2.5)
    assert [shares.for_process(name) for name in "bcd"] == pytest.approx([12.5] * 3)


def test_who_uses_nothing_keeps_enough_to_show_that_it_needs_more() -> None:
    shares = share_out(40.0, 2, {"a": Use(0.0, FREE), "b": Use(20.0, HELD)})
    assert shares.for_process("a") == pytest.approx(2.0)
    assert shares.for_process("b") == pytest.approx(38.0)


def test_where_nobody_is_held_back_all_have_a_fair_share_again() -> None:
    assert share_out(40.0, 2, {"a": Use(1.0, FREE), "b": Use(30.0, FREE)}) == Shares(20.0)


def test_the_last_one_that_runs_has_all() -> None:
    assert share_out(40.0, 1, {"a": Use(10.0, HELD)}).for_process("a") == 40.0


def test_who_uses_much_and_could_not_use_more_keeps_it() -> None:
    shares = share_out(40.0, 4, {"a": Use(16.0, FREE), **{name: Use(5.0, HELD) for name in "bcd"}})
    assert shares.for_process("a") == pytest.approx(10.0)


@pytest.mark.parametrize("seed", range(50))
def test_shares_never_exceed_the_total(seed: int) -> None:
    chance = random.Random(seed)
    known = {
        str(number): Use(chance.random() * 100, chance.choice((HELD, FREE))) for number in range(chance.randint(0, 9))
    }
    running = chance.randint(1, 12)
    shares = share_out(100.0, running, known)
    others = max(running, len(known)) - len(known)
    assert shares.each is not None
    given = sum(shares.for_process(name) or 0.0 for name in known) + others * shares.each
    assert given <= 100.0 + 1e-6
    if any(use.held == HELD for use in known.values()):
        assert given >= 100.0 - 1e-6


def test_a_share_that_hardly_differs_is_not_worth_telling() -> None:
    known = Shares(10.0, {"a": 10.0})
    assert not Shares(11.0, {"a": 9.0}).differ_from(known)
    assert Shares(13.0, {"a": 10.0}).differ_from(known)
    assert Shares(10.0, {"a": 5.0}).differ_from(known)
    assert Shares(10.0, {"b": 20.0}).differ_from(known)
    assert Shares(None).differ_from(known)
    assert known.differ_from(Shares(None))
    assert not Shares(None).differ_from(Shares(None))

"""How many files of a task move at once."""

import threading

import pytest

from hdfs2oss.transfer.lanes import Lanes

LONG_SECONDS = 60.0


def test_a_lane_that_was_left_is_free_before_its_block_ends_and_is_given_back_once() -> None:
    lanes, inner = Lanes(1), threading.Event()

    def enter() -> None:
        with lanes.one():
            inner.set()

    other = threading.Thread(target=enter)
    with lanes.one():
        other.start()
        assert not inner.wait(0.05)
        lanes.leave()
        lanes.leave()
        assert inner.wait(LONG_SECONDS)
    other.join(LONG_SECONDS)
    with lanes.one():
        third = threading.Thread(target=enter)
        inner.clear()
        third.start()
        # Given back twice, it would be two lanes.
        assert not inner.wait(0.05)
    third.join(LONG_SECONDS)


def test_what_fails_gives_its_lane_back() -> None:
    lanes = Lanes(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="no"), lanes.one():
            raise ValueError("no")

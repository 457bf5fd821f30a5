"""How throughput grows with the slots."""

import pytest

from benchmarks.scaling import Rate, growths, table


def test_growth_is_told_for_each_doubling() -> None:
    assert growths([Rate(1, 10, 1), Rate(2, 19, 1), Rate(4, 38, 1)]) == pytest.approx([1.9, 2.0])
    assert growths([Rate(1, 10, 1), Rate(4, 40, 1)]) == pytest.approx([2.0])


def test_a_row_tells_how_near_it_comes_to_threads_that_only_wait() -> None:
    *_, row = table([Rate(2, 30, 1.5)], latency_ms=200)
    assert row == "| 2 | 30.0 | 75% |  | 1.50 |"

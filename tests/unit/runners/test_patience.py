"""A task that found a store gone is tried again where it is, and given up in the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hdfs2oss.model.errors import StoreGone, Unreachable
from hdfs2oss.runners.base import Attempt, is_last_try
from hdfs2oss.runners.ends import NodeUnfit, error_of, find_failure, run_to_end
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runners.patience import TRIES_HERE, renew_patience, run_patiently


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    renew_patience()
    yield
    renew_patience()


class Store:
    """Away for so many tries; keeps what it was asked."""

    def __init__(self, away: int) -> None:
        self._away = away
        self.tries: list[tuple[str, bool]] = []

    def work(self, task: int, attempt: str) -> str:
        self.tries.append((attempt, is_last_try(attempt)))
        if len(self.tries) <= self._away:
            raise StoreGone("the store has gone")
        return attempt


def test_an_outage_is_ridden_out_under_names_that_differ() -> None:
    store = Store(TRIES_HERE - 1)
    assert run_patiently(store.work, 1, Attempt("7"), 0.0) == "7.3"
    assert store.tries == [("7", False), ("7.1", False), ("7.2", False), ("7.3", True)]


def test_the_last_try_here_is_not_the_last_one_where_there_is_another_node() -> None:
    store = Store(TRIES_HERE)
    with pytest.raises(StoreGone):
        run_patiently(store.work, 1, Attempt("0-7", is_last=False), 0.0)
    assert [is_last for _, is_last in store.tries] == [False] * TRIES_HERE


def test_any_other_error_is_raised_at_once() -> None:
    tries = []

    def refuse(task: int, attempt: str) -> None:
        tries.append(attempt)
        raise Unreachable("no route")

    with pytest.raises(Unreachable):
        run_patiently(refuse, 1, Attempt("7"), 0.0)
    assert tries == ["7"]


def test_a_node_that_stays_without_its_store_is_unfit() -> None:
    with pytest.raises(NodeUnfit) as unfit:
        run_to_end(Store(TRIES_HERE).work, 1, Attempt("0-7", is_last=False), 0.0)
    failure = find_failure(str(unfit.value))
    assert failure is not None
    assert isinstance(error_of(failure), StoreGone)


def test_the_local_runner_rides_an_outage_out() -> None:
    reports: list[str] = []
    LocalRunner(0, pause_seconds=0.0).run_wave("w", Store(2).work, [1], reports.append)
    assert reports == ["1.2"]


def test_a_process_that_has_waited_in_vain_does_not_wait_again_until_the_store_is_back() -> None:
    gone = Store(TRIES_HERE + 2)
    for number in range(2):
        with pytest.raises(StoreGone):
            run_patiently(gone.work, 1, Attempt(f"{number}", is_last=False), 0.0)
    assert [name for name, _ in gone.tries[TRIES_HERE:]] == ["1", "1.1"]
    assert run_patiently(gone.work, 2, Attempt("2"), 60.0) == "2"
    again = Store(TRIES_HERE - 1)
    assert run_patiently(again.work, 3, Attempt("3"), 0.0) == "3.3"


def test_where_patience_is_spent_the_last_try_is_still_the_one_that_writes_failures_down() -> None:
    gone = Store(TRIES_HERE + 1)
    with pytest.raises(StoreGone):
        run_patiently(gone.work, 1, Attempt("0"), 0.0)
    assert run_patiently(gone.work, 2, Attempt("1"), 60.0) == "1.1"
    assert gone.tries[TRIES_HERE:] == [("1", False), ("1.1", True)]

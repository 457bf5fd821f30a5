"""When a run may begin, how long it may take, and who has a second turn."""

from benchmarks.budget import Budget
from benchmarks.workload import Tree, workloads


def at(times: list[float], seconds: float | None) -> Budget:
    return Budget(seconds, slow_seconds=15, limit_seconds=120, clock=lambda: times[0])


def test_a_run_that_does_not_fit_what_is_left_does_not_begin() -> None:
    now = [1000.0]
    budget = at(now, 100)
    assert budget.why_not(99) == ""
    now[0] += 50
    assert budget.why_not(99) == "no time was left"
    assert budget.why_not(None) == ""
    now[0] += 50
    assert budget.why_not(None) == "no time was left"


def test_a_run_is_ended_when_the_time_is_over_or_its_own_limit_is_reached() -> None:
    now = [0.0]
    assert at(now, None).limit() == 120
    budget = at(now, 150)
    assert budget.limit() == 120
    now[0] = 100
    assert budget.limit() == 50
    now[0] = 200
    assert budget.limit() == 1


def test_a_slow_tool_has_one_turn() -> None:
    budget = at([0.0], None)
    assert budget.may_repeat(15)
    assert not budget.may_repeat(15.1)


def test_names_of_workloads_are_unique_and_a_lesser_tree_is_less() -> None:
    for is_long in (False, True):
        known = workloads(is_long)
        assert len({workload.name for workload in known}) == len(known)
        assert all(one.amount(one.lesser) < one.amount(one.whole) for one in known if one.lesser)


def test_a_shrunk_tree_has_fewer_files_or_smaller_ones() -> None:
    small, big = workloads(is_long=True)[0].shrunk(100), workloads(is_long=True)[2].shrunk(100)
    assert (small.whole, small.lesser) == (Tree(200, 4096), Tree(5, 4096))
    assert big.whole == Tree(1, (4 << 30) // 100)

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.values import PlanSlice
from hdfs2oss.rules.packing import (
    MOST_ITEMS_OF_TASK,
    MOST_PARTS,
    chunk_size_for,
    cost_of,
    cut,
    group_limit,
    group_seconds,
    pack,
    part_size_for,
    threads_for,
)

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40
lengths = st.integers(0, 48 * TIB)
part_sizes = st.integers(100 * KIB, 5 * GIB)


@given(lengths, part_sizes)
def test_no_file_needs_more_than_ten_thousand_parts(length: int, asked: int) -> None:
    size = part_size_for(length, asked)
    assert size >= asked
    assert -(-length // size) <= MOST_PARTS


@pytest.mark.parametrize(
    ("length", "asked", "size"), [(0, MIB, MIB), (9000 * MIB, MIB, MIB), (9000 * MIB + 1, MIB, 2 * MIB)]
)
def test_parts_grow_in_whole_mebibytes_and_only_when_needed(length: int, asked: int, size: int) -> None:
    assert part_size_for(length, asked) == size


@given(st.integers(1, 20 * GIB), st.integers(100 * KIB, 64 * MIB), st.integers(1, 100))
def test_chunks_cover_a_file_exactly_in_whole_parts(length: int, part: int, parts_per_chunk: int) -> None:
    part = part_size_for(length, part)
    chunks = list(cut(length, part, max(part, part * parts_per_chunk // 2)))
    position, next_part = 0, 1
    for chunk in chunks:
        assert (chunk.offset, chunk.first_part) == (position, next_part)
        position += chunk.size
        next_part += -(-chunk.size // part)
    assert position == length
    assert next_part - 1 == -(-length // part) <= MOST_PARTS
    assert all(chunk.size % part == 0 for chunk in chunks[:-1])


slices = st.lists(
    st.builds(
        PlanSlice,
        file=st.sampled_from(["a", "b"]),
        row_group=st.integers(0, 10_000),
        items=st.integers(1, 9),
        size_bytes=st.integers(0, 9),
        cost=st.floats(0.001, 200),
    ),
    max_size=200,
    unique_by=lambda one: (one.file, one.row_group),
)


@given(slices, st.integers(1, 50))
def test_packing_keeps_every_slice_once_costliest_first(pieces: list[PlanSlice], slots: int) -> None:
    tasks = pack(pieces, slots)
    assert sorted(piece for task in tasks for piece in task.slices) == sorted(pieces)
    assert [task.number for task in tasks] == list(range(len(tasks)))
    firsts = [task.slices[0].cost for task in tasks]
    assert firsts == sorted(firsts, reverse=True)
    for task in tasks:
        if len(task.slices) > 1:
            assert (
                sum(piece.cost for piece in task.slices)
                <= max(30.0, sum(one.cost for one in tasks) / slots / 500) + 1e-6
            )


@pytest.mark.parametrize(
    ("pieces", "tasks"), [(400, 400), (500, 500), (1000, 500), (3000, 500), (5000, 500), (20_000, 2000)]
)
def test_a_slot_with_work_for_hours_has_longer_tasks_not_more_of_them(pieces: int, tasks: int) -> None:
    """Half a minute each for the first four hours, then some five hundred tasks, until each takes five minutes."""
    assert len(pack([PlanSlice("a", number, 1, 1, 30.0) for number in range(pieces * 3)], 3)) == tasks * 3


def test_equal_work_is_spread_over_all_slots() -> None:
    tasks = pack([PlanSlice("a", number, 1, 1, 1.0) for number in range(64)], 8)
    assert 8 <= len(tasks) <= 64


@pytest.mark.parametrize("slots", [1, 3, 20])
def test_100_differs_tasks_of_many_pieces_cost_alike_within_a_tenth_but_for_the_last_one(slots: int) -> None:
    """Of DistCp's splits all neighbours are so, in bytes; here the cheapest task is handed out last."""
    dice = random.Random(slots)
    tasks = pack([PlanSlice("a", number, 1, 1, dice.uniform(0.1, 0.3)) for number in range(200 * slots)], slots)
    costs = [task.cost for task in tasks[:-1]]
    mean = sum(costs) / len(costs)
    assert all(abs(one - other) < mean / 10 for one, other in pairwise(costs))
    assert tasks[-1].cost <= mean * 1.1
    assert len(tasks) >= 4 * slots


@pytest.mark.parametrize(
    ("seconds", "slots", "tasks"),
    [
        (0.4, 8, 1),
        (0.6, 2, 2),
        (2.1, 4, 4),
        (3.2, 2, 6),
        (8.0, 2, 8),
        (32.0, 2, 8),
        (80.0, 2, 20),
        (160.0, 2, 40),
        (1200.0, 2, 40),
        (3000.0, 2, 100),
    ],
)
def test_a_slot_has_few_tasks_until_each_is_worth_what_it_costs(seconds: float, slots: int, tasks: int) -> None:
    pieces = [PlanSlice("a", number, 1, 1, seconds / 1200) for number in range(1200)]
    assert len(pack(pieces, slots)) == pytest.approx(tasks, rel=0.02)


@pytest.mark.parametrize(("files", "seconds_each"), [(1200, 0.003), (5000, 0.003), (2000, 0.0134), (20_000, 0.003)])
@pytest.mark.parametrize("slots", [1, 2, 4])
def test_slots_come_to_the_end_of_small_files_together(files: int, seconds_each: float, slots: int) -> None:
    pieces, closed, waiting = [], 0.0, 0.0
    for _ in range(files):
        waiting += seconds_each
        if waiting >= group_limit(closed):
            pieces.append(PlanSlice("a", len(pieces), 1, 1, waiting))
            closed, waiting = closed + waiting, 0.0
    busy_until = [0.0] * slots
    for task in pack(pieces, slots):
        busy_until[busy_until.index(min(busy_until))] += sum(piece.cost for piece in task.slices)
    assert max(busy_until) <= 1.2 * sum(busy_until) / slots


@pytest.mark.parametrize("cost", [0.0, 0.0001])
def test_no_task_holds_more_than_so_many_rows_however_little_they_cost(cost: float) -> None:
    pieces = [PlanSlice("a", 0, 1, 0, 30.0), *(PlanSlice("a", 1 + number, 40_000, 0, cost) for number in range(25))]
    tasks = pack([*pieces, PlanSlice("b", 0, 2 * MOST_ITEMS_OF_TASK, 0, cost)], 2)
    rows = [sum(piece.items for piece in task.slices) for task in tasks]
    assert sorted(rows)[-1] == 2 * MOST_ITEMS_OF_TASK, "one slice is not cut"
    assert sorted(rows)[-2] <= MOST_ITEMS_OF_TASK
    assert sum(rows) == 1 + 25 * 40_000 + 2 * MOST_ITEMS_OF_TASK
    assert len(tasks) <= 15, "what costs little is joined"


def test_what_would_be_more_than_half_a_minute_together_is_not_joined_though_that_is_nearer_to_a_fair_part() -> None:
    assert len(pack([PlanSlice("a", number, 1, 1, 19.5) for number in range(100)], 1)) == 100


def test_work_for_which_there_is_no_slot_yet_is_packed_as_for_one() -> None:
    pieces = [PlanSlice("a", number, 1, 1, 1.0) for number in range(40)]
    assert pack(pieces, 0) == pack(pieces, 1)


@pytest.mark.parametrize(
    ("size", "slots", "seconds"), [(200 * MIB, 1, 0.1), (4000 * MIB, 2, 1.0), (40_000 * MIB, 20, 1.0), (TIB, 4, 30.0)]
)
def test_a_slice_of_chunks_is_a_twentieth_of_what_a_slot_has_to_do(size: int, slots: int, seconds: float) -> None:
    assert group_seconds(size, slots) == pytest.approx(seconds)


def test_nothing_packs_into_nothing() -> None:
    assert pack([], 4) == []


def test_groups_grow_with_what_is_before_them_up_to_half_a_minute() -> None:
    assert [group_limit(closed) for closed in (0, 3, 12, 120, 360, 9000)] == [0.25, 0.25, 1.0, 10.0, 30.0, 30.0]


def test_an_empty_file_costs_something_and_waiting_is_shared() -> None:
    assert cost_of(0, 0.0, 16) > 0
    assert cost_of(0, 0.2, 48) < cost_of(0, 0.2, 16)
    assert cost_of(GIB, 0.0, 16) > 10


@pytest.mark.parametrize(("close", "asked", "threads"), [(0.0, None, 16), (0.2, None, 48), (0.2, 3, 3), (0.0, 9, 9)])
def test_more_threads_where_closing_is_waiting(close: float, asked: int | None, threads: int) -> None:
    assert threads_for(close, asked) == threads


@pytest.mark.parametrize(
    ("block", "blocks", "expected"), [(128, 0, 1000), (128, 3, 384), (0, 2, 2 * 64 << 20), (0, 0, 1000)]
)
def test_chunks_are_of_so_many_blocks_where_that_is_asked_for(block, blocks, expected) -> None:
    assert chunk_size_for(block, blocks, 1000) == expected

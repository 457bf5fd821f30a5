"""Small files that are handed on and fetched together: which, how many, and what becomes of one that cannot be had."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from hdfs2oss.model.units import KIB
from hdfs2oss.model.values import CopyItem, FileAction, Work
from hdfs2oss.transfer.handfuls import deal, is_small, work_off

SMALL = CopyItem("f", 0, FileAction.COPY.value, "F", 10, 1000, part_size_bytes=100 * KIB)


def small(count: int, **fields: object) -> list[CopyItem]:
    return [SMALL._replace(path=f"f{number}", **fields) for number in range(count)]  # type: ignore[arg-type]


def sizes(items: list[CopyItem], number: int, threads: int) -> list[int]:
    return [len(one) for one in deal(items, number, threads)]


def test_handfuls_become_smaller_towards_the_end_of_a_task() -> None:
    assert sizes(small(40), 40, 2) == [8, 8, 6, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1]


def test_nothing_is_left_out_or_changes_its_place() -> None:
    items = small(9) + small(1, work=Work.CHUNK) + small(5, root=1) + small(3)
    assert [one for handful in deal(items, 1000, 2) for one in handful] == items


def test_files_of_which_nobody_knows_how_many_come_go_alone() -> None:
    assert sizes(small(5), 0, 1) == [1] * 5


def test_a_handful_is_of_one_root_and_ends_before_what_is_no_small_file() -> None:
    items = small(3) + small(2, root=1) + small(1, length=33 * KIB) + small(2)
    assert sizes(items, 1000, 2) == [3, 2, 1, 2]


def test_only_files_that_are_copied_at_sight_and_go_in_one_small_piece_are_small() -> None:
    assert is_small(SMALL)
    assert is_small(SMALL._replace(action=FileAction.OVERWRITE.value, length=32 * KIB))
    others = (
        {"length": -1},
        {"length": 32 * KIB + 1},
        {"part_size_bytes": 9},
        {"action": FileAction.CHECK.value},
        {"action": FileAction.APPEND.value},
        {"action": FileAction.SKIP.value},
        {"work": Work.CHUNK},
        {"work": Work.DIRECTORY},
        {"work": Work.REFUSED},
    )
    assert [one for one in others if is_small(SMALL._replace(**one))] == []  # type: ignore[arg-type]


def test_each_item_comes_back_with_what_was_made_of_it() -> None:
    handfuls = [small(3), small(1), small(2)]
    with ThreadPoolExecutor(2) as pool:
        done = list(work_off(pool, lambda items: [one.path for one in items], handfuls, 2))  # type: ignore[misc]
    assert sorted(len(one) for one in done) == [1, 2, 3]
    assert all(item.path == result for one in done for item, result in one)


class AtOnce(Executor):
    """What it is given is done before it says so."""

    def submit(self, act: Callable[..., object], /, *args: object, **names: object) -> Future[object]:  # type: ignore[override]
        done: Future[object] = Future()
        done.set_result(act(*args, **names))
        return done


def test_what_is_done_is_told_before_more_is_begun() -> None:
    begun: list[int] = []

    def handfuls() -> Iterator[list[CopyItem]]:
        for number in range(3):
            begun.append(number)
            yield small(1)

    work = work_off(AtOnce(), lambda items: [one.path for one in items], handfuls(), 9)  # type: ignore[misc]
    assert [len(begun) for _ in work] == [1, 2, 3]


def test_no_more_handfuls_than_that_are_with_the_pool_at_a_time() -> None:
    begun, told, most = 0, 0, 0

    def handfuls() -> Iterator[list[CopyItem]]:
        nonlocal begun, most
        for _ in range(8):
            begun += 1
            most = max(most, begun - told)
            yield small(1)

    def act(items: object) -> list[object]:
        time.sleep(0.002)
        return [None]

    with ThreadPoolExecutor(1) as pool:
        for _ in work_off(pool, act, handfuls(), 2):  # type: ignore[arg-type]
            told += 1
    assert (told, most) == (8, 2)

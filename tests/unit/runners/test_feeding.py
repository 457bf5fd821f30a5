"""A wave as jobs, of which so many are under way: whoever is free takes what is next."""

import threading

import pytest

from hdfs2oss.model.errors import Interrupted
from hdfs2oss.runners.ends import Ended, Failure
from hdfs2oss.runners.feeding import feed

PATIENCE_SECONDS = 30


def thread(target):
    return threading.Thread(target=target, daemon=True)


def one_each(count):
    return [[number] for number in range(count)]


def taken(ends):
    return [one.report for ended in ends for one in ended]


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_every_task_comes_to_an_end_once(at_once):
    jobs = [[0, 1, 2], [3], [4, 5]]
    ends = feed(jobs, at_once, lambda tasks: [Ended(0.0, task) for task in tasks], thread)
    assert sorted(taken(ends)) == [0, 1, 2, 3, 4, 5]


def test_a_slow_slot_does_one_task_while_the_other_does_the_rest():
    others_are_done = threading.Event()
    by_thread: dict[str, list[int]] = {}

    def run_job(tasks):
        by_thread.setdefault(threading.current_thread().name, []).extend(tasks)
        if tasks == [0]:
            assert others_are_done.wait(PATIENCE_SECONDS)
        return [Ended(0.0, task) for task in tasks]

    ended = []
    for one in feed(one_each(20), 2, run_job, thread):
        ended += [end.report for end in one]
        if len(ended) == 19:
            others_are_done.set()
    assert sorted(ended) == list(range(20))
    assert ended[-1] == 0
    assert sorted(map(len, by_thread.values())) == [1, 19]


def test_no_more_are_under_way_than_may_be():
    lock, under_way, most = threading.Lock(), set(), []
    full = threading.Event()

    def run_job(tasks):
        with lock:
            under_way.add(tasks[0])
            most.append(len(under_way))
            if len(under_way) == 3:
                full.set()
        full.wait(PATIENCE_SECONDS)
        with lock:
            under_way.discard(tasks[0])
        return [Ended(0.0, tasks[0])]

    assert len(taken(feed(one_each(12), 3, run_job, thread))) == 12
    assert max(most) == 3


def test_what_ends_the_wave_leaves_the_rest_unbegun_and_what_runs_comes_to_its_end():
    begun = []
    failed = threading.Event()

    def run_job(tasks):
        begun.append(tasks[0])
        if tasks == [0]:
            failed.wait(PATIENCE_SECONDS)
            return [Ended(0.0, 0)]
        failed.set()
        return [Ended(0.0, None, Failure("WaveEnded", "the keys have expired", "", "here"))]

    assert sorted(taken(feed(one_each(50), 2, run_job, thread)), key=str)[:1] == [0]
    assert len(begun) <= 3
    begun.clear()
    assert taken(feed(one_each(50)[1:], 1, run_job, thread)) == [None]
    assert begun == [1]


def test_the_error_of_a_job_is_raised_while_others_are_under_way():
    over = threading.Event()

    def run_job(tasks):
        if tasks == [0]:
            over.wait(PATIENCE_SECONDS)
            return []
        raise Interrupted("the run was cancelled")

    begun = feed(one_each(10), 2, run_job, thread)
    with pytest.raises(Interrupted):
        list(begun)
    over.set()


def test_nothing_more_is_begun_when_nobody_takes_the_ends_any_more():
    begun, go_on = [], threading.Event()

    def run_job(tasks):
        begun.append(tasks[0])
        if len(begun) > 2:
            go_on.wait(PATIENCE_SECONDS)
        return [Ended(0.0, tasks[0])]

    ends = feed(one_each(50), 2, run_job, thread)
    next(ends)
    ends.close()
    go_on.set()
    assert len(begun) < 10

"""Small files whose store takes its time to close them: hundreds are under way, and only some of them move."""

from __future__ import annotations

import threading

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.rules.filters import WORK_PREFIX
from hdfs2oss.rules.packing import files_at_once, threads_for
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem
from tests.unit.phases.test_mapper import file, outcomes, plan, targets

# Somebody waits in vain for what never comes.
LONG_SECONDS = 60.0
SLOW_TO_CLOSE = LIKE_HDFS._replace(close_seconds=0.5)
FILES = 300
AT_ONCE, LANES = files_at_once(0.5, None), threads_for(0.5, None)


def slow_store() -> MemoryFileSystem:
    return MemoryFileSystem(SLOW_TO_CLOSE)


def test_hundreds_of_files_wait_for_their_close_beside_each_other(make_context) -> None:
    memory, barrier = slow_store(), threading.Barrier(AT_ONCE)
    together = Fault("put", silent=True, times=AT_ONCE, meanwhile=lambda: barrier.wait(LONG_SECONDS) and None)
    items = [file(memory, f"f{number:04d}", b"%d" % number, etag="") for number in range(FILES)]
    context = make_context(FlakyFileSystem(memory, together), ["/s"], "/t")
    report = copy_task(context, plan(context, items), "1")
    assert report.counters[OWN]["FILES_COPIED"] == FILES
    assert targets(memory) == {f"f{number:04d}": b"%d" % number for number in range(FILES)}


def test_no_more_files_are_read_at_once_than_there_are_lanes(make_context) -> None:
    memory, turn, full, over = slow_store(), threading.Condition(), threading.Event(), threading.Event()
    looked = threading.Event()
    now = [0, 0]

    def come() -> None:
        with turn:
            now[0] += 1
            if not looked.is_set():
                # Later on, who has left its lane and did not put yet counts beside who has got that lane.
                now[1] = max(now)
            if now[0] > LANES:
                over.set()
            is_last = now[0] == LANES and not full.is_set()
            if is_last:
                full.set()
        if is_last:
            # Time for one more to come that must not.
            over.wait(0.5)
            looked.set()
        looked.wait(LONG_SECONDS)

    def go() -> None:
        with turn:
            now[0] -= 1

    faults = [Fault("open", "/s/", silent=True, meanwhile=come), Fault("put", "/t/", silent=True, meanwhile=go)]
    items = [file(memory, f"f{number:04d}", b"1", etag="") for number in range(FILES)]
    context = make_context(FlakyFileSystem(memory, *faults), ["/s"], "/t")
    copy_task(context, plan(context, items), "1")
    assert now == [0, LANES]


def test_a_close_that_fails_among_hundreds_costs_its_own_file_only(make_context) -> None:
    memory = slow_store()
    items = [file(memory, f"f{number:04d}", b"1", etag="") for number in range(FILES)]
    context = make_context(FlakyFileSystem(memory, Fault("put", "/t/f0123", PermissionDenied)), ["/s"], "/t")
    report = copy_task(context, plan(context, items), "1")
    assert {path for path, outcome in outcomes(context, report).items() if outcome != "COPIED"} == {"f0123"}
    assert len(targets(memory)) == FILES - 1
    assert not [path for path in memory.files() if WORK_PREFIX in path]


def test_those_who_ask_for_threads_get_so_many_files_at_once() -> None:
    assert files_at_once(0.5, 3) == 3
    assert files_at_once(0.0, None) == threads_for(0.0, None)
    assert files_at_once(0.5, None, is_confined=True) == LANES < AT_ONCE

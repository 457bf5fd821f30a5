"""Small files of a task that are fetched together: each still has its own fate."""

from __future__ import annotations

import threading
import time

import pytest

from hdfs2oss.model.errors import Interrupted, PermissionDenied, ReadError, StoreGone, Unreachable
from hdfs2oss.model.values import CopyItem, TaskReport
from hdfs2oss.phases.mapper import Mapper, copy_task
from hdfs2oss.records.ledger import read_results
from hdfs2oss.runners.stop import clear_stop, request_stop
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem
from tests.unit.phases.test_mapper import file, outcomes, plan, targets

FILES = 16


class Together(FlakyFileSystem):
    """Keeps how many files were opened by each errand."""

    def __init__(self, wrapped: MemoryFileSystem, *faults: Fault) -> None:
        super().__init__(wrapped, *faults)
        self.errands: list[int] = []
        self.opened: list[str] = []

    def together(self, errand):  # type: ignore[no-untyped-def]
        before = len(self.opened)
        try:
            return errand()
        finally:
            self.errands.append(len(self.opened) - before)

    def open_reader(self, path, expected_length):  # type: ignore[no-untyped-def]
        if path.startswith("/s/"):
            self.opened.append(path)
        return super().open_reader(path, expected_length)


class LeavesBehind(Together):
    """The first errand is given up while its second file is asked for, which it comes back with afterwards."""

    def __init__(self, wrapped: MemoryFileSystem, *faults: Fault) -> None:
        super().__init__(wrapped, *faults)
        self.is_asking, self.goes_on = threading.Event(), threading.Event()
        self.left: threading.Thread | None = None

    def together(self, errand):  # type: ignore[no-untyped-def]
        if self.left is not None:
            return super().together(errand)
        self.left = threading.Thread(target=errand)
        self.left.start()
        assert self.is_asking.wait(60)
        raise Unreachable("no answer in time")

    def open_reader(self, path, expected_length):  # type: ignore[no-untyped-def]
        if threading.current_thread() is self.left and path == "/s/f01":
            self.is_asking.set()
            assert self.goes_on.wait(60)
        return super().open_reader(path, expected_length)

    def put(self, path, *args):  # type: ignore[no-untyped-def]
        if path.startswith("/t/") and self.left is not None:
            self.goes_on.set()
            self.left.join(60)
        return super().put(path, *args)


class InVain(Together):
    """Who waits for an errand raises what it waited for, and knows nothing of the file that it was for."""

    def together(self, errand):  # type: ignore[no-untyped-def]
        try:
            return super().together(errand)
        except ReadError as error:
            raise error.__cause__ from None  # type: ignore[misc]


def items_of(memory: MemoryFileSystem) -> list[CopyItem]:
    return [file(memory, f"f{number:02d}", b"%04d" % number, etag="") for number in range(FILES)]


def rows(context: RunContext, report: TaskReport):
    return {one.path: one for one in read_results(context.open_job_dir(), report.ledger_file)}


def run(make_context, memory, *faults: Fault, kind: type[Together] = Together, **options: object):  # type: ignore[no-untyped-def]
    store = kind(memory, *faults)
    context = make_context(store, ["/s"], "/t", threads=1, **options)
    return store, context, copy_task(context, plan(context, items_of(memory)), "1")


def test_a_thread_fetches_small_files_together_and_sends_each_by_itself(make_context, memory) -> None:
    store, _, report = run(make_context, memory)
    assert targets(memory) == {f"f{number:02d}": b"%04d" % number for number in range(FILES)}
    assert report.counters["hdfs2oss"]["PROVEN_BY_TRANSFER"] == FILES
    assert store.errands == [8, 4, 2, 1, 1]
    assert sorted(store.opened) == [f"/s/f{number:02d}" for number in range(FILES)]


def test_a_file_that_cannot_be_had_fails_alone_and_is_not_asked_for_twice(make_context, memory) -> None:
    store, context, report = run(make_context, memory, Fault("open", "/s/f03", PermissionDenied))
    assert [path for path, what in outcomes(context, report).items() if what != "COPIED"] == ["f03"]
    assert "/s/f03" in rows(context, report)["f03"].message
    assert store.opened.count("/s/f03") == 1
    assert len(targets(memory)) == FILES - 1


@pytest.mark.parametrize("path", ["f03", "f15"], ids=["of a handful", "alone"])
def test_a_file_that_was_waited_for_in_vain_is_told_with_both_ends(make_context, memory, path: str) -> None:
    _, context, report = run(make_context, memory, Fault("open", f"/s/{path}", PermissionDenied), kind=InVain)
    row = rows(context, report)[path]
    assert (row.error_class, row.skippable) == ("ReadError", True)
    assert row.message.startswith(f"copying file:///s/{path} to file:///t/{path}: reading failed: ")
    assert len(targets(memory)) == FILES - 1


def test_a_file_that_came_in_vain_once_is_tried_again(make_context, memory) -> None:
    store, context, report = run(make_context, memory, Fault("open", "/s/f03", Unreachable, times=1))
    assert set(outcomes(context, report).values()) == {"COPIED"}
    assert store.opened.count("/s/f03") == 2
    # In its place, not in the second round.
    assert list(rows(context, report))[3] == "f03"


def test_what_an_errand_that_was_left_behind_brings_later_is_no_other_files(make_context, memory) -> None:
    run(make_context, memory, kind=LeavesBehind)
    assert targets(memory) == {f"f{number:02d}": b"%04d" % number for number in range(FILES)}


def test_an_error_that_nobody_foresaw_takes_no_other_file_along(make_context, memory) -> None:
    _, context, report = run(make_context, memory, Fault("open", "/s/f03", ZeroDivisionError))  # type: ignore[arg-type]
    assert [path for path, what in outcomes(context, report).items() if what != "COPIED"] == ["f03"]
    assert len(targets(memory)) == FILES - 1


def test_a_source_that_changes_while_it_is_fetched_with_others_is_copied_as_what_it_is_by_then(
    make_context, memory
) -> None:
    def write_again() -> None:
        memory.place("/s/f03", b"new", mtime_ms=2000, etag="")

    changing = Fault("read", "/s/f03", times=1, silent=True, meanwhile=write_again)
    _, context, report = run(make_context, memory, changing)
    assert targets(memory)["f03"] == b"new"
    assert report.counters["hdfs2oss"]["FILES_COPIED_AS_CHANGED"] == 1
    assert rows(context, report)["f03"].source_mtime_ms == 2000


def test_what_is_told_to_stop_sends_nothing_of_what_it_has_fetched(make_context, memory) -> None:
    try:
        with pytest.raises(Interrupted):
            run(make_context, memory, Fault("read", "/s/f03", times=1, silent=True, meanwhile=request_stop))
    finally:
        clear_stop()
    assert targets(memory) == {}


def test_what_is_told_to_stop_fetches_nothing_more(make_context, memory) -> None:
    store = Together(memory)
    context = make_context(store, ["/s"], "/t", threads=1)
    task = plan(context, items_of(memory))
    request_stop()
    try:
        with pytest.raises(Interrupted):
            copy_task(context, task, "1")
    finally:
        clear_stop()
    assert store.opened == []


def test_what_is_interrupted_while_it_is_fetched_sends_nothing_of_it(make_context, memory) -> None:
    with pytest.raises(Interrupted):
        run(make_context, memory, Fault("open", "/s/f03", Interrupted))  # type: ignore[arg-type]
    assert targets(memory) == {}


def test_behind_the_handful_that_finds_a_store_gone_none_is_fetched(make_context, memory) -> None:
    store, context, report = run(make_context, memory, Fault("put", "/t/", Unreachable))
    assert set(outcomes(context, report).values()) == {"FAILED"}
    assert len(store.opened) == 8


def test_of_a_task_whose_store_has_gone_the_plan_is_not_read_to_its_end(make_context, memory) -> None:
    context = make_context(FlakyFileSystem(memory, Fault("put", "/t/", Unreachable)), ["/s"], "/t", threads=1)
    items = items_of(memory) * 10
    rest = iter(items)
    with pytest.raises(StoreGone):
        list(Mapper(context, plan(context, items), "copy-00000", is_last_try=False).copy_all(rest))
    assert len(list(rest)) > 100


def test_in_the_second_round_each_file_goes_alone(make_context, memory) -> None:
    store, context, report = run(make_context, memory, Fault("put", "/t/f0", Unreachable, times=4))
    assert set(outcomes(context, report).values()) == {"COPIED"}
    assert store.errands[-4:] == [1] * 4
    assert [path[3:] for path in store.opened[FILES:]] == ["f00", "f01", "f02", "f03"]


def test_where_a_file_may_turn_out_to_need_no_reading_none_is_fetched_with_others(make_context, memory) -> None:
    store, _, _ = run(make_context, memory, preserve="t", update=True)
    assert max(store.errands) == 1


def test_the_time_of_a_file_counts_its_fetching(make_context, memory) -> None:
    slow = Fault("open", "/s/f03", silent=True, meanwhile=lambda: time.sleep(0.02))
    _, context, report = run(make_context, memory, slow)
    assert rows(context, report)["f03"].seconds >= 0.02


def test_onto_a_store_that_does_not_publish_at_once_each_file_goes_alone(make_context) -> None:
    store, _, _ = run(make_context, MemoryFileSystem(LIKE_HDFS))
    assert max(store.errands) == 1

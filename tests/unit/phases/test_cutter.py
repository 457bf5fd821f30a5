"""Cutting: what it says about itself."""

from __future__ import annotations

import pytest

from hdfs2oss.model.counters import FILE_SYSTEM
from hdfs2oss.model.errors import AuthenticationFailed, PermissionDenied, StoreGone, Unreachable, WaveEnded
from hdfs2oss.model.values import CopyTask
from hdfs2oss.phases.cutter import cut_task
from hdfs2oss.phases.survey import survey
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.local import LocalRunner
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

SIZES = {"part_size_bytes": 100 * 1024, "chunk_size_bytes": 200 * 1024}


def test_the_traffic_of_opening_uploads_is_counted(make_context) -> None:
    store = MemoryFileSystem()
    store.place("/s/large", b"x" * 500_000)
    context = make_context(store, ["/s"], "/t", **SIZES)
    large = survey(context, LocalRunner(0)).large_slices
    before = store.traffic.snapshot()
    report = cut_task(context, CopyTask(0, tuple(large)), "1")
    writes = store.traffic.snapshot()["WRITE_OPS"] - before["WRITE_OPS"]
    assert report.counters[FILE_SYSTEM]["MEMORY: Number of write operations"] == writes >= 3


def test_an_upload_that_is_refused_is_a_write_error_of_its_file(make_context) -> None:
    store = MemoryFileSystem()
    store.place("/s/large", b"x" * 500_000)
    context = make_context(FlakyFileSystem(store, Fault("begin", error=PermissionDenied)), ["/s"], "/t", **SIZES)
    report = cut_task(context, CopyTask(0, tuple(survey(context, LocalRunner(0)).large_slices)), "1")
    (item,) = read_slices(context.open_job_dir(), tuple(report.chunks))
    assert (item.action, item.problem_class, report.bins[0].uploads) == ("CONFLICT", "WriteError", ())


@pytest.mark.parametrize("is_last", [False, True])
def test_a_store_that_is_away_while_uploads_are_opened_costs_no_file_before_the_last_try(make_context, is_last) -> None:
    store = MemoryFileSystem()
    for name in ("one", "two"):
        store.place(f"/s/{name}", b"x" * 500_000)
    away = Fault("begin", "/t/two", Unreachable, times=1)
    context = make_context(FlakyFileSystem(store, away), ["/s"], "/t", **SIZES)
    task = CopyTask(0, tuple(survey(context, LocalRunner(0)).large_slices))
    if not is_last:
        with pytest.raises(StoreGone, match="as the test wants it"):
            cut_task(context, task, Attempt("1", is_last=False))
    report = cut_task(context, task, Attempt("2"))
    assert away.struck == 1
    refused = [item.path for item in read_slices(context.open_job_dir(), tuple(report.chunks)) if item.problem]
    assert refused == (["two"] if is_last else [])
    # Those of the first try are gone.
    assert len(store.find_uploads("/t")) == 2 - len(refused)


def test_keys_that_are_not_accepted_when_uploads_are_opened_end_the_wave(make_context) -> None:
    store = MemoryFileSystem()
    for number in range(10):
        store.place(f"/s/{number}", b"x" * 500_000)
    flaky = FlakyFileSystem(store, Fault("begin", error=AuthenticationFailed))
    context = make_context(flaky, ["/s"], "/t", **SIZES)
    task = CopyTask(0, tuple(survey(context, LocalRunner(0)).large_slices))
    with pytest.raises(WaveEnded, match="every other file would fail likewise"):
        cut_task(context, task, Attempt("1", is_last=False))
    assert len([call for call in flaky.calls if call[0] == "begin"]) == 1

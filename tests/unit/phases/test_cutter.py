"""Cutting: what it says about itself."""

from __future__ import annotations

from hdfs2oss.model.counters import FILE_SYSTEM
from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.model.values import CopyTask
from hdfs2oss.phases.cutter import cut_task
from hdfs2oss.phases.survey import survey
from hdfs2oss.records.planfile import read_slices
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
    assert (item.action, item.problem_class, report.uploads) == ("CONFLICT", "WriteError", [])

"""Records are read by ranges: a footer, or one row group, does not cost the whole file."""

import os

import pytest

from hdfs2oss.model.errors import NotFound, Unreachable
from hdfs2oss.model.values import CopyItem, CopyResult, PlanSlice, TaskReport
from hdfs2oss.records import ledger
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.planfile import PlanWriter, read_slices
from hdfs2oss.records.ranged import TAIL_BYTES, RangedFile
from hdfs2oss.rules.retry import RetryClock, RetryPolicy
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem


def planned(filesystem: MemoryFileSystem, files: int) -> list[PlanSlice]:
    """Row groups of a thousand files whose names do not pack well."""
    writer = PlanWriter("plan/0.parquet", JobDir(filesystem, "/jobs/pair", "run"))
    for number in range(files):
        writer.add(CopyItem(f"{number:08d}-{os.urandom(24).hex()}", 0, "COPY", "F", 5, number), 0.0005)
    return writer.publish(JobDir(filesystem, "/jobs/pair", "run"))


@pytest.mark.slow
def test_the_bytes_read_to_carry_out_a_plan_grow_with_the_plan_only() -> None:
    read = []
    for files in (20_000, 80_000):
        filesystem = MemoryFileSystem()
        pieces = planned(filesystem, files)
        stored = sum(len(filesystem.read_bytes(f"/jobs/pair/runs/run/{name}")) for name in {one.file for one in pieces})
        asked = 0
        for piece in pieces:
            job_dir = JobDir(filesystem, "/jobs/pair", "run")
            assert len(list(read_slices(job_dir, (piece,)))) == piece.items
            asked += job_dir.bytes_read
        assert asked < stored + len(pieces) * 1.1 * TAIL_BYTES
        read.append(asked / files)
    assert read[1] < 1.2 * read[0]


@pytest.mark.slow
def test_a_row_group_is_one_range_and_so_is_the_footer() -> None:
    filesystem = MemoryFileSystem()
    pieces = planned(filesystem, 40_000)
    assert len({one.file for one in pieces}) > 1
    for piece in pieces:
        flaky = FlakyFileSystem(filesystem)
        list(read_slices(JobDir(flaky, "/jobs/pair", "run"), (piece,)))
        assert [name for name, _ in flaky.calls].count("read") <= 2


@pytest.mark.slow
def test_of_a_ledger_only_the_end_is_read_for_its_report() -> None:
    filesystem = MemoryFileSystem()
    job_dir = JobDir(filesystem, "/jobs/pair", "run")
    report = TaskReport("copy-0", "0", "here", "copy-0.parquet", 1.0, 1.0, 1)
    rows = [CopyResult(os.urandom(24).hex(), 0, "F", "COPY", "COPIED", 5, number) for number in range(20_000)]
    ledger.publish(job_dir, report, rows)
    reader = JobDir(filesystem, "/jobs/pair", "run")
    assert ledger.read_report(reader, "copy-0.parquet") == report
    assert reader.bytes_read == TAIL_BYTES
    assert list(ledger.read_results(reader, "copy-0.parquet")) == rows


def test_a_range_that_fails_for_a_moment_is_asked_for_again() -> None:
    filesystem = MemoryFileSystem()
    pieces = planned(filesystem, 20_000)
    fault = Fault("read", "plan/0.parquet", Unreachable, times=3)
    patience = RetryPolicy(attempts=5, base_seconds=0.0)
    job_dir = JobDir(
        FlakyFileSystem(filesystem, fault), "/jobs/pair", "run", patience, RetryClock(sleep=lambda _: None)
    )
    assert len(list(read_slices(job_dir, tuple(pieces)))) == 20_000
    assert fault.struck == 3


def test_a_file_that_fails_is_opened_anew() -> None:
    filesystem = MemoryFileSystem()
    pieces = planned(filesystem, 20_000)
    flaky = FlakyFileSystem(filesystem, Fault("read", "plan/0.parquet", Unreachable, skip=1, times=1))
    patience = RetryPolicy(attempts=5, base_seconds=0.0)
    list(read_slices(JobDir(flaky, "/jobs/pair", "run", patience, RetryClock(sleep=lambda _: None)), (pieces[0],)))
    assert [name for name, _ in flaky.calls] == ["open", "read", "read", "open", "read"]


def test_a_file_by_ranges_is_read_like_any_other() -> None:
    filesystem = MemoryFileSystem()
    data = os.urandom(3 * TAIL_BYTES)
    filesystem.create_exclusive("/f", data)
    with RangedFile(filesystem, "/f") as file:
        assert file.length == len(data)
        assert file.read(10) == data[:10]
        assert file.tell() == 10
        file.seek(-5, 2)
        assert file.read() == data[-5:]
        assert file.read() == b""
        file.hold(100, 1000)
        before = file.bytes_read
        file.seek(150)
        assert file.read(950) == data[150:1100]
        assert file.bytes_read == before
        file.seek(1000)
        assert file.read(200) == data[1000:1200]
        assert file.bytes_read == before + 200


def test_a_file_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        RangedFile(MemoryFileSystem(), "/f")

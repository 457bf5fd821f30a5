"""The copy mapper and the committer: a task never fails over a file, and is safe to run twice."""

from __future__ import annotations

import itertools

import pytest

from hdfs2oss.filesystems.oss.errors import BucketMissing
from hdfs2oss.model.attributes import NOTHING
from hdfs2oss.model.counters import COPY_MAPPER, OWN
from hdfs2oss.model.errors import (
    AuthenticationFailed,
    BeingWritten,
    CorruptData,
    Interrupted,
    PermissionDenied,
    QuotaExceeded,
    StoreGone,
    Throttled,
    Unreachable,
    WaveEnded,
)
from hdfs2oss.model.values import CopyItem, CopyTask, TaskReport, Work
from hdfs2oss.phases.committer import CommitBin, CommitTask, commit_task
from hdfs2oss.phases.cutter import cut_task
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.records.ledger import read_results
from hdfs2oss.records.planfile import PlanWriter
from hdfs2oss.rules.checksum import crc32c
from hdfs2oss.rules.packing import pack
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.stop import clear_stop, request_stop
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem

PART, CHUNK = 100 * 1024, 200 * 1024


def plan(context: RunContext, items: list[CopyItem], name: str = "plan/1.parquet") -> CopyTask:
    writer = PlanWriter(name)
    for item in items:
        writer.add(item, 0.001)
    return CopyTask(0, tuple(writer.publish(context.open_job_dir())))


def file(store: MemoryFileSystem, path: str, data: bytes, **fields: object) -> CopyItem:
    store.place(f"/s/{path}", data, mtime_ms=1000)
    return CopyItem(path, 0, "COPY", "F", len(data), 1000, part_size_bytes=PART, chunk_size_bytes=CHUNK)._replace(
        **fields
    )  # type: ignore[arg-type]


def outcomes(context: RunContext, report: TaskReport) -> dict[str, str]:
    return {one.path: one.outcome for one in read_results(context.open_job_dir(), report.ledger_file)}


def targets(store: MemoryFileSystem) -> dict[str, bytes]:
    return {path[3:]: data for path, data in store.files().items() if path.startswith("/t/")}


def test_each_item_has_its_result_and_a_failure_stays_its_own(make_context, memory) -> None:
    items = [
        file(memory, "fine", b"12345"),
        file(memory, "bad", b"1234"),
        file(memory, "changed", b"1"),
        file(memory, "conflict", b"1", work=Work.REFUSED, action="CONFLICT", problem="the target is a directory"),
        CopyItem("empty", 0, "MKDIR", "D", 0, 0, work=Work.DIRECTORY),
    ]
    times = itertools.count(2000)

    def write_again() -> None:
        # A store without versions, such as HDFS.
        memory.place("/s/changed", b"1", mtime_ms=next(times), etag="")

    always = Fault("read", "/s/changed", silent=True, meanwhile=write_again)
    flaky = FlakyFileSystem(memory, Fault("open", "/s/bad", PermissionDenied), always)
    context = make_context(flaky, ["/s"], "/t")
    report = copy_task(context, plan(context, items), "1")
    assert outcomes(context, report) == {
        "fine": "COPIED",
        "bad": "FAILED",
        "changed": "CHANGED",
        "conflict": "FAILED",
        "empty": "MADE",
    }
    assert targets(memory) == {"fine": b"12345"}
    assert memory.status("/t/empty") is not None
    assert report.counters[COPY_MAPPER].items() >= {("COPY", 1), ("FAIL", 3), ("BYTESFAILED", 6), ("BYTESEXPECTED", 5)}
    assert report.counters[OWN] == {
        "FILES_COPIED": 1,
        "BYTES_COPIED": 5,
        "PROVEN_BY_TRANSFER": 1,
        "FILES_FAILED": 2,
        "BYTES_FAILED": 5,
        "FILES_CHANGED": 1,
        "BYTES_CHANGED": 1,
        **dict.fromkeys(("BYTES_LISTED", "BYTES_PLANNED", "BYTES_EXPECTED"), 0),
        "DIRECTORIES_MADE": 1,
    }
    assert {one.path for one in report.failures} == {"bad", "changed", "conflict"}


def test_a_file_that_changed_is_tried_again_once_as_what_it_is_by_then(make_context, memory) -> None:
    items = [file(memory, "grown", b"12345"), file(memory, "other", b"1")]
    context = make_context(memory, ["/s"], "/t")
    memory.place("/s/grown", b"1234567", mtime_ms=2000, etag="")
    report = copy_task(context, plan(context, items), "1")
    rows = {one.path: one for one in read_results(context.open_job_dir(), report.ledger_file)}
    assert targets(memory) == {"grown": b"1234567", "other": b"1"}
    grown = rows["grown"]
    assert (grown.outcome, grown.source_length, grown.source_mtime_ms, grown.surveyed_length) == ("COPIED", 7, 2000, 5)
    assert (rows["other"].surveyed_length, grown.crc32c) == (-1, crc32c(b"1234567"))
    own = report.counters[OWN]
    assert (own["FILES_COPIED"], own["BYTES_COPIED"], own["FILES_COPIED_AS_CHANGED"]) == (2, 8, 1)
    # What was listed, planned and expected of it follows.
    assert [own[f"BYTES_{name}"] for name in ("LISTED", "PLANNED", "EXPECTED")] == [2, 2, 2]


def test_a_file_that_is_being_written_is_an_outcome_of_its_own_and_tried_again_once(make_context, memory) -> None:
    items = [file(memory, "log", b"12345")]
    memory.place("/s/log", b"1234", mtime_ms=1000, etag="", length=5)
    flaky = FlakyFileSystem(memory)
    context = make_context(flaky, ["/s"], "/t")
    report = copy_task(context, plan(context, items), "1")
    (failure,) = report.failures
    assert (failure.outcome, failure.error_class, failure.retryable) == ("OPEN", "SourceOpen", False)
    assert "the source is still being written: it says 5 bytes and gives 4" in failure.message
    assert (report.counters[OWN]["FILES_OPEN"], report.counters[OWN]["BYTES_OPEN"]) == (1, 5)
    assert flaky.calls.count(("open", "/s/log")) == 2
    assert targets(memory) == {}


def test_a_file_that_was_closed_meanwhile_arrives(make_context, memory) -> None:
    items = [file(memory, "log", b"12345")]
    closing = Fault("open", "/s/log", BeingWritten, times=1, meanwhile=lambda: memory.place("/s/log", b"1" * 9))
    context = make_context(FlakyFileSystem(memory, closing), ["/s"], "/t")
    report = copy_task(context, plan(context, items), "1")
    assert (report.failures, targets(memory)) == ((), {"log": b"1" * 9})


def test_a_task_that_runs_twice_counts_once(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t")
    task = plan(context, [file(memory, "a", b"1"), file(memory, "b", b"2")])
    first = copy_task(context, task, "1")
    assert copy_task(context, task, "2") == first
    assert targets(memory) == {"a": b"1", "b": b"2"}
    assert context.open_job_dir().names("ledger") == ["copy-00000.parquet"]


def test_a_task_that_was_done_asks_nothing_of_its_files_again(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory)
    context = make_context(flaky, ["/s"], "/t")
    task = plan(context, [file(memory, "a", b"1"), file(memory, "b", b"2")])
    copy_task(context, task, "1")
    flaky.calls.clear()
    copy_task(context, task, "2")
    assert [call for call in flaky.calls if not call[1].startswith("/jobs/")] == []
    assert {operation for operation, _ in flaky.calls} == {"open", "read"}


def test_a_task_that_is_told_to_stop_copies_nothing_more_and_publishes_nothing(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t")
    task = plan(context, [file(memory, "a", b"1"), file(memory, "b", b"2")])
    request_stop()
    try:
        with pytest.raises(Interrupted):
            copy_task(context, task, "1")
    finally:
        clear_stop()
    assert (targets(memory), context.open_job_dir().names("ledger")) == ({}, [])


def test_a_task_that_is_told_to_stop_makes_no_directory(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t")
    task = plan(context, [CopyItem("empty", 0, "MKDIR", "D", 0, 0, work=Work.DIRECTORY)])
    request_stop()
    try:
        with pytest.raises(Interrupted):
            copy_task(context, task, "1")
    finally:
        clear_stop()
    assert memory.status("/t/empty") is None


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "tries"), [("put", 1), ("open", 3)])
def test_what_a_store_has_asked_again_by_itself_is_not_tried_again_with_the_file(
    make_context, memory, fault, tries
) -> None:
    flaky = FlakyFileSystem(memory, Fault(fault, "/s/a" if fault == "open" else "/t/a", Unreachable))
    context = make_context(flaky, ["/s"], "/t")
    assert memory.capabilities.atomic_put
    report = copy_task(context, plan(context, [file(memory, "a", b"1")]), "1")
    assert len([call for call in flaky.calls if call[0] == fault and call[1] in ("/s/a", "/t/a")]) == 2 * tries, (
        "once in each round"
    )
    assert len(report.failures) == 1


def test_an_error_nobody_foresaw_is_a_failure_of_its_file(make_context, memory) -> None:
    class Odd(FlakyFileSystem):
        def open_reader(self, path, expected_length):
            if path.endswith("/odd"):
                raise ZeroDivisionError("a defect")
            return super().open_reader(path, expected_length)

    context = make_context(Odd(memory), ["/s"], "/t")
    report = copy_task(context, plan(context, [file(memory, "odd", b"1"), file(memory, "fine", b"2")]), "1")
    assert outcomes(context, report) == {"odd": "FAILED", "fine": "COPIED"}
    assert "ZeroDivisionError: a defect" in report.failures[0].message


def test_files_that_fail_for_their_own_reasons_do_not_pull_the_brake(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("open", "/s/bad", PermissionDenied))
    context = make_context(flaky, ["/s"], "/t", threads=1)
    items = [file(memory, f"bad-{number:03}", b"1") for number in range(50)] + [file(memory, "fine", b"2")]
    report = copy_task(context, plan(context, items), "1")
    assert report.counters[OWN]["FILES_COPIED"] == 1


def test_a_store_that_has_gone_pulls_the_brake(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("put", "/t/", Unreachable))
    context = make_context(flaky, ["/s"], "/t", threads=4)
    report = copy_task(context, plan(context, [file(memory, f"{number:03}", b"1") for number in range(40)]), "1")
    assert report.counters[OWN]["FILES_FAILED"] == 40
    assert len([call for call in flaky.calls if call[0] == "put"]) < 36
    messages = [one.message for one in report.failures]
    assert any(" files in a row failed; the last one: " in message for message in messages), messages[:3]


@pytest.mark.parametrize("files", [1, 40])
def test_a_store_that_has_gone_leaves_no_record_while_another_try_follows(make_context, memory, files) -> None:
    flaky = FlakyFileSystem(memory, Fault("put", "/t/", Unreachable))
    context = make_context(flaky, ["/s"], "/t", threads=4)
    task = plan(context, [file(memory, f"{number:03}", b"1") for number in range(files)])
    with pytest.raises(StoreGone, match="as the test wants it"):
        copy_task(context, task, Attempt("1", is_last=False))
    assert context.open_job_dir().names("ledger") == []
    flaky.faults.clear()
    assert copy_task(context, task, Attempt("2", is_last=False)).counters[OWN]["FILES_COPIED"] == files


def test_what_failed_for_a_moment_has_a_second_round(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("put", "/t/b", Unreachable, times=1))
    context = make_context(flaky, ["/s"], "/t")
    report = copy_task(context, plan(context, [file(memory, name, b"1") for name in "abc"]), "1")
    assert outcomes(context, report) == {"a": "COPIED", "b": "COPIED", "c": "COPIED"}


def test_a_chunk_that_failed_for_a_moment_does_not_cost_its_file(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("part", "/t/large", Throttled, skip=2, times=1))
    context = make_context(flaky, ["/s"], "/t", part_size_bytes=PART, chunk_size_bytes=CHUNK)
    task, _ = send_in_chunks(context, memory, b"x" * 700_000)
    assert commit_task(context, task, "1").counters[OWN]["FILES_COPIED"] == 1


def test_a_file_that_is_at_fault_itself_does_not_make_its_node_unfit(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("put", "/t/b", CorruptData))
    context = make_context(flaky, ["/s"], "/t", threads=1)
    report = copy_task(context, plan(context, [file(memory, name, b"1") for name in "ab"]), Attempt("1", is_last=False))
    assert outcomes(context, report) == {"a": "COPIED", "b": "FAILED"}


@pytest.mark.parametrize("error", [AuthenticationFailed, BucketMissing, QuotaExceeded])
@pytest.mark.parametrize("is_last", [False, True])
def test_what_every_file_would_meet_ends_the_wave_with_its_own_message(make_context, memory, error, is_last) -> None:
    flaky = FlakyFileSystem(memory, Fault("put", "/t/", error))
    context = make_context(flaky, ["/s"], "/t", threads=2)
    task = plan(context, [file(memory, f"{number:03}", b"1") for number in range(40)])
    with pytest.raises(WaveEnded, match=r"every other file would fail likewise: copying .* as the test wants it"):
        copy_task(context, task, Attempt("1", is_last))
    assert len([call for call in flaky.calls if call[0] == "put"]) <= 4
    assert context.open_job_dir().names("ledger") == []


def test_each_try_of_a_file_has_a_work_path_of_its_own_and_removes_the_last_one(make_context) -> None:
    store = MemoryFileSystem(LIKE_HDFS)
    left: list[str] = []

    class Leaving(FlakyFileSystem):
        """Its writers leave what they wrote, as where the answer to a rename never came."""

        def open_writer(self, path, work_path, attributes=NOTHING):
            if "/t/" in path:
                left.append(work_path)
            if len(left) <= 3:
                self.wrapped.place(work_path, b"half")
                raise Unreachable("no answer")
            return super().open_writer(path, work_path, attributes)

    context = make_context(Leaving(store), ["/s"], "/t")
    copy_task(context, plan(context, [file(store, "a", b"12", part_size_bytes=1)]), "1")
    assert len(set(left)) == 4
    assert not [path for path in store.files() if path in left]
    assert targets(store) == {"a": b"12"}


def send_in_chunks(context: RunContext, store: MemoryFileSystem, data: bytes) -> tuple[CommitTask, TaskReport]:
    whole = plan(context, [file(store, "large", data)], "plan/large.parquet")
    cuts = cut_task(context, whole, "1")
    (task,) = pack(cuts.chunks, 1)
    report = copy_task(context, task, "1")
    return CommitTask(0, (CommitBin(cuts.bins[0].uploads, (report.ledger_file,)),)), report


def test_a_file_in_chunks_is_counted_once_when_it_is_committed(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t", part_size_bytes=PART, chunk_size_bytes=CHUNK)
    data = bytes(range(256)) * 3000
    task, sent = send_in_chunks(context, memory, data)
    assert OWN not in sent.counters
    assert targets(memory) == {}
    done = commit_task(context, task, "1")
    assert done.counters[OWN] == {"FILES_COPIED": 1, "BYTES_COPIED": len(data), "PROVEN_BY_TRANSFER": 1}
    assert targets(memory) == {"large": data}
    assert commit_task(context, task, "2") == done


@pytest.mark.parametrize("error", [PermissionDenied, Unreachable])
def test_a_file_of_which_a_chunk_failed_is_dropped_and_counted_once(make_context, memory, error) -> None:
    flaky = FlakyFileSystem(memory, Fault("part", "/t/large", error, skip=2))
    # One chunk after the other, so that it is the first one that arrives.
    context = make_context(flaky, ["/s"], "/t", part_size_bytes=PART, chunk_size_bytes=CHUNK, threads=1)
    task, sent = send_in_chunks(context, memory, b"x" * 700_000)
    done = commit_task(context, task, "1")
    # Both parts of the first of four chunks.
    again = {"CHUNKS_SENT_AGAIN": 3} if error is Unreachable else {}
    assert (sent.counters.get(OWN, {}), sent.failures) == (again, ())
    assert done.counters[OWN] == {"FILES_FAILED": 1, "BYTES_FAILED": 700_000}
    assert (len(done.failures), memory.open_uploads(), targets(memory)) == (1, [], {})


def test_a_file_of_which_a_chunk_is_missing_from_the_ledger_is_not_published(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t", part_size_bytes=PART, chunk_size_bytes=CHUNK)
    task, _ = send_in_chunks(context, memory, b"x" * 700_000)
    done = commit_task(context, task._replace(bins=(task.bins[0]._replace(ledger_files=()),)), "1")
    assert done.failures[0].message.endswith("the ledger holds chunks for 0 of 700000 bytes")
    assert (memory.open_uploads(), targets(memory)) == ([], {})


def test_a_source_that_changed_before_the_commit_is_not_published(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t", part_size_bytes=PART, chunk_size_bytes=CHUNK)
    task, _ = send_in_chunks(context, memory, b"x" * 700_000)
    memory.place("/s/large", b"y" * 700_000, mtime_ms=1001)
    done = commit_task(context, task._replace(is_anew=True), "1")
    assert done.counters[OWN] == {"FILES_CHANGED": 1, "BYTES_CHANGED": 700_000}
    assert (memory.open_uploads(), targets(memory)) == ([], {})

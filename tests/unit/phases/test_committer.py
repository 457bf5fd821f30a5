"""The committer by itself: the ledger says what was sent, and only a file that is whole is published."""

from __future__ import annotations

import pytest

from hdfs2oss.filesystems.body import body_of
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import CorruptData, PermissionDenied, StoreGone, Throttled, Unreachable
from hdfs2oss.model.values import CopyItem, CopyResult, Outcome, TaskReport, Work
from hdfs2oss.phases.committer import CommitBin, CommitTask, commit_task
from hdfs2oss.records import ledger
from hdfs2oss.records.ledger import read_results
from hdfs2oss.records.planfile import PlanWriter
from hdfs2oss.rules.checksum import crc32c, crc64
from hdfs2oss.runners.base import Attempt
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

SIZE = 1000
DATA = bytes(range(250)) * 12
LEDGER = "copy-00000.parquet"


class Large:
    """A file of three chunks of one part each, sent into an upload of its own."""

    def __init__(self, store: MemoryFileSystem, path: str) -> None:
        store.place(f"/s/{path}", DATA, mtime_ms=1000)
        self.item = CopyItem(path, 0, "COPY", "F", len(DATA), 1000)._replace(
            work=Work.UPLOAD, upload_id=store.begin_upload(f"/t/{path}")
        )
        self.chunks = [self._send(store, number) for number in range(3)]

    def _send(self, store: MemoryFileSystem, number: int) -> CopyResult:
        offset = number * SIZE
        data = DATA[offset : offset + SIZE]
        part = store.put_part(f"/t/{self.item.path}", self.item.upload_id, number + 1, body_of(data))
        return CopyResult(self.item.path, 0, "F", "COPY", Outcome.CHUNK.value, len(DATA), 1000, SIZE)._replace(
            work=Work.CHUNK, crc32c=crc32c(data), offset=offset, size=SIZE, upload_id=self.item.upload_id, parts=(part,)
        )


def task_of(context: RunContext, items: list[CopyItem], chunks: list[CopyResult]) -> CommitTask:
    job_dir = context.open_job_dir()
    uploads = PlanWriter("uploads/cut.parquet")
    for item in items:
        uploads.add(item, 0.1)
    ledger.publish(job_dir, TaskReport("copy-00000", "1", "h", LEDGER, 1.0, 1.0, 1), chunks)
    return CommitTask(0, (CommitBin(tuple(uploads.publish(job_dir)), (LEDGER,)),))


def published(store: MemoryFileSystem) -> dict[str, bytes]:
    return {path[3:]: data for path, data in store.files().items() if path.startswith("/t/")}


def test_chunks_become_one_file_whatever_the_order_they_were_sent_in(make_context, memory) -> None:
    one, other = Large(memory, "one"), Large(memory, "other")
    chunks = [one.chunks[2], other.chunks[1], one.chunks[0], other.chunks[0], other.chunks[2], one.chunks[1]]
    context = make_context(memory, ["/s"], "/t")
    done = commit_task(context, task_of(context, [one.item, other.item], chunks), "1")
    assert published(memory) == {"one": DATA, "other": DATA}
    results = list(read_results(context.open_job_dir(), done.ledger_file))
    assert [(row.path, row.outcome, row.crc32c) for row in results] == [
        ("one", "COPIED", crc32c(DATA)),
        ("other", "COPIED", crc32c(DATA)),
    ]


def test_chunks_that_are_not_what_the_source_says_of_the_whole_publish_nothing(make_context, memory) -> None:
    """Each range was read from an object; only of all of them together its store states a checksum."""
    good, bad = Large(memory, "good"), Large(memory, "bad")
    sums = [crc64(DATA[at : at + SIZE]) for at in range(0, len(DATA), SIZE)]
    chunks = [
        chunk._replace(crc64=value, stored_crc64=stated)
        for large, stated in ((good, crc64(DATA)), (bad, 1))
        for chunk, value in zip(large.chunks, sums, strict=True)
    ]
    context = make_context(memory, ["/s"], "/t")
    done = commit_task(context, task_of(context, [good.item, bad.item], chunks), "1")
    (failure,) = done.failures
    assert (failure.path, failure.outcome, failure.retryable) == ("bad", "FAILED", True)
    assert (
        f"the CRC-64 of the bytes that came is {crc64(DATA)}, that of the source, as its store says, 1"
        in failure.message
    )
    assert (memory.open_uploads(), published(memory)) == ([], {"good": DATA})
    row = next(row for row in read_results(context.open_job_dir(), done.ledger_file) if row.path == "good")
    assert (row.proof, row.stored_crc64, row.part_count) == ("end-to-end", crc64(DATA), 3)


@pytest.mark.parametrize(
    ("kept", "covered"), [([], 0), ([0, 1], 2000), ([1, 2], 0), ([0, 2], 1000), ([0, 1, 1, 2], 2000)]
)
def test_chunks_that_do_not_cover_the_file_exactly_publish_nothing(make_context, memory, kept, covered) -> None:
    large = Large(memory, "large")
    context = make_context(memory, ["/s"], "/t")
    done = commit_task(context, task_of(context, [large.item], [large.chunks[number] for number in kept]), "1")
    (failure,) = done.failures
    assert failure.message.endswith(f"the ledger holds chunks for {covered} of 3000 bytes")
    assert (memory.open_uploads(), published(memory)) == ([], {})


@pytest.mark.parametrize(
    ("outcome", "error_class", "shown", "counter"),
    [
        ("FAILED", "ReadError", "ReadError", "FILES_FAILED"),
        ("CHANGED", "SourceChanged", "SourceChanged", "FILES_CHANGED"),
        ("FAILED", "NobodyKnows", "TransferError", "FILES_FAILED"),
    ],
)
def test_a_file_fails_as_its_first_chunk_that_did_not_arrive(
    make_context, memory, outcome, error_class, shown, counter
) -> None:
    large = Large(memory, "large")
    failed = large.chunks[1]._replace(
        outcome=outcome, error_class=error_class, message="reading failed", retryable=True, parts=()
    )
    context = make_context(memory, ["/s"], "/t")
    task = task_of(context, [large.item], [large.chunks[0], failed, large.chunks[2]])
    done = commit_task(context, task._replace(is_anew=True), "1")
    (failure,) = done.failures
    assert (failure.outcome, failure.error_class, failure.message) == (outcome, shown, "reading failed")
    assert (failure.work, failure.retryable) == (Work.UPLOAD, True)
    assert done.counters[OWN][counter] == 1
    assert (memory.open_uploads(), published(memory)) == ([], {})


@pytest.mark.parametrize(("outcome", "error_class"), [("CHANGED", "SourceChanged"), ("OPEN", "SourceOpen")])
@pytest.mark.parametrize("is_anew", [False, True])
def test_a_chunk_that_failed_beside_one_of_another_version_does_not_hide_that(
    make_context, memory, outcome, error_class, is_anew
) -> None:
    large = Large(memory, "large")
    gone = large.chunks[0]._replace(outcome="FAILED", error_class="ReadError", message="blocks have gone", parts=())
    other = large.chunks[1]._replace(outcome=outcome, error_class=error_class, message="another version", parts=())
    context = make_context(memory, ["/s"], "/t")
    task = task_of(context, [large.item], [gone, other, large.chunks[2]])
    done = commit_task(context, task._replace(is_anew=is_anew), "1")
    if is_anew:
        assert [(one.outcome, one.message) for one in done.failures] == [(outcome, "another version")]
        assert memory.open_uploads() == []
    else:
        # Its upload is still needed where another try of the task finds that it is the same again.
        assert (done.counters[OWN], memory.open_uploads()) == ({"UPLOADS_OUTDATED": 1}, [large.item.upload_id])


@pytest.mark.parametrize("error", [PermissionDenied, CorruptData])
def test_an_upload_that_cannot_be_completed_is_dropped_and_the_others_are_published(
    make_context, memory, error
) -> None:
    bad, fine = Large(memory, "bad"), Large(memory, "fine")
    flaky = FlakyFileSystem(memory, Fault("complete", "/t/bad", error))
    context = make_context(flaky, ["/s"], "/t")
    done = commit_task(context, task_of(context, [bad.item, fine.item], bad.chunks + fine.chunks), "1")
    assert [one.path for one in done.failures] == ["bad"]
    assert done.failures[0].error_class == "WriteError"
    assert (memory.open_uploads(), published(memory)) == ([], {"fine": DATA})


def test_a_task_that_was_done_is_not_done_again(make_context, memory) -> None:
    large = Large(memory, "large")
    flaky = FlakyFileSystem(memory)
    context = make_context(flaky, ["/s"], "/t")
    task = task_of(context, [large.item], large.chunks)
    first = commit_task(context, task, "1")
    flaky.calls.clear()
    assert commit_task(context, task, "2") == first
    assert {operation for operation, _ in flaky.calls} <= {"open", "read"}


def test_what_a_commit_costs_is_the_sum_of_its_slices(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t")
    items = [Large(memory, f"{number}").item for number in range(3)]
    assert task_of(context, items, []).cost == pytest.approx(0.3)


def test_chunks_of_two_versions_are_never_joined(make_context, memory) -> None:
    large = Large(memory, "large")
    chunks = [chunk._replace(source_etag=etag) for chunk, etag in zip(large.chunks, "AAB", strict=True)]
    context = make_context(memory, ["/s"], "/t")
    done = commit_task(context, task_of(context, [large.item], chunks)._replace(is_anew=True), "1")
    assert done.counters[OWN]["FILES_CHANGED"] == 1
    assert "2 versions of the source" in done.failures[0].message
    assert (memory.open_uploads(), published(memory)) == ([], {})


@pytest.mark.parametrize("known", ["by the plan", "by the chunks"])
def test_a_source_replaced_before_the_commit_by_one_of_the_same_length_and_time_is_not_published(
    make_context, memory, known
) -> None:
    large = Large(memory, "large")
    etag = memory.file("/s/large").status.etag
    item = large.item._replace(etag=etag if known == "by the plan" else "")
    chunks = [chunk._replace(source_etag=etag) for chunk in large.chunks]
    memory.place("/s/large", DATA[::-1], mtime_ms=1000)
    context = make_context(memory, ["/s"], "/t")
    done = commit_task(context, task_of(context, [item], chunks)._replace(is_anew=True), "1")
    assert done.counters[OWN]["FILES_CHANGED"] == 1
    assert (memory.open_uploads(), published(memory)) == ([], {})


@pytest.mark.parametrize("error", [Throttled, Unreachable])
def test_a_complete_that_is_not_answered_once_is_asked_again(make_context, memory, error) -> None:
    large = Large(memory, "large")
    context = make_context(FlakyFileSystem(memory, Fault("complete", error=error, times=1)), ["/s"], "/t")
    done = commit_task(context, task_of(context, [large.item], large.chunks), "1")
    assert (done.counters[OWN]["FILES_COPIED"], published(memory)) == (1, {"large": DATA})


def test_an_upload_is_kept_for_the_next_try_of_the_task_when_its_store_gives_no_answer(make_context, memory) -> None:
    lost, fine = Large(memory, "lost"), Large(memory, "fine")
    flaky = FlakyFileSystem(memory, Fault("status", "/s/lost", Unreachable, times=1))
    context = make_context(flaky, ["/s"], "/t")
    task = task_of(context, [fine.item, lost.item], fine.chunks + lost.chunks)
    with pytest.raises(StoreGone):
        commit_task(context, task, Attempt("1", is_last=False))
    assert memory.open_uploads() == [lost.item.upload_id]
    done = commit_task(context, task, Attempt("1.1", is_last=False))
    assert done.counters[OWN]["FILES_COPIED"] == 2
    assert (memory.open_uploads(), published(memory)) == ([], {"fine": DATA, "lost": DATA})

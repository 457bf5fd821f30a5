"""A task's desk: what was done once is not done again, and what was measured is the task's own."""

from __future__ import annotations

import pytest

from hdfs2oss.model.counters import FILE_SYSTEM, OWN
from hdfs2oss.model.errors import CommitError, PermissionDenied
from hdfs2oss.model.values import CopyResult, Outcome, Work
from hdfs2oss.records import ledger
from hdfs2oss.tasks.desk import TaskDesk, earlier_report, publish_log
from tests.stores.faults import Fault, FlakyFileSystem
from tests.unit.conftest import place

NAME = "copy-00007"
COPIED = CopyResult("a", 0, "F", "COPY", Outcome.COPIED.value, 5, 1000, bytes_copied=5, proof="transfer")
FAILED = COPIED._replace(path="b", outcome=Outcome.FAILED.value, bytes_copied=0, proof="", message="no")
CHUNK = COPIED._replace(path="large", outcome=Outcome.CHUNK.value, proof="", size=5, work=Work.CHUNK)
UPLOAD = COPIED._replace(path="large", upload_id="u", work=Work.UPLOAD)


@pytest.fixture
def context(make_context, memory):
    return make_context(memory, ["/s"], "/t", log_path=place("/log"), verbose=True)


def test_a_task_that_has_published_is_known_by_its_report(context) -> None:
    assert earlier_report(context, NAME) is None
    desk = TaskDesk(context, NAME, "1")
    desk.take(COPIED)
    report = desk.publish()
    assert (report.task, report.attempt, report.ledger_file) == (NAME, "1", "copy-00007.parquet")
    assert earlier_report(context, NAME) == report
    (row,) = ledger.read_results(context.open_job_dir(), report.ledger_file)
    assert row == COPIED._replace(attempt="1", host=report.host)


def test_of_two_attempts_the_report_of_the_first_counts_for_both(context) -> None:
    first, second = TaskDesk(context, NAME, "1"), TaskDesk(context, NAME, "2")
    first.take(COPIED)
    report = first.publish()
    assert second.publish() == report


def test_each_result_is_counted_and_has_its_line(context, memory) -> None:
    desk = TaskDesk(context, NAME, "1")
    desk.take(COPIED)
    desk.take(FAILED)
    report = desk.publish()
    assert report.counters[OWN] == {
        "FILES_COPIED": 1,
        "BYTES_COPIED": 5,
        "PROVEN_BY_TRANSFER": 1,
        "FILES_FAILED": 1,
        "BYTES_FAILED": 5,
    }
    assert report.failures == (FAILED._replace(attempt="1", host=report.host),)
    assert memory.read_bytes(f"/log/{context.run_id}/part-m-{NAME}").decode().splitlines() == [
        "FILE_COPIED: source=file:///s/a, size=5 --> target=file:///t/a, size=5",
        "FAIL: file:///s/b - no",
    ]


def test_a_chunk_is_on_record_but_its_file_is_counted_and_told_of_once(context, memory) -> None:
    sender, committer = TaskDesk(context, NAME, "1"), TaskDesk(context, "commit-00000", "2")
    sender.take(CHUNK)
    committer.take(UPLOAD)
    sent, completed = sender.publish(), committer.publish()
    (row,) = ledger.read_results(context.open_job_dir(), sent.ledger_file)
    assert row == CHUNK._replace(attempt="1", host=sent.host)
    assert (OWN in sent.counters, completed.counters[OWN]["FILES_COPIED"]) == (False, 1)
    lines = [
        memory.read_bytes(f"/log/{context.run_id}/part-m-{name}").decode().splitlines()
        for name in (NAME, "commit-00000")
    ]
    assert lines == [[], ["FILE_COPIED: source=file:///s/large, size=5 --> target=file:///t/large, size=5"]]
    written = [report.counters["File Output Format Counters"]["Bytes Written"] for report in (sent, completed)]
    assert written == [5, 0]


def test_a_failed_chunk_is_no_failure_of_its_own(context) -> None:
    desk = TaskDesk(context, NAME, "1")
    desk.take(FAILED._replace(size=5, work=Work.CHUNK))
    assert desk.publish().failures == ()


def test_counts_hold_what_the_task_counted_and_what_its_stores_measured_since_it_began(context, memory) -> None:
    memory.status("/s")
    desk = TaskDesk(context, "survey-00000", "1")
    desk.counters.add(OWN, "FILES_EXPECTED", 3)
    memory.status("/s")
    for _ in range(2):
        counts = desk.counts()
        assert counts[OWN] == {"FILES_EXPECTED": 3}
        assert counts[FILE_SYSTEM]["MEMORY: Number of read operations"] == 1


def test_a_log_that_cannot_be_written_is_named_and_keeps_the_task_from_being_done(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("put", "/log/", PermissionDenied))
    context = make_context(flaky, ["/s"], "/t", log_path=place("/log"))
    with pytest.raises(CommitError, match=r"the -log directory file:///log/run-[0-9]+ cannot be written") as caught:
        TaskDesk(context, NAME, "1").publish()
    assert caught.value.exit_code == 5
    assert earlier_report(context, NAME) is None


def test_without_a_log_directory_no_log_is_written(make_context, memory) -> None:
    context = make_context(memory, ["/s"], "/t")
    desk = TaskDesk(context, NAME, "1")
    desk.take(FAILED)
    publish_log(context, desk.log, "survey-00000-1")
    assert memory.files() == {}

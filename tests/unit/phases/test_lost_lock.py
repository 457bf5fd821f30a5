"""What tasks do once another run has taken the job directory over: nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hdfs2oss.filesystems.body import body_of
from hdfs2oss.model.errors import LockLost
from hdfs2oss.model.values import CopyItem, CopyResult, CopyTask, Outcome, TaskReport, Work
from hdfs2oss.phases.committer import CommitBin, CommitTask, commit_task
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.records import ledger
from hdfs2oss.records.fence import lock_path
from hdfs2oss.records.holder import Holder
from hdfs2oss.records.lock import Lock
from hdfs2oss.records.planfile import PlanWriter
from hdfs2oss.rules.packing import pack
from hdfs2oss.tasks.context import RunContext
from tests.stores.memory import MemoryFileSystem

DATA = b"12345"
ITEM = CopyItem("f", 0, "COPY", "F", len(DATA), 1000, part_size_bytes=1000)


@pytest.fixture
def context(make_context, memory: MemoryFileSystem) -> RunContext:
    """A run that holds the lock."""
    memory.place("/s/f", DATA, mtime_ms=1000)
    made = make_context(memory, ["/s"], "/t")
    lock = Lock(memory, made.job_dir.path, made.run_id)
    lock.acquire()
    return replace(made, fence=lock.number)


def follow(memory: MemoryFileSystem, context: RunContext) -> None:
    path = lock_path(context.job_dir.path, context.fence + 1)
    memory.place(path, Holder("other", "elsewhere", 1, 0.0).to_json())


def copy_of(context: RunContext) -> CopyTask:
    plan = PlanWriter("plan/p.parquet")
    plan.add(ITEM, 0.1)
    (task,) = pack(plan.publish(context.open_job_dir()), 1)
    return task


def commit_of(context: RunContext, memory: MemoryFileSystem) -> tuple[CommitTask, str]:
    """A file that was sent into an upload, whole."""
    upload_id = memory.begin_upload("/t/f")
    part = memory.put_part("/t/f", upload_id, 1, body_of(DATA))
    uploads = PlanWriter("uploads/cut.parquet")
    uploads.add(ITEM._replace(work=Work.UPLOAD, upload_id=upload_id), 0.1)
    chunk = CopyResult("f", 0, "F", "COPY", Outcome.CHUNK.value, len(DATA), 1000, len(DATA))._replace(
        work=Work.CHUNK, size=len(DATA), upload_id=upload_id, parts=(part,)
    )
    report = TaskReport("copy-0", "1", "h", "copy-0.parquet", 1.0, 1.0, 1)
    ledger.publish(context.open_job_dir(), report, [chunk])
    return CommitTask(0, (CommitBin(tuple(uploads.publish(context.open_job_dir())), (report.ledger_file,)),)), upload_id


def published(memory: MemoryFileSystem, context: RunContext) -> list[str]:
    ledgers = [path for path in memory.files() if "/ledger/copy-0000" in path or "/ledger/commit" in path]
    return [path for path in memory.files() if path.startswith("/t/")] + ledgers


def test_a_copy_task_of_the_holder_copies_and_one_that_lost_the_lock_does_nothing(context, memory) -> None:
    task = copy_of(context)
    follow(memory, context)
    with pytest.raises(LockLost, match="taken over by another run"):
        copy_task(context, task, "1")
    assert published(memory, context) == []
    memory.remove(lock_path(context.job_dir.path, context.fence + 1))
    copy_task(context, task, "1")
    assert len(published(memory, context)) == 2


def test_a_committer_that_lost_the_lock_completes_nothing_and_drops_nothing(context, memory) -> None:
    task, upload_id = commit_of(context, memory)
    follow(memory, context)
    with pytest.raises(LockLost, match="taken over by another run"):
        commit_task(context, task, "1")
    assert published(memory, context) == []
    assert memory.open_uploads() == [upload_id]
    memory.remove(lock_path(context.job_dir.path, context.fence + 1))
    commit_task(context, task, "1")
    assert len(published(memory, context)) == 2
    assert memory.open_uploads() == []

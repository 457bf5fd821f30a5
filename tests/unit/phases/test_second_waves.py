"""Large files from the survey to the commit: what failed costs itself again, and who commits reads what it needs."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from hdfs2oss.filesystems.base import Stored
from hdfs2oss.filesystems.body import Body
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import PermissionDenied, Throttled, Unreachable
from hdfs2oss.model.values import CopyItem, CopyResult, CopyTask, Outcome, PlanSlice, StoredPart, TaskReport, Work
from hdfs2oss.phases.committer import commit
from hdfs2oss.phases.cutter import CutReport, cut, cut_task
from hdfs2oss.phases.mapper import copy_again_task, copy_task
from hdfs2oss.phases.survey import survey
from hdfs2oss.records import ledger
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.rules import packing
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runners.patience import TRIES_HERE
from hdfs2oss.runs.sent import Sent, task_name
from hdfs2oss.tasks.context import RunContext
from hdfs2oss.transfer.chunk import SentParts
from hdfs2oss.transfer.parts import SentPart
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem
from tests.stores.small_run import SmallRun, carry_out, own

PART = 100 * 1024
SIZES = {"part_size_bytes": PART, "chunk_size_bytes": 2 * PART, "threads": 4}
DATA = bytes(range(256)) * 3000
GIB = 1 << 30


class FailsOnPart(FlakyFileSystem):
    """Gives no answer about one part of the file `one`, so many times."""

    def __init__(self, wrapped: MemoryFileSystem, number: int, times: int) -> None:
        super().__init__(wrapped)
        self.number, self.left = number, times
        self.sent: list[tuple[str, int]] = []

    def put_part(self, path: str, upload_id: str, number: int, body: Body) -> StoredPart:
        self.sent.append((path, number))
        if (path, number) == ("/t/one", self.number) and self.left:
            self.left -= 1
            raise Unreachable("no answer about this part")
        return super().put_part(path, upload_id, number, body)


# So often a chunk that is a task of its own is tried in the first wave: in two rounds of each try of the task.
FIRST_WAVE = 2 * TRIES_HERE


@pytest.mark.slow
@pytest.mark.parametrize(("times", "again"), [(3, 0), (FIRST_WAVE, 1), (FIRST_WAVE + 1, 1)])
def test_a_chunk_that_fails_again_and_again_has_a_second_wave_and_costs_no_other_chunk(
    make_context, memory, times, again
) -> None:
    for name in ("one", "other"):
        memory.place(f"/s/{name}", DATA, mtime_ms=1000)
    store = FailsOnPart(memory, 3, times)
    run = carry_out(make_context(store, ["/s"], "/t", **SIZES))
    assert store.left == 0
    assert [name for name, _ in run.waves] == ["cut", "copy", *["copy again"] * again, "commit"]
    assert (own(run, "FILES_COPIED"), own(run, "FILES_FAILED"), own(run, "CHUNKS_SENT_AGAIN")) == (2, 0, again)
    assert {path: data for path, data in memory.files().items() if path.startswith("/t/")} == {
        "/t/one": DATA,
        "/t/other": DATA,
    }
    assert memory.open_uploads() == []
    # Parts 3 and 4 are one chunk.
    others = [part for part in store.sent if part not in (("/t/one", 3), ("/t/one", 4))]
    assert len(others) == len(set(others)) == 14


def test_the_second_wave_of_a_task_of_several_chunks_sends_only_the_one_that_failed(make_context, memory) -> None:
    memory.place("/s/one", DATA, mtime_ms=1000)
    store = FailsOnPart(memory, 1, 2)
    context = make_context(store, ["/s"], "/t", **SIZES)
    cuts = cut_task(context, CopyTask(0, tuple(survey(context, LocalRunner(0)).large_slices)), "1")
    task = CopyTask(0, tuple(cuts.chunks))
    assert copy_task(context, task, "1").counters[OWN]["CHUNKS_SENT_AGAIN"] == 1
    assert copy_again_task(context, task, "2").counters.get(OWN, {}) == {}
    others = [part for part in store.sent if part[1] > 2]
    assert len(others) == len(set(others)) == 6


def test_the_second_round_of_a_chunk_sends_only_the_parts_that_did_not_arrive(make_context, memory) -> None:
    memory.place("/s/one", DATA, mtime_ms=1000)
    store = FailsOnPart(memory, 3, 1)
    run = carry_out(make_context(store, ["/s"], "/t", **SIZES))
    assert own(run, "FILES_COPIED") == 1
    assert sorted(store.sent) == sorted([("/t/one", 3), *(("/t/one", number) for number in range(1, 9))])
    assert memory.files()["/t/one"] == DATA


def test_parts_of_another_version_of_the_source_are_sent_again() -> None:
    earlier, part = SentParts(), SentPart(StoredPart(1, "E", 0, 1), 0)
    earlier.of("A")[1] = part
    assert earlier.of("A") == {1: part}
    assert (earlier.of("B"), earlier.of("A")) == ({}, {})


def test_a_chunk_that_fails_for_good_has_no_second_wave_and_its_upload_is_dropped(make_context, memory) -> None:
    memory.place("/s/large", DATA, mtime_ms=1000)
    context = make_context(FlakyFileSystem(memory, Fault("part", error=PermissionDenied)), ["/s"], "/t", **SIZES)
    run = carry_out(context)
    assert [name for name, _ in run.waves] == ["cut", "copy", "commit"]
    assert (own(run, "FILES_FAILED"), memory.open_uploads()) == (1, [])


@pytest.mark.slow
@pytest.mark.parametrize("error", [Throttled, Unreachable])
def test_a_complete_that_is_not_answered_has_a_second_wave_when_all_others_are_done(
    make_context, memory, error
) -> None:
    for name in ("one", "other"):
        memory.place(f"/s/{name}", DATA, mtime_ms=1000)
    flaky = FlakyFileSystem(memory)
    # All that a task of the first wave asks about it.
    away = Fault("status", "/s/one", error, times=TRIES_HERE)
    run = carry_out(make_context(flaky, ["/s"], "/t", **SIZES), lambda: flaky.faults.append(away))
    assert away.struck == TRIES_HERE
    assert [name for name, _ in run.waves] == ["cut", "copy", "commit", "commit again"]
    assert (own(run, "FILES_COPIED"), own(run, "FILES_FAILED"), own(run, "UPLOADS_TRIED_AGAIN")) == (2, 0, 1)
    assert own(run, "BYTES_COPIED") == 2 * len(DATA)
    assert memory.open_uploads() == []
    assert len([call for call in flaky.calls if call == ("complete", "/t/other")]) == 1


def test_slots_that_send_the_chunks_of_one_file_come_to_their_end_together(make_context) -> None:
    store = Immense()
    store.place("/s/large", b"", mtime_ms=1000, length=4 * GIB)
    context = make_context(store, ["/s"], "/t", part_size_bytes=GIB // 64, chunk_size_bytes=GIB // 16)
    run: Any = SmallRun(slots=4)
    cuts = CutReport()
    cut(context, run, survey(context, run.runner).large_slices, cuts)
    busy_until = [0.0] * run.slots
    for task in packing.pack(cuts.chunks, run.slots):
        first_free = busy_until.index(min(busy_until))
        busy_until[first_free] += sum(piece.size_bytes for piece in task.slices)
    assert sum(busy_until) == 4 * GIB
    assert min(busy_until) >= 0.95 * max(busy_until)


class Immense(MemoryFileSystem):
    """Files of a stated length that hold no bytes, and a target that keeps none."""

    def complete_upload(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        self._uploads.pop(upload_id)
        stored = self._publish(path, b"", {})
        return stored._replace(length=sum(part.length for part in parts), crc64=0)


def send_nothing(context: RunContext, run: SmallRun, slices: list[PlanSlice]) -> Sent:
    """The ledgers that a copy of these chunks leaves."""
    job_dir = context.open_job_dir()
    tasks = packing.pack(slices, run.slots)
    items = read_slices(job_dir, tuple(sorted(slices)))
    rows_of = {piece[:2]: [sent_chunk(item) for item in islice(items, piece.items)] for piece in sorted(slices)}
    for task in tasks:
        rows = [row for piece in task.slices for row in rows_of[piece[:2]]]
        report = TaskReport(task_name(task), "1", "h", ledger.file_of(task_name(task)), 1.0, 1.0, 1)
        ledger.publish(job_dir, report, rows)
    return Sent(tasks, frozenset())


def sent_chunk(item: CopyItem) -> CopyResult:
    step = item.part_size_bytes
    ends = range(item.offset, item.offset + item.size, step)
    parts = tuple(StoredPart(item.first_part + number, "E", 0, step) for number, _ in enumerate(ends))
    return CopyResult(item.path, 0, "F", "COPY", Outcome.CHUNK.value, item.length, item.mtime_ms, item.size)._replace(
        work=Work.CHUNK, crc64=0, crc32c=0, offset=item.offset, size=item.size, upload_id=item.upload_id, parts=parts
    )


@pytest.mark.slow
@pytest.mark.parametrize(("few", "many"), [(6, 48), pytest.param(200, 2000, marks=pytest.mark.full)])
def test_the_records_read_to_plan_cut_and_commit_grow_no_faster_than_the_files(make_context, few, many) -> None:
    reads: dict[int, int] = {}
    for files in (few, many):
        store = Immense()
        for number in range(files):
            store.place(f"/s/{number:05d}", b"", mtime_ms=1000, length=10 * GIB)
        flaky = FlakyFileSystem(store)
        context = make_context(flaky, ["/s"], "/t", part_size_bytes=GIB // 4, chunk_size_bytes=5 * GIB)
        run: Any = SmallRun(slots=4)
        found, cuts = survey(context, run.runner), CutReport()
        cut(context, run, found.large_slices, cuts)
        assert len(found.large_slices) + len(cuts.bins) <= files / 3
        sent = send_nothing(context, run, found.slices + cuts.chunks)
        flaky.calls = [call for call in flaky.calls if call[0] == "read" and "/ledger/" not in call[1]]
        commit(context, run, cuts.bins, sent.ledger_files())
        assert (own(run, "FILES_COPIED"), own(run, "BYTES_COPIED")) == (files, files * 10 * GIB)
        assert store.open_uploads() == []
        reads[files] = len([path for operation, path in flaky.calls if operation == "read" and "/jobs/" in path])
        # The plan of each task, and a ledger of chunks once for each bin that has rows in it.
        assert reads[files] <= 2 * len(cuts.chunks) + 10 * len(cuts.bins)
    assert reads[many] / many <= 1.2 * reads[few] / few

"""-blocksperchunk onto a store that takes no parts: chunks are files, which the committer joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from hdfs2oss.filesystems.base import Stored
from hdfs2oss.model.counters import COPY_MAPPER, OWN
from hdfs2oss.model.errors import PermissionDenied, StoreGone, Unreachable, UsageError
from hdfs2oss.model.values import TaskReport
from hdfs2oss.phases.committer import CommitBin, CommitTask, commit_task
from hdfs2oss.phases.cutter import CutReport, cut_task
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.sweeper import Sweeper
from hdfs2oss.records.ledger import read_results
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.rules.filesum import COMPOSITE_CRC, FileChecksum
from hdfs2oss.rules.packing import pack
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, MemoryFileSystem

BLOCK = 1000
DATA = bytes(range(256)) * 28 + b"odd"
HDFS = LIKE_HDFS._replace(appends=True, joins=True, checksums=(COMPOSITE_CRC,), unjoinable_characters=",")


@pytest.fixture
def store() -> FlakyFileSystem:
    memory = MemoryFileSystem(HDFS)
    memory.place("/s/large", DATA, mtime_ms=1000, block_size_bytes=BLOCK, etag="")
    memory.place("/s/small", DATA[: 2 * BLOCK], mtime_ms=1000, block_size_bytes=BLOCK, etag="")
    return FlakyFileSystem(memory)


@pytest.fixture
def context(make_context, store) -> RunContext:
    return make_context(store, ["/s"], "/t", overwrite=True, blocks_per_chunk=2)


def send(context: RunContext) -> tuple[CutReport, list[TaskReport]]:
    found = survey(context, LocalRunner(0))
    (task,) = pack(found.large_slices, 1)
    cuts = cut_task(context, task, "1")
    return cuts, [copy_task(context, task, "1") for task in pack(found.slices + cuts.chunks, 1)]


def commit(context: RunContext, cuts: CutReport, sent: list[TaskReport]) -> TaskReport:
    task = CommitTask(0, (CommitBin(cuts.bins[0].uploads, tuple(report.ledger_file for report in sent)),))
    return commit_task(context, task, "1")


def there(store: FlakyFileSystem) -> dict[str, bytes]:
    return {path[3:]: data for path, data in store.wrapped.files().items() if path.startswith("/t/")}  # type: ignore[attr-defined]


def test_chunks_of_whole_blocks_become_one_file_that_is_counted_once(context, store) -> None:
    cuts, sent = send(context)
    sizes = [item.size for item in read_slices(context.open_job_dir(), tuple(cuts.chunks))]
    assert sizes == [2 * BLOCK] * 3 + [len(DATA) - 6 * BLOCK]
    hidden = [path for path in there(store) if path != "small"]
    assert len(hidden) == 4
    assert all(path.startswith(".hdfs2oss-work-") for path in hidden)
    done = commit(context, cuts, sent)
    assert there(store) == {"large": DATA, "small": DATA[: 2 * BLOCK]}
    assert done.counters[COPY_MAPPER].items() >= {("COPY", 1), ("BYTESCOPIED", len(DATA))}
    assert done.counters[OWN]["PROVEN_BY_TRANSFER"] == 1


class InBlocks(MemoryFileSystem):
    """A target with blocks of its own."""

    def block_size(self) -> int:
        return 700


def test_without_being_asked_for_files_are_joined_of_whole_blocks_of_the_target(make_context) -> None:
    store = InBlocks(HDFS)
    for name, size in (("large", len(DATA)), ("one chunk", 1400), ("small", 600)):
        store.place(f"/s/{name}", DATA[:size], mtime_ms=1000, block_size_bytes=BLOCK, etag="")
    context = make_context(store, ["/s"], "/t", overwrite=True)
    context = replace(context, options=context.options.model_copy(update={"chunk_size_bytes": 1500}))
    cuts, sent = send(context)
    chunks = list(read_slices(context.open_job_dir(), tuple(cuts.chunks)))
    assert {(item.path, item.size) for item in chunks} == {("large", 1400), ("large", len(DATA) - 5 * 1400)}
    hidden = [path for path in store.files() if path.startswith("/t/.hdfs2oss-work-")]
    assert {store.file(path).status.block_size_bytes for path in hidden} == {700}
    commit(context, cuts, sent)
    there = {path: data for path, data in store.files().items() if path.startswith("/t/")}
    assert there == {"/t/large": DATA, "/t/one chunk": DATA[:1400], "/t/small": DATA[:600]}


class LosesAnswers(FlakyFileSystem):
    """Joins, and does not say so, once."""

    lost = False

    def join(self, path: str, pieces: Sequence[tuple[str, int]], check: Callable[[str, Stored], None]) -> Stored:
        stored = super().join(path, pieces, check)
        if not self.lost:
            self.lost = True
            raise Unreachable("no answer")
        return stored


def test_a_join_whose_answer_is_lost_is_found_to_be_done_and_counted_once(make_context, store) -> None:
    losing = LosesAnswers(store.wrapped)
    context = make_context(losing, ["/s"], "/t", overwrite=True, blocks_per_chunk=2)
    cuts, sent = send(context)
    task = CommitTask(0, (CommitBin(cuts.bins[0].uploads, tuple(report.ledger_file for report in sent)),))
    with pytest.raises(StoreGone):
        commit_task(context, task, Attempt("1", is_last=False))
    done = commit_task(context, task, Attempt("1.1"))
    assert losing.lost
    assert there(store) == {"large": DATA, "small": DATA[: 2 * BLOCK]}
    assert (done.counters[OWN]["FILES_COPIED"], done.counters[OWN].get("FILES_FAILED", 0)) == (1, 0)


@pytest.mark.parametrize(
    ("foreign", "families", "outcome"),
    [
        (False, (COMPOSITE_CRC,), ("COPIED", "transfer")),
        (False, (), ("COPIED", "length")),
        (True, (COMPOSITE_CRC,), ("FAILED", "")),
    ],
)
def test_what_is_found_to_be_published_is_told_by_more_than_its_length_where_its_store_states_that(
    make_context, foreign, families, outcome
) -> None:
    losing = LosesAnswers(InBlocks(HDFS._replace(checksums=families)))
    losing.wrapped.place("/s/large", DATA, mtime_ms=1000, block_size_bytes=BLOCK, etag="")
    context = make_context(losing, ["/s"], "/t", overwrite=True)
    context = replace(context, options=context.options.model_copy(update={"chunk_size_bytes": 1500}))
    cuts, sent = send(context)
    task = CommitTask(0, (CommitBin(cuts.bins[0].uploads, tuple(report.ledger_file for report in sent)),))
    with pytest.raises(StoreGone):
        commit_task(context, task, Attempt("1", is_last=False))
    if foreign:
        losing.wrapped.place("/t/large", bytes(len(DATA)), mtime_ms=7)
    done = commit_task(context, task, Attempt("1.1"))
    (row,) = read_results(context.open_job_dir(), done.ledger_file)
    assert (row.outcome, row.proof) == outcome


def test_where_a_path_cannot_be_told_to_a_join_files_are_one_stream(make_context, store) -> None:
    store.wrapped.place("/s/a,b/large", DATA, mtime_ms=1000, block_size_bytes=BLOCK, etag="")
    context = make_context(store, ["/s"], "/t", overwrite=True, blocks_per_chunk=2)
    cuts, _ = send(context)
    assert [item.path for item in read_slices(context.open_job_dir(), cuts.bins[0].uploads)] == ["large"]
    (said,) = cuts.notices(context.layout.base)
    assert said.endswith("as one stream each where chunks cannot be joined: /t/a,b/large holds a ','")
    assert there(store)["a,b/large"] == DATA


def test_a_chunk_that_fails_takes_the_others_of_its_file_along(context, store) -> None:
    store.faults = [Fault("write", "-chunk-4000", PermissionDenied)]
    cuts, sent = send(context)
    done = commit(context, cuts, sent)
    assert (done.counters[OWN]["FILES_FAILED"], "large" in there(store)) == (1, False)
    # Of the file that was to arrive, not of a name that nobody knows.
    assert done.failures[0].message.startswith("copying file:///s/large to file:///t/large: writing failed")
    assert [path for path in there(store) if "chunk" in path] == []


class Lying(MemoryFileSystem):
    """States other checksums than those of its bytes."""

    def checksum(self, path: str, family: str) -> FileChecksum:
        return FileChecksum("COMPOSITE-CRC32C", "00000000")


def test_a_joined_file_of_other_bytes_is_never_seen(make_context, store) -> None:
    lying = Lying(HDFS)
    for name in ("large", "small"):
        lying.place(f"/s/{name}", store.wrapped.file(f"/s/{name}").data, mtime_ms=1000, block_size_bytes=BLOCK, etag="")
    context = make_context(lying, ["/s"], "/t", overwrite=True, blocks_per_chunk=2)
    done = commit(context, *send(context))
    assert done.counters[OWN]["FILES_FAILED"] == 1
    assert [path for path in lying.files() if path.startswith("/t/")] == ["/t/small"]


@pytest.mark.parametrize("error", [PermissionDenied])
def test_a_file_whose_chunks_cannot_be_joined_fails_and_leaves_none_of_them(context, store, error) -> None:
    store.faults = [Fault("join", "/t/large", error)]
    done = commit(context, *send(context))
    assert done.counters[OWN]["FILES_FAILED"] == 1
    assert list(there(store)) == ["small"]


def test_what_stood_there_before_is_not_taken_for_what_an_earlier_attempt_published(make_context, store) -> None:
    store.wrapped.place("/t/large", bytes(len(DATA)), mtime_ms=500)
    context = make_context(store, ["/s"], "/t", overwrite=True, blocks_per_chunk=2)
    cuts, sent = send(context)
    store.faults = [
        Fault("join", "/t/large", PermissionDenied, times=1),
        Fault("create", "ledger/commit", PermissionDenied, times=1),
    ]
    with pytest.raises(PermissionDenied):
        commit(context, cuts, sent)
    done = commit(context, cuts, sent)
    assert there(store)["large"] == bytes(len(DATA))
    assert (done.counters[OWN].get("FILES_COPIED", 0), done.counters[OWN].get("FILES_FAILED", 0)) == (0, 1)


def test_the_time_that_a_joined_file_was_given_is_the_one_on_record(make_context, store) -> None:
    context = make_context(store, ["/s"], "/t", overwrite=True, blocks_per_chunk=2, preserve="t")
    cuts, sent = send(context)
    done = commit(context, cuts, sent)
    assert store.status("/t/large").mtime_ms == 1000
    (row,) = read_results(context.open_job_dir(), done.ledger_file)
    assert row.target_mtime_ms == 1000


def test_what_a_dead_run_left_of_chunks_is_removed(context, store) -> None:
    send(context)
    assert Sweeper(context, context.open_job_dir()).sweep() == (0, 4)
    assert there(store) == {"small": DATA[: 2 * BLOCK]}


def test_where_files_cannot_be_joined_nothing_is_copied(make_context, store) -> None:
    store.capabilities = store.wrapped.capabilities = LIKE_HDFS
    with pytest.raises(UsageError, match="blocksperchunk"):
        survey(make_context(store, ["/s"], "/t", overwrite=True, blocks_per_chunk=2), LocalRunner(0))

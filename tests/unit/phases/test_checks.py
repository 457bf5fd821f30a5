"""What a listing could not answer: checked by checksum in the mapper, or by the cutter where a file is large."""

from __future__ import annotations

import pytest

from hdfs2oss.model.counters import COPY_MAPPER, OWN, Counters
from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.phases.committer import CommitBin, CommitTask, commit_task
from hdfs2oss.phases.cutter import cut_task
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.phases.survey import survey
from hdfs2oss.records.intents import read_intents
from hdfs2oss.records.ledger import read_results
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.rules.account import discrepancy
from hdfs2oss.rules.filesum import CRC64, MD5_OF_CRC
from hdfs2oss.rules.packing import pack
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

PART, CHUNK = 100 * 1024, 200 * 1024
HDFS = LIKE_HDFS._replace(checksums=(MD5_OF_CRC,))
OSS = LIKE_OSS._replace(checksums=(CRC64,))


def store_of(source: dict[str, bytes], target: dict[str, bytes], capabilities=HDFS, newer: int = 1) -> FlakyFileSystem:
    store = MemoryFileSystem(capabilities)
    for root, tree, mtime_ms in (("s", source, 1000 + newer), ("t", target, 1000)):
        store.make_directory(f"/{root}")
        for path, data in tree.items():
            store.place(f"/{root}/{path}", data, mtime_ms=mtime_ms)
    return FlakyFileSystem(store)


def run(context: RunContext) -> tuple[Counters, list]:
    """Survey, cut, copy, commit: all counters, and all rows of the ledger that tell of a file."""
    found = survey(context, LocalRunner(0))
    counters, rows, files = Counters(found.counters), [], []
    if found.large_slices:
        (task,) = pack(found.large_slices, 1)
        cuts = cut_task(context, task, "1")
        found.slices += cuts.chunks
    for task in pack(found.slices, 1):
        report = copy_task(context, task, "1")
        counters.merge(report.counters)
        files.append(report.ledger_file)
    if found.large_slices and cuts.bins[0].uploads:
        report = commit_task(context, CommitTask(0, (CommitBin(cuts.bins[0].uploads, tuple(files)),)), "1")
        counters.merge(report.counters)
        files.append(report.ledger_file)
    for file in files:
        rows += [row for row in read_results(context.open_job_dir(), file) if not row.is_chunk]
    assert discrepancy(counters.as_dict()[OWN], is_listed_whole=True) == ""
    return counters, rows


TREE = {"same": b"12345", "other": b"12345", "longer": b"123456", "new": b"1", "empty": b""}
THERE = {"same": b"12345", "other": b"54321", "longer": b"12345", "empty": b""}


@pytest.mark.parametrize("newer", [1, -1])
def test_equal_checksums_are_skipped_and_different_ones_copied_whatever_the_times_say(make_context, newer) -> None:
    store = store_of(TREE, THERE, newer=newer)
    counters, rows = run(make_context(store, ["/s"], "/t", update=True))
    assert {row.path: row.outcome for row in rows} == {
        "same": "SKIPPED",
        "other": "COPIED",
        "longer": "COPIED",
        "new": "COPIED",
    }
    assert counters.as_dict()[COPY_MAPPER].items() >= {("COPY", 3), ("SKIP", 2), ("BYTESSKIPPED", 5)}
    assert (counters.get(OWN, "FILES_SKIPPED"), counters.get(OWN, "FILES_NOT_COMPARED")) == (2, 0)
    assert store.wrapped.file("/t/other").data == b"12345"
    assert not [call for call in store.calls if call == ("open", "/s/same")]


@pytest.mark.parametrize(("newer", "asked"), [(1, {"/s/same", "/t/same", "/s/other", "/t/other"}), (-1, set())])
def test_towards_an_object_store_only_newer_sources_are_asked_about(make_context, newer, asked) -> None:
    store = store_of(TREE, THERE, OSS, newer)
    counters, _ = run(make_context(store, ["/s"], "/t", update=True))
    assert {path for operation, path in store.calls if operation == "checksum"} == asked
    assert counters.get(COPY_MAPPER, "SKIP") == (2 if newer > 0 else 3)


def test_skipcrccheck_asks_nothing(make_context) -> None:
    store = store_of(TREE, THERE)
    counters, _ = run(make_context(store, ["/s"], "/t", update=True, skip_crc=True))
    assert not [path for operation, path in store.calls if operation == "checksum"]
    assert counters.get(COPY_MAPPER, "SKIP") == 1


def test_what_cannot_be_compared_is_counted_and_the_times_decide(make_context) -> None:
    store = store_of(TREE, THERE, newer=-1)
    store.faults = [Fault("checksum", "/t/", PermissionDenied)]
    counters, rows = run(make_context(store, ["/s"], "/t", update=True))
    assert {row.path: row.outcome for row in rows if row.not_compared} == {"same": "SKIPPED", "other": "SKIPPED"}
    assert counters.get(OWN, "FILES_NOT_COMPARED") == 2


def test_a_task_of_files_that_are_the_same_leaves_no_intent(make_context) -> None:
    context = make_context(store_of({"f": b"1"}, {"f": b"1"}), ["/s"], "/t", update=True)
    run(context)
    assert list(read_intents(context.open_job_dir())) == []


LARGE = bytes(range(256)) * 3000


@pytest.mark.parametrize(("there", "outcome"), [(LARGE, "SKIPPED"), (LARGE[::-1], "COPIED")])
def test_a_large_file_is_checked_before_an_upload_is_opened(make_context, there, outcome) -> None:
    store = store_of({"large": LARGE}, {"large": there}, OSS)
    context = make_context(store, ["/s"], "/t", update=True, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    counters, rows = run(context)
    assert [(row.path, row.outcome) for row in rows] == [("large", outcome)]
    assert len([call for call in store.calls if call[0] == "begin"]) == (outcome == "COPIED")
    assert store.wrapped.file("/t/large").data == LARGE
    assert counters.get(COPY_MAPPER, "SKIP") == (outcome == "SKIPPED")


@pytest.mark.parametrize(("blocks", "chunks"), [(0, 0), (1, 4), (2, 2), (3, 2), (4, 0)])
def test_a_file_of_more_blocks_than_a_chunk_has_is_cut_at_blocks(make_context, blocks, chunks) -> None:
    block = 200 * 1024
    data = bytes(range(256)) * (4 * 200 * 4 - 1)
    store = store_of({"f": data}, {}, OSS)
    store.wrapped.place("/s/f", data, mtime_ms=1000, block_size_bytes=block)
    context = make_context(store, ["/s"], "/t", update=True, blocks_per_chunk=blocks)
    found = survey(context, LocalRunner(0))
    assert len(found.large_slices) == (chunks > 0)
    if chunks:
        (task,) = pack(found.large_slices, 1)
        cuts = cut_task(context, task, "1")
        sizes = [item.size for item in read_slices(context.open_job_dir(), tuple(cuts.chunks))]
        assert len(sizes) == chunks
        assert set(sizes[:-1]) == {blocks * block}
        assert sum(sizes) == len(data)


def test_a_large_file_that_cannot_be_compared_is_counted_once(make_context) -> None:
    store = store_of({"large": LARGE}, {"large": LARGE[::-1]}, OSS)
    store.faults = [Fault("checksum", "/t/", PermissionDenied)]
    context = make_context(store, ["/s"], "/t", update=True, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    counters, rows = run(context)
    assert (counters.get(OWN, "FILES_NOT_COMPARED"), len([row for row in rows if row.not_compared])) == (1, 1)
    assert store.wrapped.file("/t/large").data == LARGE

import tracemalloc

import pytest

from hdfs2oss.model.errors import CommitError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import FILE, CopyResult, CopyRoot, FileAction, Outcome
from hdfs2oss.records.copylog import CopyLog
from hdfs2oss.rules.layout import Layout
from tests.stores.memory import MemoryFileSystem

SOURCE, TARGET = Uri("hdfs", "nn", "/s/数据 1"), Uri("oss", "b", "/t/数据 1")


def lines(verbose: bool, enabled: bool = True) -> list[str]:
    log, store = CopyLog(verbose, enabled), MemoryFileSystem()
    log.copied(SOURCE, TARGET, 5, 5)
    log.skipped(SOURCE, TARGET, 5, 7)
    log.failed(SOURCE, "no")
    log.publish(store, "/log", "part-m-00000")
    assert list(store.files()) == ["/log/part-m-00000"]
    return store.read_bytes("/log/part-m-00000").decode().splitlines()


def test_skips_and_failures_always_have_a_line() -> None:
    assert lines(verbose=False) == [f"SKIP: {SOURCE}", f"FAIL: {SOURCE} - no"]


def test_with_v_both_ends_and_sizes_are_there() -> None:
    assert lines(verbose=True) == [
        f"FILE_COPIED: source={SOURCE}, size=5 --> target={TARGET}, size=5",
        f"SKIP: {SOURCE}",
        f"FILE_SKIPPED: source={SOURCE}, size=5 --> target={TARGET}, size=7",
        f"FAIL: {SOURCE} - no",
    ]


def test_without_a_log_directory_nothing_is_collected() -> None:
    assert lines(verbose=True, enabled=False) == []


def test_without_a_log_directory_no_result_leaves_a_line() -> None:
    layout = Layout(TARGET.parent, (CopyRoot(SOURCE.parent, ""),), True)
    result = CopyResult("数据 1", 0, FILE, FileAction.CHECK, Outcome.SKIPPED, 5, 0, not_compared="no Java")
    log, store = CopyLog(True, False), MemoryFileSystem()
    log.note(layout, result)
    log.publish(store, "/log", "part-m-00000")
    assert store.read_bytes("/log/part-m-00000") == b""


def test_a_file_about_which_no_checksums_decided_has_a_line_that_says_why() -> None:
    layout = Layout(TARGET.parent, (CopyRoot(SOURCE.parent, ""),), True)
    result = CopyResult("数据 1", 0, FILE, FileAction.CHECK, Outcome.SKIPPED, 5, 0, not_compared="no Java")
    log, store = CopyLog(False, True), MemoryFileSystem()
    log.note(layout, result)
    log.note(layout, result._replace(not_compared=""))
    log.publish(store, "/log", "part-m-00000")
    assert store.read_bytes("/log/part-m-00000").decode().splitlines() == [
        f"NOT_COMPARED: {SOURCE} - no Java",
        f"SKIP: {SOURCE}",
        f"SKIP: {SOURCE}",
    ]


def log_of(files: int, most_bytes: int) -> CopyLog:
    log = CopyLog(verbose=False, enabled=True, most_bytes=most_bytes)
    for number in range(files):
        log.skipped(SOURCE.join(f"{number:06d}"), TARGET, 5, 5)
    return log


def test_many_lines_are_files_of_bounded_size_which_together_are_all_of_them_once() -> None:
    store = MemoryFileSystem()
    log_of(1000, 4000).publish(store, "/log", "part-m-copy-00000")
    names = list(store.files())
    assert names == ["/log/part-m-copy-00000", *(f"/log/part-m-copy-00000-{n:04d}" for n in range(1, len(names)))]
    texts = [store.read_bytes(name) for name in names]
    assert all(3000 < len(text) <= 4000 and text.endswith(b"\n") for text in texts[:-1])
    assert b"".join(texts).decode().splitlines() == [f"SKIP: {SOURCE}/{number:06d}" for number in range(1000)]


@pytest.mark.parametrize(("before", "after"), [(1000, 950), (200, 90), (120, 60), (1000, 1000), (10, 1000), (10, 5)])
def test_of_two_attempts_whose_files_differ_in_number_only_the_lines_of_one_are_left(before: int, after: int) -> None:
    store, alone = MemoryFileSystem(), MemoryFileSystem()
    log_of(before, 4000).publish(store, "/log", "part")
    log_of(after, 4000).publish(store, "/log", "part")
    log_of(after, 4000).publish(alone, "/log", "part")
    assert store.files() == alone.files()


@pytest.mark.slow
def test_ten_times_the_lines_take_no_more_memory() -> None:
    def peak(files: int) -> int:
        tracemalloc.start()
        try:
            log_of(files, 20_000)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(20_000) < 1.3 * peak(2_000) + 50_000


def test_lines_that_cannot_wait_on_the_disk_are_an_error_that_names_it(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))
    with pytest.raises(CommitError, match=r"cannot wait in .*not there"):
        log_of(100, 1000)

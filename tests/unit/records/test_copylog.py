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

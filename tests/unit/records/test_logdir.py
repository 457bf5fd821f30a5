import pytest

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.errors import CommitError, PermissionDenied, UsageError
from hdfs2oss.records.copylog import CopyLog
from hdfs2oss.records.logdir import LogDir
from tests.stores.faults import Fault, FlakyFileSystem
from tests.unit.conftest import place


@pytest.fixture
def log_dir(make_context, memory) -> LogDir:
    return LogDir(place("/log"), make_context(memory, ["/s"], "/t").stores)


def test_a_log_and_the_mark_of_success_are_files_of_the_directory(log_dir, memory) -> None:
    log_dir.make()
    assert memory.status("/log") is not None
    log_dir.publish(CopyLog(verbose=False, enabled=True), "part-m-copy-00000")
    log_dir.succeed("run-1")
    assert memory.files() == {"/log/part-m-copy-00000": b"", "/log/_SUCCESS": b""}


def test_without_a_place_nothing_is_done() -> None:
    log_dir = LogDir(None, StoreConfig())
    log_dir.make()
    log_dir.publish(CopyLog(verbose=False, enabled=False), "part-m-copy-00000")
    log_dir.succeed("run-1")


def test_each_failure_names_the_directory(make_context, memory) -> None:
    flaky = FlakyFileSystem(
        memory, Fault("make_directory", "/log", PermissionDenied), Fault("put", "/log", PermissionDenied)
    )
    log_dir = LogDir(place("/log"), make_context(flaky, ["/s"], "/t").stores)
    with pytest.raises(UsageError, match="the -log directory file:///log cannot be made"):
        log_dir.make()
    for write in (lambda: log_dir.publish(CopyLog(False, True), "part"), lambda: log_dir.succeed("run-1")):
        with pytest.raises(CommitError, match="the -log directory file:///log cannot be written"):
            write()

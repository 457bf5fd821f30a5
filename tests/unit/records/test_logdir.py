import pytest

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.errors import CommitError, PermissionDenied, UsageError
from hdfs2oss.records.copylog import CopyLog
from hdfs2oss.records.logdir import LogDir, make_log_dir
from tests.stores.faults import Fault, FlakyFileSystem
from tests.unit.conftest import place


def test_the_files_of_each_run_lie_in_a_directory_of_their_own(make_context, memory) -> None:
    stores = make_context(memory, ["/s"], "/t").stores
    make_log_dir(place("/log"), stores)
    assert memory.status("/log") is not None
    for run in ("run-1", "run-2"):
        log_dir = LogDir(place("/log"), run, stores)
        log_dir.publish(CopyLog(verbose=False, enabled=True), "part-m-copy-00000")
        log_dir.succeed()
    names = [f"/log/{run}/{name}" for run in ("run-1", "run-2") for name in ("part-m-copy-00000", "_SUCCESS")]
    assert memory.files() == dict.fromkeys(names, b"")


def test_without_a_place_nothing_is_done() -> None:
    make_log_dir(None, StoreConfig())
    log_dir = LogDir(None, "run-1", StoreConfig())
    log_dir.publish(CopyLog(verbose=False, enabled=False), "part-m-copy-00000")
    log_dir.succeed()
    assert log_dir.place is None


def test_each_failure_names_the_directory(make_context, memory) -> None:
    flaky = FlakyFileSystem(
        memory, Fault("make_directory", "/log", PermissionDenied), Fault("put", "/log", PermissionDenied)
    )
    stores = make_context(flaky, ["/s"], "/t").stores
    log_dir = LogDir(place("/log"), "run-1", stores)
    with pytest.raises(UsageError, match="the -log directory file:///log cannot be made"):
        make_log_dir(place("/log"), stores)
    for write in (lambda: log_dir.publish(CopyLog(False, True), "part"), lambda: log_dir.succeed()):
        with pytest.raises(CommitError, match="the -log directory file:///log/run-1 cannot be written"):
            write()

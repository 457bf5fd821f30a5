"""The records of a run in a job directory that is away for a while."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hdfs2oss.filesystems.walk import Walk
from hdfs2oss.filesystems.watchdog import OutOfTime
from hdfs2oss.model.errors import PermissionDenied, StoreError, Throttled, Unreachable
from hdfs2oss.records.jobdir import HASTE, PATIENCE, JobDir
from hdfs2oss.rules.retry import RetryClock
from tests.stores.faults import FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

WAYS: dict[str, Callable[[JobDir], object]] = {
    "publish": lambda records: records.publish("ledger/new", b"x"),
    "read": lambda records: records.read("ledger/old"),
    "list": lambda records: records.names("ledger"),
}


class Away(FlakyFileSystem):
    """A store that fails until a time comes; a call costs a second."""

    def __init__(self, error: type[StoreError], until: float) -> None:
        store = MemoryFileSystem()
        store.place("/jobs/runs/run/ledger/old", b"old")
        super().__init__(store)
        self.now = 0.0
        self._error = error
        self._until = until

    def meet(self, operation: str, path: str) -> None:
        self.now += 1.0
        if self.now < self._until:
            raise self._error(f"cannot {operation} {path}")

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        self.meet("list", path)
        return super().walk(path, after, until, recursive)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def records(self) -> JobDir:
        return JobDir(self, "/jobs", "run", clock=RetryClock(lambda: self.now, self.sleep, lambda: 0.5))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", [Unreachable, OutOfTime, Throttled])
def test_records_outlast_an_outage_of_minutes(way, error) -> None:
    """Longer than a NameNode takes to restart, and to leave safe mode."""
    WAYS[way](Away(error, until=240.0).records())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", [Unreachable, OutOfTime, Throttled])
def test_an_outage_for_good_is_an_error_in_the_end(way, error) -> None:
    away = Away(error, until=1e9)
    with pytest.raises(StoreError):
        WAYS[way](away.records())
    assert 200.0 < away.now < PATIENCE.deadline_seconds + 30.0


@pytest.mark.parametrize("way", WAYS)
def test_what_does_not_pass_is_not_waited_for(way) -> None:
    away = Away(PermissionDenied, until=1e9)
    with pytest.raises(PermissionDenied):
        WAYS[way](away.records())
    assert away.now == 1.0


@pytest.mark.parametrize("way", WAYS)
def test_on_the_way_out_nobody_waits_for_long(way) -> None:
    away = Away(Unreachable, until=1e9)
    with pytest.raises(Unreachable):
        WAYS[way](away.records().of_run("run", HASTE))
    assert away.now < 5.0


def test_a_directory_that_is_not_there_yet_has_no_files_and_is_asked_for_once() -> None:
    store = FlakyFileSystem(MemoryFileSystem())
    records = JobDir(store, "/jobs", "run")
    assert (records.names("ledger"), records.names_for_pair("ledger")) == ([], [])
    assert [operation for operation, _ in store.calls] == ["list", "list"]

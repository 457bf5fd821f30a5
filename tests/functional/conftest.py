"""Whole copy jobs, in this process and in worker processes, between files and the local OSS server."""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.counters import COPY_MAPPER, OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.base import Runner
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.verbs.copy.job import CopyJob
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.snapshots import SnapshotFileSystem
from tests.trees import Place

Copy = Callable[..., Report]
# For tests, or a module of them, whose stores the worker processes would not see.
IN_THIS_PROCESS = pytest.mark.parametrize("runner", ["in this process"], indirect=True)


@pytest.fixture(params=["in this process", pytest.param("in two processes", marks=pytest.mark.slow)])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """The same job must come to the same end wherever its tasks run."""
    if request.param == "in this process":
        here = LocalRunner(0, pause_seconds=0.0)
        yield here
        here.close()
    else:
        yield request.getfixturevalue("two_processes")


@pytest.fixture
def copy(runner: Runner, home: Path) -> Copy:
    """Run a copy job: `copy(sources, target, update=True, ...)`."""

    def run(sources: Place | Sequence[Place], target: Place, stores: StoreConfig | None = None, **options) -> Report:
        several = [sources] if isinstance(sources, Place) else sources
        checked = CopyOptions(sources=tuple(one.uri for one in several), target=target.uri, **options)
        progress = Progress(io.StringIO())
        try:
            return CopyJob(checked, stores or target.stores, runner, progress, [Uri("file", "", str(home))]).run()
        finally:
            progress.end()

    return run


@pytest.fixture
def break_files(oss_stores: StoreConfig):
    """Let file:// fail as told; gives the flaky store."""

    def seat(*faults: Fault) -> FlakyFileSystem:
        flaky = FlakyFileSystem(LocalFileSystem(), *faults)
        seat_filesystem(Uri("file", "", "/"), oss_stores, flaky)
        return flaky

    yield seat
    close_filesystems()


@pytest.fixture(params=["file to file", "file to oss", "oss to file"])
def ends(request: pytest.FixtureRequest, make_place) -> tuple[Place, Place]:
    """A source and a target, neither of them there yet."""
    source, _, target = request.param.split(" ")
    return make_place(source, "source"), make_place(target, "target")


@pytest.fixture
def local_ends(make_place) -> tuple[Place, Place]:
    return make_place("file", "source"), make_place("file", "target")


@pytest.fixture
def upload_ends(make_place) -> tuple[Place, Place]:
    return make_place("file", "source"), make_place("oss", "target")


@pytest.fixture
def count() -> Callable[[Report, str], int]:
    """A counter by its name, DistCp's or our own."""

    def get(report: Report, name: str) -> int:
        return report.counters.get(COPY_MAPPER, name) or report.counters.get(OWN, name)

    return get


@pytest.fixture
def store(oss_stores: StoreConfig) -> Iterator[SnapshotFileSystem]:
    """Files of this machine, with snapshots; it lives in this process, so tasks must, too: `IN_THIS_PROCESS`."""
    store = SnapshotFileSystem()
    seat_filesystem(Uri("file", "", "/"), oss_stores, store)
    yield store
    close_filesystems()

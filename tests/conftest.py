"""What all layers share: a local OSS server, the stores of a test, trees, and a home of the test's own."""

import getpass
import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from tests.order import longest_file_first
from tests.sandbox_stores import SandboxStores
from tests.trees import Place

pytest_plugins = ["tests.sandbox.fixtures", "tests.dist.fixtures"]

KEY_ID, KEY_SECRET, BUCKET = "test-id", "test-secret", "lake"
_numbers = itertools.count(1)

# Properties are tried on some examples, the same each time, so that the same code always passes or never does;
# "make test-full" asks for many, and for others each time. How long one takes says nothing on a busy machine.
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("some", max_examples=60, derandomize=True, **QUIET)
settings.register_profile("many", max_examples=300, **QUIET)
settings.load_profile("some")


def pytest_configure() -> None:
    """Under `nohup make test` the jobs that tests start would be deaf for SIGHUP, too."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes take the files one by one; elsewhere the order of the command line is the one wanted."""
    if hasattr(config, "workerinput"):
        items[:] = longest_file_first(items)


@pytest.fixture(scope="session")
def oss_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOssServer]:
    """One server for the whole session; each test works below a prefix of its own."""
    directory = tmp_path_factory.mktemp("oss")
    with LocalOssServer(directory, access_key_id=KEY_ID, access_key_secret=KEY_SECRET, buckets=[BUCKET]) as server:
        yield server


@pytest.fixture(scope="session")
def oss_stores(oss_server: LocalOssServer) -> StoreConfig:
    """Files of this machine, and the bucket of the local OSS server."""
    return StoreConfig(oss={BUCKET: OssAccess(oss_server.endpoint, KEY_ID, KEY_SECRET)}, threads=8)


@pytest.fixture(scope="session")
def two_processes() -> Iterator[LocalRunner]:
    """Two worker processes, started once and used by all tests."""
    runner = LocalRunner(2, pause_seconds=0.0)
    yield runner
    runner.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of the test's own, so that job directories end with it."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    for name in ("HADOOP_CONF_DIR", "HADOOP_HOME", "HADOOP_USER_NAME"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture
def make_place(tmp_path: Path, oss_stores: StoreConfig) -> Iterator[Callable[[str, str], Place]]:
    """A fresh directory on `file` or `oss` (not made yet)."""

    def make(scheme: str, name: str) -> Place:
        if scheme == "file":
            return Place(Uri("file", "", str(tmp_path / "lake" / name)), oss_stores)
        return Place(Uri("oss", BUCKET, f"/test-{next(_numbers)}/{name}"), oss_stores)

    yield make
    close_filesystems()


@pytest.fixture
def hdfs_place(sandbox) -> Callable[[str, str], Place]:
    """A fresh directory on the sandbox's HDFS, or in the bucket of its OSS server (not made yet)."""
    stores = SandboxStores(sandbox)

    def make(scheme: str, name: str) -> Place:
        base = f"/user/{getpass.getuser()}/test-{next(_numbers)}/{name}"
        return stores.hdfs(base) if scheme == "hdfs" else stores.oss(base)

    return make

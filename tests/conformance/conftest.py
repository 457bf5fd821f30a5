"""What the suites share: the clients, fetched by the first test that asks, and a server with a bucket."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from hdfs2oss.local_oss import LocalOssServer
from tests.conformance.downloads import NotFetched
from tests.conformance.hadoop_client import fetch_contract_jars
from tests.conformance.node_client import AliOss, fetch_ali_oss
from tests.conformance.place import Place
from tests.conformance.python_clients import Oss2Suite, fetch_oss2_suite, fetch_oss_v2
from tests.conformance.rclone_client import fetch_rclone
from tests.sandbox.errors import SandboxError
from tests.sandbox.jars import fetch_jars

Fetched = TypeVar("Fetched")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A server of the test's own, with one empty bucket."""
    with LocalOssServer(tmp_path / "oss", "client-id", "client-secret", buckets=["lake"]) as server:
        yield Place(server.endpoint, server.access_key_id, server.access_key_secret, "lake", server.region)


@pytest.fixture(scope="session")
def oss2_suite() -> Oss2Suite:
    return fetched_or_failed(fetch_oss2_suite)


@pytest.fixture(scope="session")
def oss_v2_python() -> Path:
    return fetched_or_failed(fetch_oss_v2)


@pytest.fixture(scope="session")
def ali_oss() -> AliOss:
    return fetched_or_failed(fetch_ali_oss)


@pytest.fixture(scope="session")
def contract_jars() -> Path:
    return fetched_or_failed(fetch_contract_jars)


@pytest.fixture(scope="session")
def hadoop_jars() -> Path:
    return fetched_or_failed(fetch_jars)


@pytest.fixture(scope="session")
def rclone() -> Path:
    return fetched_or_failed(fetch_rclone)


def fetched_or_failed(fetch: Callable[[], Fetched]) -> Fetched:
    """What cannot be fetched is a failure of one line, never a silent skip."""
    try:
        return fetch()
    except (NotFetched, SandboxError) as error:
        reason = str(error)
    pytest.fail(reason, pytrace=False)

"""What the suites share: the clients, fetched by the first test that asks, and a server with a bucket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from hdfs2oss.local_oss import LocalOssServer
from tests.conformance.downloads import NotFetched
from tests.conformance.hadoop_client import fetch_contract_jars
from tests.conformance.node_client import fetch_ali_oss
from tests.conformance.python_clients import Oss2Suite, fetch_oss2_suite, fetch_oss_v2
from tests.sandbox.errors import SandboxError
from tests.sandbox.jars import fetch_jars

Fetched = TypeVar("Fetched")


@dataclass(frozen=True)
class Place:
    """What a client is told of the server."""

    endpoint: str
    key_id: str
    key_secret: str
    bucket: str
    region: str

    def environment(self) -> dict[str, str]:
        return {
            "OSS_ENDPOINT": self.endpoint,
            "OSS_ACCESS_KEY_ID": self.key_id,
            "OSS_ACCESS_KEY_SECRET": self.key_secret,
            "OSS_BUCKET": self.bucket,
            "OSS_REGION": self.region,
        }


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
def ali_oss() -> Path:
    return fetched_or_failed(fetch_ali_oss)


@pytest.fixture(scope="session")
def contract_jars() -> Path:
    return fetched_or_failed(fetch_contract_jars)


@pytest.fixture(scope="session")
def hadoop_jars() -> Path:
    return fetched_or_failed(fetch_jars)


def fetched_or_failed(fetch: Callable[[], Fetched]) -> Fetched:
    """What cannot be fetched is a failure of one line, never a silent skip."""
    try:
        return fetch()
    except (NotFetched, SandboxError) as error:
        pytest.fail(str(error), pytrace=False)

"""An OSS of this process, with one bucket."""

from collections.abc import Iterator

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.local_oss import LocalOssServer
from tests.stores.oss_bucket import KEYS, bucket


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOssServer]:
    with LocalOssServer(tmp_path_factory.mktemp("oss"), **KEYS, buckets=["lake"]) as running:
        yield running


@pytest.fixture
def store(server: LocalOssServer) -> Iterator[OssFileSystem]:
    """An empty bucket, of a server without faults from then on."""
    opened = OssFileSystem("lake", OssAccess(server.endpoint, *KEYS.values()), threads=4)
    for row in list(opened.walk("/", recursive=False)):
        bucket(server).delete_object(row.key)
        opened.remove(f"/{row.path}", recursive=True)
    yield opened
    server.plan.replace([])
    opened.close()

"""The contract on OSS over every way in which a bucket is reached."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.model.errors import AuthenticationFailed, Unreachable
from tests.stores.contract import FileSystemContract, MultipartContract
from tests.stores.contract_reading import ReadContract, StatusContract
from tests.stores.contract_writing import WriteContract
from tests.stores.oss_ways import ALL_AT_ONCE, BUCKET, DOMAIN, WAYS, Way, know_domain, make_certificates, reached
from tests.unit.filesystems.oss.scripted_store import Answer, ScriptedStore

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=WAYS)
def each_way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OssAccess]:
    with reached(WAYS[request.param], tmp_path_factory.mktemp("way")) as access:
        yield access


@pytest.fixture(scope="module")
def all_ways_at_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OssAccess]:
    with reached(ALL_AT_ONCE, tmp_path_factory.mktemp("way")) as access:
        yield access


@contextmanager
def opened(access: OssAccess, root: str) -> Iterator[OssFileSystem]:
    store = OssFileSystem(BUCKET, access, threads=4)
    store.remove(root, recursive=True)
    yield store
    store.close()


class TestOssInEachWay(StatusContract, ReadContract, WriteContract, MultipartContract):
    @pytest.fixture
    def store(self, each_way: OssAccess, root: str) -> Iterator[OssFileSystem]:
        with opened(each_way, root) as store:
            yield store


class TestOssInAllWaysAtOnce(FileSystemContract, MultipartContract):
    @pytest.fixture
    def store(self, all_ways_at_once: OssAccess, root: str) -> Iterator[OssFileSystem]:
        with opened(all_ways_at_once, root) as store:
            yield store

    @pytest.fixture
    def many(self) -> tuple[str, int]:
        pytest.skip("the number of keys has nothing to do with how they are asked for")


def test_a_bucket_is_named_in_the_host_where_the_endpoint_is_a_name_and_else_in_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    know_domain(monkeypatch)
    with ScriptedStore(Answer(200)) as store:
        for host in (DOMAIN, "127.0.0.1"):
            OssFileSystem(BUCKET, OssAccess(f"http://{host}:{store.port}", "id", "secret")).put("/key", b"", "", {})
        asked = [(request.headers["Host"], request.path) for request in store.requests]
        assert asked == [(f"lake.oss.local:{store.port}", "/key"), (f"127.0.0.1:{store.port}", "/lake/key")]


def test_a_token_that_is_missing_or_another_is_refused(tmp_path: Path) -> None:
    with reached(Way(has_token=True), tmp_path) as access:
        for token in ("", "another"):
            with pytest.raises(AuthenticationFailed, match="token"):
                OssFileSystem(BUCKET, dataclasses.replace(access, security_token=token)).status("/x")


def test_a_server_whose_authority_is_not_known_is_refused_at_the_first_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reached(Way(has_tls=True), tmp_path / "one") as access:
        monkeypatch.setenv("SSL_CERT_FILE", str(make_certificates(tmp_path / "other")[0]))
        with pytest.raises(Unreachable, match="certificate") as caught:
            OssFileSystem(BUCKET, access).put("/x", b"secret", "", {})
        assert not caught.value.retryable

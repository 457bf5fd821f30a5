"""The contract on OSS over every way in which a bucket is reached."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.credentials import OssAccess
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.model.errors import AuthenticationFailed, Unreachable
from tests.stores.contract import FileSystemContract, MultipartContract
from tests.stores.contract_reading import ReadContract, StatusContract
from tests.stores.contract_writing import WriteContract
from tests.stores.oss_ways import ALL_AT_ONCE, BUCKET, DOMAIN, WAYS, Way, know_domain, make_certificates, reached
from tests.unit.filesystems.oss.scripted_store import Answer, ScriptedStore


class InAnotherWay:
    """Where the store of a class is, once it says how it is reached."""

    @pytest.fixture
    def store(self, access: OssAccess, root: str) -> Iterator[OssFileSystem]:
        opened = OssFileSystem(BUCKET, access, threads=4)
        opened.remove(root, recursive=True)
        yield opened
        opened.close()

    @pytest.fixture
    def many(self) -> tuple[str, int]:
        pytest.skip("the number of keys has nothing to do with how they are asked for")


class TestOssInEachWay(InAnotherWay, StatusContract, ReadContract, WriteContract, MultipartContract):
    @pytest.fixture(scope="class", params=WAYS)
    def access(self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OssAccess]:
        with reached(WAYS[request.param], tmp_path_factory.mktemp("way")) as access:
            yield access


class TestOssInAllWaysAtOnce(InAnotherWay, FileSystemContract, MultipartContract):
    @pytest.fixture(scope="class")
    def access(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OssAccess]:
        with reached(ALL_AT_ONCE, tmp_path_factory.mktemp("way")) as access:
            yield access


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

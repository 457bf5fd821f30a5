"""What is asked of OSS goes through the proxy that was named, and through none that was not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess, resolve_access
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.model.errors import AuthenticationFailed, StoreError, Unreachable
from hdfs2oss.model.uri import UriSecrets
from tests.stores.http_proxy import HttpProxy

from .scripted_store import QUICK

KEYS = {"OSS_ACCESS_KEY_ID": "id", "OSS_ACCESS_KEY_SECRET": "secret"}
MAKE_CERTIFICATE = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"


@pytest.fixture(params=["http", "https"])
def server(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOssServer]:
    files: dict[str, Path] = {}
    if request.param == "https":
        files = {"certificate": tmp_path / "c.pem", "certificate_key": tmp_path / "k.pem"}
        words = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files["certificate_key"]]
        command = [*MAKE_CERTIFICATE.split(), *words, "-out", files["certificate"]]
        subprocess.run(command, check=True, capture_output=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(files["certificate"]))
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"], **files) as server:
        yield server


def access(endpoint: str, environment: dict[str, str] | None = None, **hadoops: object) -> OssAccess:
    conf = {f"fs.oss.proxy.{name}": str(value) for name, value in hadoops.items()}
    return resolve_access("lake", UriSecrets(), endpoint, {**KEYS, **(environment or {})}, conf)


def copy_one_file(found: OssAccess) -> bytes:
    store = OssFileSystem("lake", found, retries=QUICK)
    try:
        store.put("/d/f ü", b"data", "", {})
        assert [row.key for row in store.walk("/d")] == ["f ü"]
        return store.read_bytes("/d/f ü")
    finally:
        store.close()


def test_all_requests_go_through_hadoops_proxy_which_knows_who_asks(server: LocalOssServer) -> None:
    with HttpProxy(user="me:p@ss") as proxy:
        found = access(server.endpoint, host="127.0.0.1", port=proxy.port, username="me", password="p@ss")
        assert copy_one_file(found) == b"data"
    place = server.endpoint.partition("://")[2]
    if server.endpoint.startswith("https"):
        assert set(proxy.asked) == {f"CONNECT {place}"}
    else:
        assert proxy.asked[0] == f"PUT http://{place}/lake/d%2Ff%20%C3%BC"
        assert len(proxy.asked) >= 3


def test_a_proxy_that_does_not_know_us_is_told_apart_from_the_store(server: LocalOssServer) -> None:
    with HttpProxy(user="me:p@ss") as proxy:
        with pytest.raises(AuthenticationFailed, match=r"the proxy .*wants to know who asks") as caught:
            copy_one_file(access(server.endpoint, host="127.0.0.1", port=proxy.port))
        assert "fs.oss.proxy.username" in caught.value.hint
        assert len(proxy.asked) == 1


def test_a_proxy_that_lets_nothing_through_is_named(server: LocalOssServer) -> None:
    with HttpProxy(refuses=403) as proxy, pytest.raises(StoreError) as caught:
        copy_one_file(access(server.endpoint, host="127.0.0.1", port=proxy.port))
    assert f"http://127.0.0.1:{proxy.port}" in caught.value.message or "is no OSS" in caught.value.message


def test_the_environments_proxy_is_not_meant_for_loopback(server: LocalOssServer) -> None:
    with HttpProxy(refuses=500) as proxy:
        named = f"http://127.0.0.1:{proxy.port}"
        assert copy_one_file(access(server.endpoint, {"http_proxy": named, "https_proxy": named})) == b"data"
        assert proxy.asked == []


def test_the_environments_proxy_is_used_for_hosts_elsewhere() -> None:
    with HttpProxy(refuses=403) as proxy:
        found = access("https://oss-cn-nowhere.aliyuncs.com", {"HTTPS_PROXY": f"127.0.0.1:{proxy.port}"})
        with pytest.raises(Unreachable, match=rf"through the proxy http://127\.0\.0\.1:{proxy.port}: .*403"):
            OssFileSystem("lake", found, retries=QUICK).status("/f")
    assert set(proxy.asked) == {"CONNECT lake.oss-cn-nowhere.aliyuncs.com:443"}

"""Endpoint, keys, region and signature of a bucket."""

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess, normalise_endpoint, resolve_access
from hdfs2oss.filesystems.proxy import Proxy
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import UriSecrets

HANGZHOU = "https://oss-cn-hangzhou.aliyuncs.com"
KEYS = {"OSS_ENDPOINT": HANGZHOU, "OSS_ACCESS_KEY_ID": "i", "OSS_ACCESS_KEY_SECRET": "s"}


def access(conf: dict[str, str] | None = None, **environment: str) -> OssAccess:
    return resolve_access("lake", UriSecrets(), "", {**KEYS, **environment}, conf or {})


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("oss-cn-hangzhou.aliyuncs.com", HANGZHOU),
        (" https://oss-cn-hangzhou.aliyuncs.com/ ", HANGZHOU),
        ("lake.oss-cn-hangzhou.aliyuncs.com", HANGZHOU),
        ("https://other.oss-cn-hangzhou-internal.aliyuncs.com", "https://oss-cn-hangzhou-internal.aliyuncs.com"),
        ("http://lake.oss-accelerate.aliyuncs.com:80", "http://oss-accelerate.aliyuncs.com:80"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("lake.store.example.com", "https://lake.store.example.com"),
    ],
)
def test_an_endpoint_copied_from_the_console_counts_without_its_bucket(text: str, endpoint: str) -> None:
    assert normalise_endpoint(text) == endpoint


@pytest.mark.parametrize("text", [f"{HANGZHOU}/lake", "ftp://host", "https://", "https://id:secret@host", "a?b"])
def test_what_cannot_be_an_endpoint_is_refused_without_its_secrets(text: str) -> None:
    with pytest.raises(UsageError, match="is not of the form https://host") as caught:
        normalise_endpoint(text)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("conf", "environment", "region", "signature"),
    [
        ({}, {}, "", "v1"),
        ({}, {"OSS_REGION": "cn-beijing"}, "cn-beijing", "v4"),
        ({}, {"OSS_REGION": "oss-cn-beijing"}, "cn-beijing", "v4"),
        ({}, {"OSS_REGION": "cn-beijing", "OSS_SIGNATURE_VERSION": "V1"}, "cn-beijing", "v1"),
        ({}, {"OSS_SIGNATURE_VERSION": "v4"}, "cn-hangzhou", "v4"),
        ({"fs.oss.signatureversion": "V4"}, {}, "cn-hangzhou", "v4"),
        ({"fs.oss.signatureversion": "V4", "fs.oss.region": "cn-x"}, {}, "cn-x", "v4"),
        ({"fs.oss.region": "cn-x"}, {}, "cn-x", "v1"),
        ({}, {"OSS_SIGNATURE_VERSION": "v4", "OSS_ENDPOINT": "oss-me-east-1-internal.aliyuncs.com"}, "me-east-1", "v4"),
    ],
)
def test_signature_and_region_are_what_the_vendors_tools_take(conf, environment, region, signature) -> None:
    found = access(conf, **environment)
    assert (found.region, found.signature) == (region, signature)


@pytest.mark.parametrize("endpoint", ["https://oss-accelerate.aliyuncs.com", "http://127.0.0.1:9000"])
def test_v4_is_refused_where_nothing_tells_the_region(endpoint: str) -> None:
    with pytest.raises(UsageError, match="needs the region of the bucket"):
        access(OSS_ENDPOINT=endpoint, OSS_SIGNATURE_VERSION="v4")


def test_a_signature_version_that_is_not_known_is_refused() -> None:
    with pytest.raises(UsageError, match="the signature version V2 is not known"):
        access({"fs.oss.signatureversion": "V2"})


def test_the_proxy_that_was_asked_for_comes_along() -> None:
    found = access(https_proxy="http://squid:3128")
    assert found.proxy == Proxy("squid", 3128)


def test_an_endpoint_that_is_no_address_at_all_is_refused_without_its_secrets() -> None:
    with pytest.raises(UsageError, match="is not of the form") as caught:
        normalise_endpoint("https://ID:HUSH@[host")
    assert "HUSH" not in str(caught.value)

"""Requests are signed, addressed and headed as oss2 does it, which stands for OSS here."""

from __future__ import annotations

import calendar
import email.utils
import time

import oss2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.filesystems.keys.keys_file import Keys
from hdfs2oss.filesystems.oss.address import address_of
from hdfs2oss.filesystems.oss.signing import Request, Signer
from hdfs2oss.model.errors import StoreError

from .scripted_store import Answer, ScriptedStore

BUCKET, REGION = "lake", "cn-hangzhou"
# All that is sent with requests of ours, and one that is signed by its name alone.
PARAMS = (
    "acl", "continuation-token", "delete", "delimiter", "encoding-type", "key-marker", "list-type", "max-keys",
    "max-uploads", "partNumber", "prefix", "start-after", "tagging", "upload-id-marker", "uploadId", "uploads",
    "versioning",
)  # fmt: skip
HEADERS = (
    "Content-Type", "Content-MD5", "Range", "If-Match", "x-oss-meta-crc64", "x-oss-meta-A-b", "x-oss-copy-source",
    "x-oss-forbid-overwrite", "Cache-Control",
)  # fmt: skip
KEYS = [Keys("id", "secret"), Keys("other", "s3cret+/=", "the/token+=")]
text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


def signed_by_oss2(version: str, request: Request, keys: Keys) -> dict[str, str]:
    """The headers, their names in small letters."""
    provider = oss2.credentials.StaticCredentialsProvider(
        keys.access_key_id, keys.access_key_secret, keys.security_token or None
    )
    auth = oss2.ProviderAuthV4(provider) if version == "v4" else oss2.ProviderAuth(provider)
    asked = oss2.http.Request(
        request.method, "http://here/", params=dict(request.params), headers=dict(request.headers), region=REGION,
        product="oss",
    )  # fmt: skip
    auth._sign_request(asked, BUCKET, request.path.removeprefix(f"/{BUCKET}/"))
    return {name.lower(): value for name, value in asked.headers.items() if value is not None}


def second_of(headers: dict[str, str]) -> float:
    if "x-oss-date" in headers:
        return calendar.timegm(time.strptime(headers["x-oss-date"], "%Y%m%dT%H%M%SZ"))
    return email.utils.parsedate_to_datetime(headers["date"]).timestamp()


@pytest.mark.parametrize("version", ["v1", "v4"])
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE"]),
    key=text,
    params=st.dictionaries(st.sampled_from(PARAMS), text, max_size=4),
    headers=st.dictionaries(st.sampled_from(HEADERS), text, max_size=4),
    keys=st.sampled_from(KEYS),
)
def test_any_request_is_signed_as_oss2_signs_it(version, method, key, params, headers, keys) -> None:
    request = Request(method, f"/{BUCKET}/{key}", params, headers)
    expected = signed_by_oss2(version, request, keys)
    signer = Signer(version, REGION, lambda: second_of(expected))
    ours = {name.lower(): value for name, value in signer.sign(request, keys).items()}
    assert ours == {name: value for name, value in expected.items() if name != "user-agent"}


def test_each_day_and_each_secret_has_a_key_of_its_own() -> None:
    request = Request("PUT", "/lake/f", {}, {})
    found = {
        Signer("v4", region, lambda second=second: second).sign(request, keys)["Authorization"].rpartition("=")[2]
        for region in (REGION, "cn-beijing")
        for second in (86_399, 86_400)
        for keys in KEYS
    }
    assert len(found) == 8


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:80", "https://localhost:1", "http://oss-cn-hangzhou.aliyuncs.com", "https://host:8080",
        "https://10.0.0.1", "http://localhost.example.com", "http://1host",
    ],
)  # fmt: skip
@given(key=text, bucket=st.sampled_from(["lake", "b-1", "1a2", "x" * 63]))
def test_a_bucket_is_addressed_as_oss2_addresses_it(endpoint: str, key: str, bucket: str) -> None:
    address = address_of(endpoint, bucket)
    theirs = oss2.Bucket(oss2.AnonymousAuth(), endpoint, bucket, session=object())._make_url(bucket, key)
    assert f"{address.scheme}://{address.host}{address.target(key, {})}" == theirs


@pytest.mark.parametrize("endpoint", ["ftp://host", "http://", "http://ho st", "http://host/path", "host"])
def test_an_endpoint_that_is_none_is_refused_with_the_bucket(endpoint: str) -> None:
    with pytest.raises(StoreError, match=r"cannot use the bucket lake: the endpoint .* is none"):
        address_of(endpoint, "lake")


@pytest.mark.parametrize("bucket", ["ab", "Bucket", "a_b", "-ab", "ab-", "x" * 64, "", "a/b"])
def test_a_bucket_that_oss2_refuses_is_refused(bucket: str) -> None:
    with pytest.raises(oss2.exceptions.ClientError):
        oss2.Bucket(oss2.AnonymousAuth(), "http://host", bucket, session=object())
    with pytest.raises(StoreError, match="no name of a bucket"):
        address_of("http://host", bucket)


@pytest.mark.parametrize("value", ["a\nX: y", "a\r\nX: y", "a\rb"])
def test_what_is_kept_with_a_file_never_becomes_a_header_of_its_own(value: str) -> None:
    with ScriptedStore(Answer(200)) as store:
        with pytest.raises(StoreError, match="holds the end of a line"):
            store.open().put("/f", b"1", "", {"owner": value})
        assert store.requests == []

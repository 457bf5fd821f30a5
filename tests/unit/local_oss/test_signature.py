import calendar
import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.keys_file import Keys
from hdfs2oss.filesystems.oss.signing import Request as SignedRequest
from hdfs2oss.filesystems.oss.signing import Signer
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.message import BytesSource, Request
from hdfs2oss.local_oss.signatures import v1, v4
from hdfs2oss.local_oss.signatures.authenticator import Authenticator, Credentials
from local_oss.conftest import BUCKET, ID, SECRET, Client, signature, started

REGION = "cn-hangzhou"


def request_for(method: str, bucket: str, key: str, query: dict[str, str], headers: dict[str, str]) -> Request:
    return Request(method, "", headers, BytesSource(b""), bucket, key, query)  # type: ignore[arg-type]


def at(moment: float, token: str = "", access_key_id: str = ID, secret: str = SECRET) -> Authenticator:
    return Authenticator(Credentials(access_key_id, secret, token), REGION, 900, lambda: moment)


V1_ID, V1_SECRET = "44CF9590006BF252F707", "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV"
V1_DATE = "Thu, 17 Nov 2005 18:49:58 GMT"
V1_SIGNED_AT = calendar.timegm((2005, 11, 17, 18, 49, 58))
V1_HEADERS = {
    "content-md5": "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=",
    "content-type": "text/html",
    "date": V1_DATE,
    "x-oss-meta-author": "foo@bar.com",
    "x-oss-magic": "abracadabra",
    "authorization": f"OSS {V1_ID}:26NBxoKdsyly4EDv6inkoDft/yA=",
}


def test_published_v1_example_has_the_published_signature():
    request = request_for("PUT", "oss-example", "nelson", {}, V1_HEADERS)
    text = v1.string_to_sign(request, V1_DATE)
    assert v1.sign(text, V1_SECRET) == "26NBxoKdsyly4EDv6inkoDft/yA="
    assert at(V1_SIGNED_AT, "", V1_ID, V1_SECRET).authenticate(request)


@pytest.mark.parametrize("seconds", [-901, 901])
def test_v1_date_more_than_a_quarter_of_an_hour_away_is_too_skewed(seconds):
    request = request_for("PUT", "oss-example", "nelson", {}, V1_HEADERS)
    with pytest.raises(OssError) as caught:
        at(V1_SIGNED_AT + seconds, "", V1_ID, V1_SECRET).authenticate(request)
    assert (caught.value.status, caught.value.code) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize("changed", ["content-md5", "content-type", "x-oss-magic"])
def test_v1_signature_covers_each_signed_header(changed):
    request = request_for("PUT", "oss-example", "nelson", {}, V1_HEADERS | {changed: "other"})
    with pytest.raises(OssError) as caught:
        at(V1_SIGNED_AT, "", V1_ID, V1_SECRET).authenticate(request)
    assert caught.value.code == "SignatureDoesNotMatch"
    assert caught.value.details["StringToSign"].startswith("PUT\n")


def test_v1_signature_covers_the_sub_resources_and_not_the_other_parameters():
    def text(query):
        return v1.string_to_sign(request_for("GET", "b", "k", query, {}), "d")

    assert text({"prefix": "x", "marker": "y", "list-type": "2"}).endswith(b"/b/k")
    assert text({"uploadId": "U", "partNumber": "1", "acl": ""}).endswith(b"/b/k?acl&partNumber=1&uploadId=U")
    assert text({"x-oss-traffic-limit": "819200"}).endswith(b"/b/k?x-oss-traffic-limit=819200")


V4_HEADERS = {
    "x-oss-head1": "value",
    "abc": "value",
    "zabc": "value",
    "xyz": "value",
    "content-type": "text/plain",
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-date": "20231216T162057Z",
}
V4_QUERY = {"param1": "value1", "+param1": "value3", "|param1": "value4", "+param2": "", "|param2": "", "param2": ""}


@pytest.mark.parametrize(
    ("signed_at", "additional", "expected"),
    [
        (1702743657, "", "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
        (1702747512, "AdditionalHeaders=abc;zabc,", "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f"),
    ],
    ids=["plain", "with additional headers"],
)
def test_v4_vector_of_the_clients_own_tests_verifies(signed_at, additional, expected):
    credential = f"Credential=ak/20231216/{REGION}/oss/aliyun_v4_request"
    header = f"{v4.ALGORITHM} {credential},{additional}Signature={expected}"
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(signed_at))
    headers = V4_HEADERS | {"authorization": header, "x-oss-date": date}
    request = request_for("PUT", "bucket", "1234+-/123/1.txt", V4_QUERY, headers)
    assert at(signed_at, "", "ak", "sk").authenticate(request)


def v4_header_request(region: str = REGION, payload: str = "UNSIGNED-PAYLOAD", **extra: str) -> Request:
    headers = {"x-oss-date": "20231216T162057Z", "x-oss-content-sha256": payload} | {
        name.replace("_", "-"): value for name, value in extra.items()
    }
    request = request_for("GET", "b", "k", {}, headers)
    scope = f"20231216/{region}/oss/aliyun_v4_request"
    claim = v4.Claim(ID, "20231216", region, "oss", "20231216T162057Z", 0, (), "")
    text = v4.string_to_sign(v4.canonical_request(request, claim), claim)
    signed = v4.sign(text, SECRET, claim)
    headers["authorization"] = f"{v4.ALGORITHM} Credential={ID}/{scope}, Signature={signed}"
    return request


def test_v4_region_must_be_the_servers():
    with pytest.raises(OssError) as caught:
        at(1702743657).authenticate(v4_header_request("cn-shanghai"))
    assert (caught.value.status, caught.value.number) == (400, "0002-00000226")


def test_v4_payload_hash_must_be_unsigned():
    with pytest.raises(OssError) as caught:
        at(1702743657).authenticate(v4_header_request(payload="e3b0c442"))
    assert (caught.value.status, caught.value.code) == (400, "InvalidArgument")


def test_temporary_key_pair_needs_its_token():
    assert at(1702743657, "token").authenticate(v4_header_request(x_oss_security_token="token"))
    with pytest.raises(OssError) as caught:
        at(1702743657, "token").authenticate(v4_header_request(x_oss_security_token="another"))
    assert (caught.value.status, caught.value.code) == (403, "InvalidSecurityToken")


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": "OSS2 AccessKeyId:id,Signature:x"}, {}),
        ({}, {"x-oss-signature-version": "OSS2", "x-oss-signature": "x"}),
        ({"authorization": "Basic dXNlcjpwYXNz"}, {}),
        ({"authorization": "OSS nocolon"}, {}),
        ({"authorization": "OSS4-HMAC-SHA256 Credential=,Signature="}, {}),
        ({"authorization": "OSS4-HMAC-SHA256 Credential=a/b/c,Signature=d"}, {}),
        ({}, {"x-oss-signature-version": "OSS4-HMAC-SHA256", "x-oss-expires": "99999999"}),
    ],
)
def test_other_kinds_of_authorization_are_refused_with_400(headers, query):
    with pytest.raises(OssError) as caught:
        at(0).authenticate(request_for("GET", "b", "k", query, headers))
    assert caught.value.status == 400


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, XX Nov 2005"])
def test_v1_header_without_a_date_is_denied(date):
    request = request_for("GET", "b", "k", {}, {"authorization": f"OSS {ID}:x", "date": date})
    with pytest.raises(OssError) as caught:
        at(0).authenticate(request)
    assert (caught.value.status, caught.value.code) == (403, "AccessDenied")


@pytest.fixture
def tokened(tmp_path: Path) -> Iterator[Client]:
    server = started(tmp_path, security_token="token")
    client = Client(server.port)
    yield client
    client.close()
    server.stop()


def test_server_with_a_token_serves_only_who_sends_it(tokened):
    assert tokened.put("k", b"x", x_oss_security_token="token").status == 200
    assert tokened.put("k", b"x").code == "InvalidSecurityToken"


def test_unknown_key_id_wrong_secret_and_nobody_are_told_apart(client):
    path = f"/{BUCKET}/k"
    good = signature("GET", path, {})
    unknown = {**good, "Authorization": good["Authorization"].replace(ID, "nobody")}
    assert client.raw("GET", path, b"", unknown).code == "InvalidAccessKeyId"
    wrong = client.raw("GET", path, b"", signature("GET", "/other/k", {}))
    assert (wrong.status, wrong.code) == (403, "SignatureDoesNotMatch")
    assert wrong.text("StringToSign").endswith(path)
    assert wrong.text("SignatureProvided")
    nobody = client.raw("GET", path, b"", {})
    assert (nobody.status, nobody.code) == (403, "AccessDenied")


def test_expired_v1_url_is_denied(client):
    query = f"OSSAccessKeyId={ID}&Expires={int(time.time()) - 1}&Signature=x"
    assert client.raw("GET", f"/{BUCKET}/k?{query}", b"", {}).code == "AccessDenied"


def test_anonymous_callers_get_what_the_acl_opens_and_nothing_else(client):
    client.put("open", b"data", x_oss_object_acl="public-read")
    client.put("closed", b"data")
    assert client.raw("GET", f"/{BUCKET}/open", b"", {}).body == b"data"
    assert client.raw("PUT", f"/{BUCKET}/open", b"x", {}).code == "AccessDenied"
    assert client.raw("GET", f"/{BUCKET}/open?acl", b"", {}).code == "AccessDenied"
    assert client.raw("GET", f"/{BUCKET}/closed", b"", {}).code == "AccessDenied"
    assert client.raw("GET", f"/{BUCKET}/", b"", {}).code == "AccessDenied"


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_keys_that_were_issued_are_good_with_their_token_until_they_expire(tmp_path, version):
    moment = [1_000_000_000.0]
    with LocalOssServer(tmp_path, ID, SECRET, buckets=[BUCKET], clock=lambda: moment[0]) as server:
        issued = server.issue_keys(60)
        keys = issued.credentials
        signer = Signer(version, REGION, clock=lambda: moment[0])

        def ask(token: str) -> tuple[int, bytes]:
            mine = Keys(keys.access_key_id, keys.access_key_secret, token)
            headers = signer.sign(SignedRequest("GET", f"/{BUCKET}/", {}, {}), mine)
            connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
            connection.request("GET", f"/{BUCKET}/", headers=headers)
            response = connection.getresponse()
            return response.status, response.read()

        assert ask(keys.security_token)[0] == 200
        status, body = ask("other")
        assert (status, b"InvalidSecurityToken" in body) == (403, True)
        moment[0] += 61
        status, body = ask(keys.security_token)
        assert (status, b"SecurityTokenExpired" in body) == (403, True)

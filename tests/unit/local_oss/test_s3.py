import datetime
import hashlib
import hmac
import time
from calendar import timegm
from urllib.parse import quote

import pytest

from hdfs2oss.local_oss.protocol.message import BytesSource, Request
from hdfs2oss.local_oss.signatures import aws4
from hdfs2oss.local_oss.signatures.authenticator import Authenticator, Credentials
from local_oss.conftest import ID, SECRET, Client, started

EMPTY = hashlib.sha256(b"").hexdigest()


def test_published_example_verifies():
    """The GET of a range that the signature's own documentation shows."""
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    }
    request = Request("GET", "/test.txt", headers, BytesSource(b""), "examplebucket", "test.txt")
    moment = timegm((2013, 5, 24, 0, 0, 0))
    keys = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    Authenticator(keys, "any", 900, lambda: moment).authenticate_s3(request)


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    server = started(tmp_path_factory.mktemp("oss"), has_s3=True)
    client = Client(server.port)

    def send(method, path, query=(), body=b"", secret=SECRET, **headers):
        named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        named |= {"host": f"127.0.0.1:{server.port}", "x-amz-date": now}
        named.setdefault("x-amz-content-sha256", hashlib.sha256(body).hexdigest())
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        canonical_query = "&".join(f"{k}={quote(v, safe='-_.~')}" for k, v in sorted(query))
        lines = "".join(f"{name}:{named[name]}\n" for name in sorted(named))
        names = ";".join(sorted(named))
        payload = named["x-amz-content-sha256"]
        canonical = f"{method}\n{quote(path)}\n{canonical_query}\n{lines}\n{names}\n{payload}"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + secret).encode()
        for step in scope.split("/"):
            key = hmac.digest(key, step.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        named["authorization"] = (
            f"{aws4.ALGORITHM} Credential={ID}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        target = quote(path) + (f"?{canonical_query}" if query else "")
        return client.raw(method, target, body, named)

    yield send
    client.close()
    server.stop()


def test_object_is_put_read_and_listed_in_the_dialect(s3):
    put = s3("PUT", "/bucket/a/b c", [("x-id", "PutObject")], b"data", x_amz_meta_mtime="1.5", x_amz_acl="private")
    assert put.status == 200
    head = s3("HEAD", "/bucket/a/b c")
    assert (head.headers["x-amz-meta-mtime"], head.headers["x-amz-storage-class"]) == ("1.5", "STANDARD")
    assert s3("GET", "/bucket/a/b c", [("x-id", "GetObject")]).body == b"data"
    assert s3("GET", "/bucket/a/b c", range="bytes=2-100").body == b"ta"
    page = s3("GET", "/bucket", [("list-type", "2"), ("prefix", "a/"), ("delimiter", "/")])
    assert page.text("Contents/Key") == "a/b c"
    assert s3("HEAD", "/bucket").status == 200


def test_upload_by_parts_in_the_dialect(s3):
    upload_id = s3("POST", "/bucket/big", [("uploads", "")], x_amz_storage_class="STANDARD_IA").text("UploadId")
    part = s3("PUT", "/bucket/big", [("partNumber", "1"), ("uploadId", upload_id), ("x-id", "UploadPart")], b"1234")
    body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
    done = s3("POST", "/bucket/big", [("uploadId", upload_id)], f"{body}</CompleteMultipartUpload>".encode())
    assert done.status == 200
    assert s3("HEAD", "/bucket/big").headers["x-amz-storage-class"] == "STANDARD_IA"


def test_wrong_secret_and_signed_chunks_are_refused(s3):
    assert s3("GET", "/bucket/k", secret="other").code == "SignatureDoesNotMatch"
    streamed = s3("PUT", "/bucket/k", body=b"x", x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert streamed.code == "NotImplemented"


def test_dialect_is_refused_unless_it_is_switched_on(client):
    headers = {"Authorization": f"{aws4.ALGORITHM} Credential=x", "Date": str(time.time())}
    assert client.raw("GET", "/bucket/k", b"", headers).code == "InvalidArgument"

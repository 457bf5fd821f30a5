"""Bytes that no client would send: never a crash, never a file elsewhere, an OSS error or the end."""

import os
import random
import socket
from urllib.parse import quote

import pytest

from hdfs2oss.local_oss import Limits
from local_oss.conftest import BUCKET, Client, md5_base64, started
from local_oss.test_wire import Socket, signed

VERBS = [b"GET", b"PUT", b"POST", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"\xff"]
TARGETS = [b"/", b"/bucket", b"/bucket/k", b"/bucket/../../etc/passwd", b"/%2e%2e/%2E%2E", b"*", b"//", b"/bucket/%zz"]
QUERIES = [b"", b"?uploads", b"?append&position=-1", b"?partNumber=0&uploadId=x", b"?delete", b"?versions", b"?&&==&"]
HEADERS = [
    b"Host: 127.0.0.1",
    b"Content-Length: 10",
    b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: chunked",
    b"Expect: 100-continue",
    b"Authorization: OSS x:y",
    b"Authorization: OSS4-HMAC-SHA256 Credential=,Signature=",
    b"Range: bytes=--",
    b"Content-MD5: !",
    b"x-oss-traffic-limit: 0",
    b"x-oss-meta-\x80: \xff\xfe",
    b"Connection: close",
]
BODIES = [b"", b"0123456789", b"zz\r\n", b"A\r\n0123", b"<Delete>", b"<!DOCTYPE a>", b"\x00" * 50]


def stream(source):
    """A request put together from odd pieces, or plain noise, then damaged."""
    if source.random() < 0.2:
        return source.randbytes(source.randrange(300))
    line = b" ".join([source.choice(VERBS), source.choice(TARGETS) + source.choice(QUERIES), b"HTTP/1.1"])
    headers = source.sample(HEADERS, source.randrange(6))
    data = bytearray(b"\r\n".join([line, *headers, b"", source.choice(BODIES)]))
    for _ in range(source.choice([0, 0, 1, 5])):
        data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data)


def fuzz(directory, streams, seed):
    server = started(directory / "oss")
    source = random.Random(seed)
    outside = set(directory.iterdir())
    try:
        for _ in range(streams):
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
                connection.sendall(stream(source))
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                try:
                    while piece := connection.recv(65536):
                        answer += piece
                except ConnectionResetError:
                    pass
            assert not answer or answer.startswith(b"HTTP/1.1 "), answer[:100]
            assert b" 500 " not in answer[:20], answer
        client = Client(server.port)
        assert client.put("still-alive", b"x").status == 200
        assert client.send("GET", "").texts("Contents/Key") == ["still-alive"]
        client.close()
    finally:
        server.stop()
    assert set(directory.iterdir()) == outside


def test_300_odd_streams_leave_the_server_as_it_was(tmp_path):
    fuzz(tmp_path, 300, 1)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_10000_odd_streams_leave_the_server_as_it_was(tmp_path):
    fuzz(tmp_path, 10_000, random.randrange(1 << 30))


@pytest.mark.parametrize(
    "key",
    [
        "../../escape",
        "a/../../../escape",
        "..",
        ".",
        "%2e%2e%2fescape",
        "..%2F..%2Fescape",
        "a//b",
        "c:\\escape",
        "~/escape",
    ],
)
def test_key_that_looks_like_a_path_is_only_a_key(tmp_path, key):
    server = started(tmp_path / "oss")
    client = Client(server.port)
    assert client.put(key, b"x" * 50_000).status == 200
    assert client.get(key).body == b"x" * 50_000
    assert client.send("GET", "").texts("Contents/Key") == [key]
    assert os.listdir(tmp_path) == ["oss"]
    names = {path.name for path in (tmp_path / "oss").rglob("*")}
    assert not [name for name in names if "escape" in name]
    client.close()
    server.stop()


def test_wire_bytes_that_climb_are_decoded_once_and_stay_inside(tmp_path):
    server = started(tmp_path / "oss")
    with Socket(server.port) as wire:
        key = "../../../escape"
        wire.send(
            f"PUT /{BUCKET}/..%2F../%2e%2e/escape HTTP/1.1",
            "Host: h",
            "Content-Length: 1",
            *signed("PUT", f"/{BUCKET}/{key}")[2:],
            body=b"x",
        )
        assert wire.answer()[0] == 200
    assert os.listdir(tmp_path) == ["oss"]
    server.stop()


SELECTORS = [
    "",
    "acl",
    "tagging",
    "symlink",
    "restore",
    "uploads",
    "append",
    "delete",
    "versions",
    "versioning",
    "stat",
]
SELECTORS += ["encryption", "cors", "lifecycle", "policy", "objectMeta", "uploadId", "bucketInfo", "location", "live"]
PARAMETERS = ["position", "partNumber", "versionId", "max-keys", "prefix", "marker", "delimiter", "encoding-type"]
PARAMETERS += ["list-type", "continuation-token", "key-marker", "upload-id-marker", "max-parts", "x-oss-traffic-limit"]
VALUES = [
    "",
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "null",
    "url",
    "2",
    "%C3%A9",
    "%FF",
    "%00",
    "a%2Fb",
    "\u0661",
    "x" * 1100,
]
ODD_HEADERS = [
    "x-oss-copy-source",
    "x-oss-copy-source-range",
    "x-oss-symlink-target",
    "x-oss-tagging",
    "x-oss-object-acl",
]
ODD_HEADERS += ["x-oss-storage-class", "x-oss-hash-crc64ecma", "content-md5", "range", "if-match", "if-modified-since"]
ODD_HEADERS += ["x-oss-metadata-directive", "x-oss-complete-all", "x-oss-forbid-overwrite", "x-oss-range-behavior"]
ODD_VALUES = ["", "x", "/bucket/k", "/bucket/%FF", "/", "bytes=0-", "bytes=5-1", "bytes=-", "=&=&", "0", "-1", "9" * 30]
ODD_VALUES += ["\u00e9", "Sat, 99 Foo 9999 99:99:99 GMT", '"*"', "true", "yes", "standard", "1" * 19, "AAAA", "%00"]
DOCUMENTS = [
    "",
    "x",
    "<",
    "<a/>",
    "<Delete/>",
    "<Delete><Object/></Delete>",
    "<Tagging><TagSet><Tag/></TagSet></Tagging>",
]
DOCUMENTS += ["<CompleteMultipartUpload><Part/></CompleteMultipartUpload>", "<RestoreRequest/>", "[1]", "\ufeff<a/>"]
DOCUMENTS += ["<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", "<a>" * 5000, '{"a": 1}']
DOCUMENTS += ["<RestoreRequest><Days>\u0663</Days></RestoreRequest>", "<a>&b;</a>", "<ServerSideEncryptionRule/>"]


def signed_nonsense(client, source):
    names = [source.choice(SELECTORS), *source.sample(PARAMETERS, source.randrange(3))]
    query = "&".join(f"{name}={source.choice(VALUES)}" if source.random() < 0.7 else name for name in names if name)
    headers = {name: source.choice(ODD_VALUES) for name in source.sample(ODD_HEADERS, source.randrange(3))}
    body = source.choice(DOCUMENTS).encode() if source.random() < 0.6 else b""
    if query.startswith("delete") and "content-md5" not in headers:
        headers["content-md5"] = md5_base64(body)
    key = source.choice(["", "k", "k", "a/b", "\u00e9"])
    method = source.choice(["GET", "PUT", "POST", "DELETE", "HEAD"])
    return client.send(method, key, quote(query, safe="=&%-"), body, **headers)


@pytest.mark.slow
def test_signed_nonsense_is_answered_by_name(tmp_path, caplog):
    server = started(tmp_path, limits=Limits(restore_seconds=0))
    client = Client(server.port)
    source = random.Random(3)
    seen = set()
    for _ in range(1500):
        answer = signed_nonsense(client, source)
        seen.add(answer.status)
        assert answer.status != 500, caplog.text
        if answer.status >= 400 and answer.body:
            assert answer.code
    assert {200, 204, 400, 404, 501} <= seen
    client.close()
    server.stop()

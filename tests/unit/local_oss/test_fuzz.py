"""Bytes that no client would send: never a crash, never a file elsewhere, an OSS error or the end."""

import os
import random
import socket

import pytest

from local_oss.conftest import BUCKET, Client, started
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
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
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

"""What nobody should send, or what no disk can take: the answer names whose fault it is, and the server goes on."""

import os
import subprocess
import sys

import pytest

from local_oss.conftest import BUCKET, ID, SECRET, Client, signature
from local_oss.test_restart import COMMAND
from local_oss.test_wire import PATH, Socket, signed

DAY = "20261121"
LIMITED = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)); {COMMAND}"
ODD = ["²", "9" * 5000, "-1", "", "\x80", "0x10", "1e9", "\ud7ff", "%00"]


@pytest.mark.parametrize("odd", ODD, ids=lambda text: ascii(text[:10]))
def test_claim_of_an_identity_that_makes_no_sense_is_refused_and_is_no_defect(server, odd):
    scope = f"{DAY}/cn-hangzhou/oss/aliyun_v4_request"
    in_bytes = odd.encode("utf-8", "surrogateescape")
    quoted = "".join(f"%{byte:02X}" for byte in in_bytes)
    urls = [
        f"OSSAccessKeyId={ID}&Signature=x&Expires={quoted}",
        f"OSSAccessKeyId={quoted}&Signature={quoted}&Expires=99999999999",
        f"x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential={ID}/{scope}&x-oss-date={quoted}"
        "&x-oss-expires=5&x-oss-signature=x",
        f"x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential={ID}/{scope}&x-oss-date={DAY}T000000Z"
        f"&x-oss-expires={quoted}&x-oss-signature={quoted}",
    ]
    v4 = b"Authorization: OSS4-HMAC-SHA256 Credential=" + ID.encode()
    heads = [
        [b"Authorization: OSS " + ID.encode() + b":" + in_bytes, b"Date: " + in_bytes],
        [v4 + b"/" + scope.encode() + b",Signature=" + in_bytes, b"x-oss-date: " + in_bytes],
        [v4 + b"/" + scope.replace(DAY, "").encode() + b",Signature=x", b"Date: " + in_bytes],
        [v4 + b"/" + in_bytes + b"/cn-hangzhou/oss/aliyun_v4_request,Signature=x", b"Date: " + in_bytes],
    ]
    requests = [(f"{PATH}?{url}", []) for url in urls] + [(PATH, head) for head in heads]
    for path, head in requests:
        head = [*head, b"x-oss-content-sha256: UNSIGNED-PAYLOAD"]
        with Socket(server.port) as wire:
            wire.socket.sendall(b"\r\n".join([f"GET {path} HTTP/1.1".encode(), b"Host: h", *head, b"", b""]))
            assert wire.answer()[0] in (400, 403), (path, head)


@pytest.mark.parametrize("name", ["x-oss-hash-crc64ecma", "x-oss-traffic-limit", "Content-Length"])
@pytest.mark.parametrize("odd", ["²", "9" * 5000])
def test_number_that_is_none_is_refused_wherever_it_stands(server, name, odd):
    with Socket(server.port) as wire:
        head = signature("PUT", PATH, {name: odd})
        lines = [f"{key}: {value}" for key, value in head.items()]
        length = [] if name == "Content-Length" else ["Content-Length: 1"]
        text = "\r\n".join([f"PUT {PATH} HTTP/1.1", "Host: h", *lines, *length, f"{name}: {odd}", "", "x"])
        wire.socket.sendall(text.encode())
        assert wire.answer()[0] == 400


@pytest.mark.parametrize("name", ["à", "x\x85y", "a\xa0b", "中文"], ids=ascii)
def test_key_in_plain_utf8_is_read_as_it_was_sent(server, name):
    client = Client(server.port)
    assert client.put(name, b"raw").status == 200
    client.close()
    with Socket(server.port) as wire:
        lines = signed("GET", f"/{BUCKET}/{name}")
        wire.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        status, _, body = wire.answer()
        assert (status, body) == (200, b"raw")


def test_body_of_a_get_in_chunks_is_not_taken_for_the_next_request(server):
    smuggled = "\r\n".join([*signed("DELETE", PATH), "", ""]).encode()
    with Socket(server.port) as wire:
        wire.send(*signed("PUT", PATH), "Content-Length: 1", body=b"x")
        assert wire.answer()[0] == 200
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(smuggled), smuggled)
        wire.send(*signed("GET", PATH), "Transfer-Encoding: chunked", body=chunk)
        wire.send(*signed("GET", PATH))
        assert [wire.answer()[0] for _ in range(2)] == [200, 200]
    with Socket(server.port) as wire:
        wire.send(*signed("GET", PATH))
        assert wire.answer()[0] == 200


@pytest.fixture
def limited(tmp_path):
    """A server process that may write 1 MiB into a file, and a client of it."""
    environment = os.environ | {"OSS_ACCESS_KEY_ID": ID, "OSS_ACCESS_KEY_SECRET": SECRET}
    command = [sys.executable, "-c", LIMITED, "--dir", str(tmp_path), "--port", "0", "--bucket", BUCKET]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        client = Client(int(process.stdout.readline().rpartition(":")[2]))
        yield process, client
        client.close()
        process.kill()


@pytest.mark.faults
def test_full_disk_is_told_to_the_client_and_does_no_harm_to_what_is_there(limited, tmp_path):
    process, client = limited
    assert client.put("kept", b"first").status == 200
    refused = client.put("large", bytes(3 << 20))
    assert (refused.status, refused.code) == (500, "InternalError")
    assert "File too large" in refused.text("Message")
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    statuses = [client.put(f"inline{number}", bytes(30_000)).status for number in range(60)]
    assert (statuses[0], statuses[-1]) == (200, 500)
    last = statuses.index(500) - 1
    acl = "private"
    for wanted in ["public-read", "private"] * 200:  # until the last page is taken
        if client.send("PUT", "", "acl", x_oss_acl=wanted).status != 200:
            break
        acl = wanted
    assert wanted != acl
    assert client.send("GET", "", "acl").text("AccessControlList/Grant") == acl
    assert (client.get("kept").body, client.get(f"inline{last}").status) == (b"first", 200)
    assert client.get(f"inline{last + 1}").status == 404
    process.terminate()
    assert process.wait(timeout=60) == 0
    warnings = process.stderr.read()
    assert "cannot use the disk" in warnings
    assert "Traceback" not in warnings


def test_change_of_a_bucket_that_is_long_on_its_way_takes_no_other_change_back(empty):
    rule = (
        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>"
    )
    document = f"<ServerSideEncryptionRule>{rule}</ServerSideEncryptionRule>".encode()
    with Socket(empty.port) as wire:
        head = signed("PUT", f"/{empty.bucket}/?encryption")
        wire.send(*head, f"Content-Length: {len(document)}", "Expect: 100-continue")
        assert wire.answer()[0] == 100  # the bucket is looked up, the document is waited for
        assert empty.send("PUT", "", "acl", x_oss_acl="public-read").status == 200
        state = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        assert empty.send("PUT", "", "versioning", state).status == 200
        wire.socket.sendall(document)
        assert wire.answer()[0] == 200
    info = empty.send("GET", "", "bucketInfo")
    rules = [info.text(f"Bucket/{name}") for name in ("AccessControlList/Grant", "Versioning")]
    assert [*rules, info.text("Bucket/ServerSideEncryptionRule/SSEAlgorithm")] == ["public-read", "Enabled", "AES256"]

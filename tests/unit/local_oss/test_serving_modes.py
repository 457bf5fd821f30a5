"""HTTPS, bodies that are forgotten or generated, traffic limits, compression, limits by flag."""

import gzip
import http.client
import os
import ssl
import subprocess
import time

import pytest

from hdfs2oss.local_oss import Limits
from hdfs2oss.local_oss.protocol.shaping import Pace
from hdfs2oss.local_oss.store.synthetic import parse_synthetic
from hdfs2oss.model.errors import UsageError
from hdfs2oss.rules.checksum import crc64
from hdfs2oss.verbs import local_oss
from local_oss.conftest import ID, SECRET, Client, started


def test_forgotten_bodies_are_counted_and_checked_but_not_kept(tmp_path):
    server = started(tmp_path, is_forgetful=True)
    client = Client(server.port)
    body = os.urandom(100_000)
    assert int(client.put("k", body).headers["x-oss-hash-crc64ecma"]) == crc64(body)
    assert client.send("HEAD", "k").headers["content-length"] == "100000"
    assert client.get("k").code == "NotImplemented"
    upload_id = client.initiate("parts")
    tags = [client.part("parts", upload_id, n, body).headers["etag"] for n in (1, 2)]
    done = client.complete("parts", upload_id, *enumerate(tags, 1))
    assert int(done.headers["x-oss-hash-crc64ecma"]) == crc64(body * 2)
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    client.close()
    server.stop()


def test_synthetic_objects_are_listed_and_read_like_others(tmp_path):
    wanted = [parse_synthetic("bucket/bench/part-:3:9M"), parse_synthetic("bucket/empty:1:0")]
    for _ in range(2):  # the second start finds them
        server = started(tmp_path, synthetic=wanted)
        client = Client(server.port)
        keys = client.send("GET", "", "list-type=2").texts("Contents/Key")
        assert keys == [f"bench/part-{n:08d}" for n in range(3)] + ["empty00000000"]
        whole = client.get("bench/part-00000001")
        assert len(whole.body) == 9 << 20
        assert int(whole.headers["x-oss-hash-crc64ecma"]) == crc64(whole.body)
        span = client.get("bench/part-00000002", Range="bytes=8388600-8388620")
        assert span.body == whole.body[8388600:8388621]
        assert client.get("empty00000000").body == b""
        client.close()
        server.stop()


def test_many_synthetic_objects_cost_a_row_each_and_can_be_copied_and_deleted(tmp_path):
    wanted = [parse_synthetic("bucket/many/:100000:1K"), parse_synthetic("bucket/big-:2:1025M")]
    before = time.process_time()
    server = started(tmp_path, synthetic=wanted, limits=Limits())
    assert time.process_time() - before < 2  # some 0.3; one by one they take 5
    client = Client(server.port)
    page = client.send("GET", "", "list-type=2&prefix=many/&start-after=many/00099998")
    assert page.texts("Contents/Key") == ["many/00099999"]
    whole = client.get("many/00000007")
    assert client.put("copy", b"", x_oss_copy_source="/bucket/many/00000007").status == 200
    assert client.send("DELETE", "many/00000007").status == 204
    assert client.get("many/00000008").body == client.get("copy").body == whole.body
    too_large = client.put("copy", b"", x_oss_copy_source="/bucket/big-00000001")
    assert (too_large.status, too_large.code) == (400, "EntityTooLarge")  # what is above 1 GB is copied by parts
    client.close()
    server.stop()


def test_synthetic_objects_in_a_bucket_that_is_not_there_are_a_mistake_with_a_next_step(tmp_path):
    with pytest.raises(UsageError, match="no bucket absent") as caught:
        started(tmp_path, synthetic=[parse_synthetic("absent/p:1:1")])
    assert "--bucket absent" in caught.value.hint


@pytest.mark.parametrize("text", ["bucket", "bucket/p:x:1", "bucket/p:1:1P", "/p:1:1"])
def test_synthetic_that_is_none_is_refused(text):
    with pytest.raises(UsageError):
        parse_synthetic(text)


def test_https_serves_with_the_given_certificate(tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    server = started(tmp_path / "oss", certificate=certificate, certificate_key=key)
    assert server.endpoint == f"https://127.0.0.1:{server.port}"
    client = Client(server.port)
    client.connection = http.client.HTTPSConnection(
        "127.0.0.1", server.port, timeout=10, context=ssl.create_default_context(cafile=certificate)
    )
    body = os.urandom(3_000_000)
    assert client.put("k", body).status == 200
    assert client.get("k").body == body
    client.close()
    plain = Client(server.port)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        plain.get("k")
    plain.close()
    server.stop()
    with pytest.raises(UsageError, match="certificate"):
        started(tmp_path / "oss", certificate=tmp_path / "none.pem")


@pytest.mark.parametrize("limit", ["819199", "838860801", "fast"])
def test_traffic_limit_out_of_bounds_is_refused(client, limit):
    assert client.put("k", b"x", x_oss_traffic_limit=limit).code == "InvalidArgument"


def test_traffic_limit_slows_both_ways(client):
    body = bytes(50_000)
    for send in (client.put, client.get):
        before = time.monotonic()
        arguments = (body,) if send == client.put else ()
        assert send("limited", *arguments, x_oss_traffic_limit="819200").status == 200
        assert time.monotonic() - before > 0.4


def test_pace_waits_for_what_is_due():
    waits, now = [], [0.0]
    pace = Pace(1000, clock=lambda: now[0], sleep=waits.append)
    pace.spend(500)
    now[0] = 0.7
    pace.spend(500)
    assert waits == [0.5, pytest.approx(0.3)]


def test_text_is_compressed_for_who_accepts_it(client):
    text = os.urandom(300_000)
    client.put("text", text, Content_Type="text/plain")
    got = client.get("text", Accept_Encoding="gzip")
    assert (got.headers["content-encoding"], got.headers["transfer-encoding"]) == ("gzip", "chunked")
    assert "content-length" not in got.headers
    assert gzip.decompress(got.body) == text
    assert client.get("text").body == text
    assert client.get("text", Accept_Encoding="gzip", Range="bytes=0-9").body == text[:10]
    client.put("binary", text)
    assert "content-encoding" not in client.get("binary", Accept_Encoding="gzip").headers
    client.put("short", b"x" * 1023, Content_Type="text/plain")
    assert client.get("short", Accept_Encoding="gzip").body == b"x" * 1023


@pytest.mark.parametrize(
    "options",
    [["--limit", "max_colours=3"], ["--limit", "max_parts=many"], ["--faults", "/nowhere"], ["--synthetic", "x"]],
)
def test_option_that_cannot_be_meant_is_refused(tmp_path, monkeypatch, options):
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", ID)
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", SECRET)
    with pytest.raises(UsageError):
        local_oss.run(["--dir", str(tmp_path), "--port", "0", *options])

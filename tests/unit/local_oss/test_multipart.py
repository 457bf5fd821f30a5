import hashlib
import os
import time
from pathlib import Path

import pytest

from hdfs2oss.rules.checksum import crc64
from local_oss.conftest import BUCKET, Client, md5_base64, signature


def test_completed_upload_is_its_parts_in_order_of_number(client):
    parts = {7: os.urandom(50_000), 2: os.urandom(20), 30: b"end"}
    upload_id = client.initiate("whole", x_oss_meta_a="1", x_oss_tagging="t=1")
    tags = {number: client.part("whole", upload_id, number, body).headers["etag"] for number, body in parts.items()}
    assert client.get("whole").status == 404
    done = client.complete("whole", upload_id, *sorted(tags.items()))
    body = b"".join(parts[number] for number in sorted(parts))
    assert int(done.headers["x-oss-hash-crc64ecma"]) == crc64(body)
    joined = "".join(tags[number].strip('"') for number in sorted(tags))
    assert done.text("ETag") == f'"{hashlib.md5(joined.encode()).hexdigest().upper()}-3"'
    got = client.get("whole")
    assert got.body == body
    assert (got.headers["x-oss-object-type"], got.headers["x-oss-meta-a"]) == ("Multipart", "1")
    assert got.headers["x-oss-tagging-count"] == "1"
    assert "content-md5" not in got.headers
    assert client.get("whole", Range="bytes=15-30").body == body[15:31]
    assert client.get("whole", Range="bytes=50010-").body == body[50010:]
    assert client.complete("whole", upload_id, *sorted(tags.items())).code == "NoSuchUpload"


def test_part_uploaded_again_replaces_the_first(client):
    upload_id = client.initiate("again")
    client.part("again", upload_id, 1, b"first")
    second = client.part("again", upload_id, 1, b"second")
    client.complete("again", upload_id, (1, second.headers["etag"]))
    assert client.get("again").body == b"second"


def test_parts_left_out_of_the_list_are_left_out_of_the_object(client):
    upload_id = client.initiate("chosen")
    tags = [client.part("chosen", upload_id, n, bytes([n]) * 20).headers["etag"] for n in (1, 2, 3)]
    client.complete("chosen", upload_id, (1, tags[0]), (3, tags[2]))
    assert client.get("chosen").body == b"\1" * 20 + b"\3" * 20


def test_complete_all_takes_every_part_and_no_body(client):
    upload_id = client.initiate("all")
    for number in (2, 1):
        client.part("all", upload_id, number, bytes([number]) * 20)
    query = f"uploadId={upload_id}"
    assert client.send("POST", "all", query, b"<x/>", x_oss_complete_all="yes").code == "InvalidArgument"
    assert client.send("POST", "all", query, x_oss_complete_all="yes").status == 200
    assert client.get("all").body == b"\1" * 20 + b"\2" * 20


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ([(2, "good"), (1, "good")], "InvalidPartOrder"),
        ([(1, "good"), (1, "good")], "InvalidPartOrder"),
        ([(0, "good")], "InvalidPartOrder"),
        ([(10001, "good")], "InvalidPartOrder"),
        ([(1, "BAD")], "InvalidPart"),
        ([(9, "good")], "InvalidPart"),
        ([(1, "good"), (3, "good"), (4, "good")], "EntityTooSmall"),
        ([], "MalformedXML"),
    ],
)
def test_completion_that_cannot_be_is_refused_and_the_upload_goes_on(client, chosen, code):
    upload_id = client.initiate("picky")
    tags = {}
    for number, body in [(1, b"x" * 20), (2, b"y" * 20), (3, b"small"), (4, b"z")]:
        tags[number] = client.part("picky", upload_id, number, body).headers["etag"]
    named = [(number, tags.get(number, '"NONE"') if tag == "good" else tag) for number, tag in chosen]
    answer = client.complete("picky", upload_id, *named)
    assert (answer.status, answer.code) == (400, code)
    assert client.complete("picky", upload_id, (1, tags[1]), (2, tags[2])).status == 200


@pytest.mark.parametrize("body", ["", "text", "<Other/>", "<CompleteMultipartUpload>", "<a>" * 100_000])
def test_completing_body_that_is_not_the_document_is_malformed(client, body):
    upload_id = client.initiate("malformed")
    assert client.send("POST", "malformed", f"uploadId={upload_id}", body).code == "MalformedXML"


def test_entities_are_not_expanded(client):
    upload_id = client.initiate("bomb")
    body = '<!DOCTYPE x [<!ENTITY a "b">]><CompleteMultipartUpload>&a;</CompleteMultipartUpload>'
    assert client.send("POST", "bomb", f"uploadId={upload_id}", body).code == "MalformedXML"


@pytest.mark.parametrize("number", ["0", "10001", "x", "-1"])
def test_part_number_out_of_bounds_is_refused(client, number):
    upload_id = client.initiate("numbered")
    answer = client.send("PUT", "numbered", f"partNumber={number}&uploadId={upload_id}", b"x")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_upload_of_another_key_is_no_upload(client):
    upload_id = client.initiate("mine")
    assert client.part("yours", upload_id, 1, b"x").code == "NoSuchUpload"
    assert client.part("mine", "0" * 32, 1, b"x").code == "NoSuchUpload"


def test_aborted_upload_is_gone_with_its_parts(client, server):
    before = stored_files(server)
    upload_id = client.initiate("aborted")
    client.part("aborted", upload_id, 1, os.urandom(100_000))
    assert stored_files(server) == before + 1
    assert client.send("DELETE", "aborted", f"uploadId={upload_id}").status == 204
    assert stored_files(server) == before
    assert client.send("DELETE", "aborted", f"uploadId={upload_id}").code == "NoSuchUpload"
    assert client.part("aborted", upload_id, 1, b"x").code == "NoSuchUpload"


def stored_files(server) -> int:
    return sum(path.is_file() for path in (Path(server.directory) / "data").rglob("*"))


def test_overwritten_and_deleted_objects_leave_no_files(client, server):
    before = stored_files(server)
    for body in (os.urandom(100_000), os.urandom(100_001)):
        client.put("heavy", body)
        assert stored_files(server) == before + 1
    client.send("DELETE", "heavy")
    assert stored_files(server) == before


def test_object_overwritten_while_it_is_read_is_read_to_its_end(client, server):
    old = os.urandom(3_900_000)
    client.put("busy", old)
    before = stored_files(server)
    client.connection.request("GET", f"/{BUCKET}/busy", headers=signature("GET", f"/{BUCKET}/busy", {}))
    response = client.connection.getresponse()
    head = response.read(10)
    other = Client(server.port)
    assert other.put("busy", b"new").status == 200
    assert head + response.read() == old
    assert other.get("busy").body == b"new"
    other.close()
    for _ in range(100):  # the server's thread ends the lease after the last byte is sent
        if stored_files(server) == before - 1:
            break
        time.sleep(0.01)
    assert stored_files(server) == before - 1


def test_parts_are_listed_page_by_page(client):
    upload_id = client.initiate("many")
    for number in (1, 2, 5, 9):
        client.part("many", upload_id, number, b"x" * number)
    first = client.send("GET", "many", f"uploadId={upload_id}")
    assert first.texts("Part/PartNumber") == ["1", "2", "5", "9"]
    assert first.text("NextPartNumberMarker") == "9"


def test_copied_part_holds_the_range_that_was_asked(client):
    body = os.urandom(100_000)
    client.put("origin", body)
    upload_id = client.initiate("assembled")
    query = f"partNumber=1&uploadId={upload_id}"
    source = {"x_oss_copy_source": "/bucket/origin"}
    part = client.send("PUT", "assembled", query, **source, x_oss_copy_source_range="bytes=10-60009")
    assert int(part.headers["x-oss-hash-crc64ecma"]) == crc64(body[10:60010])
    beyond = client.send("PUT", "assembled", query, **source, x_oss_copy_source_range="bytes=10-100000")
    assert (beyond.status, beyond.code) == (416, "InvalidRange")
    client.complete("assembled", upload_id, (1, part.text("ETag")))
    assert client.get("assembled").body == body[10:60010]


def test_sequential_upload_takes_parts_in_order_and_has_an_md5(client):
    upload_id = client.send("POST", "ordered", "sequential&uploads").text("UploadId")
    bodies = [os.urandom(60_000), b"second part", b"third part"]
    assert client.part("ordered", upload_id, 2, bodies[1]).code == "PartNotSequential"
    tags = [client.part("ordered", upload_id, n, body).headers["etag"] for n, body in enumerate(bodies, 1)]
    assert client.part("ordered", upload_id, 1, bodies[0]).code == "PartNotSequential"
    assert client.complete("ordered", upload_id, *enumerate(tags, 1)).status == 200
    assert client.get("ordered").headers["content-md5"] == md5_base64(b"".join(bodies))

import base64
import hashlib
import hmac
import os
import socket
from email.utils import formatdate
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from hdfs2oss.rules.checksum import crc64
from local_oss.conftest import BUCKET, ID, SECRET, SMALL_PARTS, md5_base64, signature

SIZES = [0, 1, 1000, SMALL_PARTS.max_inline_bytes, SMALL_PARTS.max_inline_bytes + 1, 3_000_000]
NAMES = [
    "plain",
    "dir/inner",
    "..",
    "../../etc/passwd",
    "a/../b",
    "a//b",
    "per%2Fcent",
    "q?u=e&s#t",
    "blank s+plus",
    "über/日本語",
    "control\x01\x0c",
    "newline\nreturn\r",
    "<&>\"'",
    "x" * 1023,
    "dir/",
]


@pytest.mark.parametrize("size", SIZES)
def test_object_comes_back_as_it_was_put(client, size):
    body = os.urandom(size)
    put = client.put("sized", body)
    assert put.status == 200
    assert put.headers["etag"] == f'"{hashlib.md5(body).hexdigest().upper()}"'
    assert int(put.headers["x-oss-hash-crc64ecma"]) == crc64(body)
    assert put.headers["content-md5"] == md5_base64(body)
    got = client.get("sized")
    assert (got.status, got.body) == (200, body)
    assert got.headers["x-oss-object-type"] == "Normal"
    for name in ("etag", "x-oss-hash-crc64ecma", "content-md5"):
        assert got.headers[name] == put.headers[name]


@pytest.mark.parametrize("name", NAMES)
def test_any_legal_key_is_stored_and_listed_as_itself(empty, name):
    assert empty.put(name, b"data").status == 200
    assert empty.get(name).body == b"data"
    listed = empty.send("GET", "", "list-type=2&encoding-type=url")
    assert [unquote(key) for key in listed.texts("Contents/Key")] == [name]


@pytest.mark.parametrize("name", ["x" * 1024, "/leading", "\\leading", "日" * 342])
def test_illegal_key_is_refused(client, name):
    answer = client.put(name, b"data")
    assert (answer.status, answer.code) == (400, "InvalidObjectName")


@pytest.mark.parametrize("name", ["ab", "UPPER", "-begin", "end-", "under_score", "x" * 64])
def test_illegal_bucket_name_is_refused(client, name):
    client.bucket = name
    assert client.send("PUT", "").code == "InvalidBucketName"


def test_absent_object_and_bucket_are_told_apart_also_by_head(client):
    assert (client.get("absent").status, client.get("absent").code) == (404, "NoSuchKey")
    head = client.send("HEAD", "absent")
    error = ElementTree.fromstring(base64.b64decode(head.headers["x-oss-err"]))
    assert (head.status, head.body, error.findtext("Code")) == (404, b"", "NoSuchKey")
    assert error.findtext("EC") == head.headers["x-oss-ec"] == "0026-00000001"
    client.bucket = "no-such-bucket"
    assert client.get("absent").code == "NoSuchBucket"


def test_every_answer_names_the_server_and_a_request_id(client):
    ids = set()
    for answer in (client.put("k"), client.get("k"), client.get("absent"), client.send("DELETE", "k")):
        assert answer.headers["server"] == "AliyunOSS"
        ids.add(answer.headers["x-oss-request-id"])
    assert len(ids) == 4
    assert all(len(name) == 24 and set(name) <= set("0123456789ABCDEF") for name in ids)


def test_body_that_is_not_what_its_checksums_say_is_refused_and_not_stored(client):
    for headers, code in [
        ({"Content_MD5": md5_base64(b"other")}, "InvalidDigest"),
        ({"Content_MD5": "no digest"}, "InvalidDigest"),
        ({"x_oss_hash_crc64ecma": str(crc64(b"other"))}, "InvalidCRC64"),
        ({"x_oss_hash_crc64ecma": "text"}, "InvalidArgument"),
    ]:
        answer = client.put("corrupt", b"data", **headers)
        assert (answer.status, answer.code) == (400, code)
        assert client.get("corrupt").status == 404
    good = {"Content_MD5": md5_base64(b"data"), "x_oss_hash_crc64ecma": str(crc64(b"data"))}
    assert client.put("sound", b"data", **good).status == 200


@pytest.mark.parametrize(
    ("asked", "behaviour", "expected"),
    [
        ("bytes=0-0", "", (206, b"0", "bytes 0-0/10")),
        ("bytes=2-5", "", (206, b"2345", "bytes 2-5/10")),
        ("bytes=7-", "", (206, b"789", "bytes 7-9/10")),
        ("bytes=-3", "", (206, b"789", "bytes 7-9/10")),
        ("bytes=-10", "", (206, b"0123456789", "bytes 0-9/10")),
        ("bytes=0-10", "", (200, b"0123456789", None)),
        ("bytes=10-12", "", (200, b"0123456789", None)),
        ("bytes=10-", "", (200, b"0123456789", None)),
        ("bytes=-11", "", (200, b"0123456789", None)),
        ("bytes=5-2", "", (200, b"0123456789", None)),
        ("bytes=1-2,4-5", "", (200, b"0123456789", None)),
        ("bytes=-", "", (200, b"0123456789", None)),
        ("nonsense", "", (200, b"0123456789", None)),
        ("bytes=8-10", "standard", (206, b"89", "bytes 8-9/10")),
        ("bytes=-11", "standard", (206, b"0123456789", "bytes 0-9/10")),
        ("bytes=10-12", "standard", (416, None, "bytes */10")),
        ("bytes=-0", "standard", (416, None, "bytes */10")),
        ("nonsense", "standard", (200, b"0123456789", None)),
    ],
)
def test_range_follows_the_services_rule(client, asked, behaviour, expected):
    client.put("digits", b"0123456789")
    answer = client.get("digits", Range=asked, **({"x_oss_range_behavior": behaviour} if behaviour else {}))
    status, body, content_range = expected
    assert (answer.status, answer.headers.get("content-range")) == (status, content_range)
    assert body is None or answer.body == body
    assert body is not None or answer.code == "InvalidRange"


def test_range_of_an_empty_object_is_the_whole_or_nothing(client):
    client.put("nothing")
    assert client.get("nothing", Range="bytes=0-").status == 200
    assert client.get("nothing", Range="bytes=0-", x_oss_range_behavior="standard").status == 416


def test_conditions_are_honoured(client):
    etag = client.put("conditional", b"data").headers["etag"]
    past, future = "Thu, 01 Jan 2015 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    for headers, status in [
        ({"If_Match": etag}, 200),
        ({"If_Match": '"OTHER"'}, 412),
        ({"If_None_Match": etag}, 304),
        ({"If_None_Match": '"OTHER"'}, 200),
        ({"If_Modified_Since": past}, 200),
        ({"If_Modified_Since": future}, 304),
        ({"If_Unmodified_Since": past}, 412),
        ({"If_Unmodified_Since": future}, 200),
        ({"If_Modified_Since": "not a date"}, 200),
    ]:
        assert client.get("conditional", **headers).status == status, headers
        assert client.send("HEAD", "conditional", **headers).status == status, headers
    refused = client.put("conditional", b"x", If_None_Match="*")
    assert (refused.status, refused.code) == (400, "NotImplemented")


def test_metadata_and_standard_headers_come_back(client):
    client.put(
        "described", b"x", x_oss_meta_Mtime="12", Content_Type="text/x", Cache_Control="no-cache", Expires="soon"
    )
    headers = client.send("HEAD", "described").headers
    assert headers["x-oss-meta-mtime"] == "12"
    assert (headers["content-type"], headers["cache-control"], headers["expires"]) == ("text/x", "no-cache", "soon")
    override = client.send("GET", "described", "response-content-type=a/b")
    assert override.headers["content-type"] == "a/b"


def test_metadata_bytes_that_some_parsers_take_for_line_ends_survive(client):
    value = "a\u0085b\u2028c Å".encode()
    date = formatdate(usegmt=True)
    text = b"PUT\n\n\n" + date.encode() + b"\nx-oss-meta-name:" + value + b"\n/bucket/odd"
    digest = base64.b64encode(hmac.digest(SECRET.encode(), text, "sha1")).decode()
    headers = {"Date": date, "Authorization": f"OSS {ID}:{digest}", "x-oss-meta-name": value.decode("latin-1")}
    assert client.raw("PUT", "/bucket/odd", b"x", headers).status == 200
    with socket.create_connection(("127.0.0.1", client.port)) as connection:
        request = ["HEAD /bucket/odd HTTP/1.1", "Host: h", "Connection: close"]
        request += [f"{name}: {content}" for name, content in signature("HEAD", "/bucket/odd", {}).items()]
        connection.sendall("\r\n".join([*request, "", ""]).encode())
        with connection.makefile("rb") as stream:
            answer = stream.read()
    assert b"x-oss-meta-name: " + value + b"\r\n" in answer


@pytest.mark.parametrize(
    "headers",
    [
        {"x_oss_meta_a": "v" * 8192},
        {"x-oss-meta-under_score": "v"},
        {"x_oss_storage_class": "Marble"},
        {"x_oss_object_acl": "everybody"},
        {"x_oss_server_side_encryption": "ROT13"},
        {"x_oss_tagging": "&".join(f"k{n}=v" for n in range(11))},
        {"x_oss_tagging": "k=1&k=2"},
        {"x_oss_tagging": "k=%25"},
        {"x_oss_tagging": "=v"},
    ],
)
def test_attributes_out_of_bounds_are_refused(client, headers):
    if "x-oss-meta-under_score" in headers:
        signed = headers | signature("PUT", f"/{BUCKET}/bad", headers)
        answer = client.raw("PUT", f"/{BUCKET}/bad", b"x", signed)
    else:
        answer = client.put("bad", b"x", **headers)
    assert answer.status == 400
    assert client.get("bad").status == 404


def test_largest_metadata_is_accepted(client):
    assert client.put("full", b"", x_oss_meta_a="v" * (8192 - len("x-oss-meta-a"))).status == 200


def test_encryption_and_storage_class_are_echoed(client):
    put = client.put("sealed", b"x", x_oss_server_side_encryption="AES256", x_oss_storage_class="IA")
    head = client.send("HEAD", "sealed")
    assert put.headers["x-oss-server-side-encryption"] == head.headers["x-oss-server-side-encryption"] == "AES256"
    assert head.headers["x-oss-storage-class"] == "IA"


def test_frozen_object_can_be_looked_at_but_not_read(client):
    client.put("frozen", b"x", x_oss_storage_class="ColdArchive")
    assert client.send("HEAD", "frozen").status == 200
    assert (client.get("frozen").status, client.get("frozen").code) == (403, "InvalidObjectState")


def test_forbid_overwrite_keeps_the_object_that_is_there(client):
    client.put("first", b"one")
    second = client.put("first", b"two", x_oss_forbid_overwrite="true")
    assert (second.status, second.code) == (409, "FileAlreadyExists")
    assert client.get("first").body == b"one"


def test_body_larger_than_the_limit_is_refused(client):
    answer = client.put("huge", bytes(SMALL_PARTS.max_put_bytes + 1))
    assert (answer.status, answer.code) == (400, "EntityTooLarge")
    assert client.get("huge").status == 404


def test_append_grows_an_object_with_the_checksum_of_the_whole(client):
    client.send("DELETE", "log")
    first = client.send("POST", "log", "append&position=0", b"one", x_oss_meta_a="1")
    assert first.headers["x-oss-next-append-position"] == "3"
    big = os.urandom(100_000)
    second = client.send("POST", "log", "append&position=3", big)
    assert int(second.headers["x-oss-hash-crc64ecma"]) == crc64(b"one" + big)
    got = client.get("log")
    assert got.body == b"one" + big
    assert (got.headers["x-oss-object-type"], got.headers["x-oss-meta-a"]) == ("Appendable", "1")
    assert client.send("POST", "log", "append&position=100003", b"", x_oss_tagging="k=%25").status == 200
    late = client.send("POST", "log", "append&position=3", b"x")
    assert (late.status, late.code) == (409, "PositionNotEqualToLength")
    assert late.headers["x-oss-next-append-position"] == "100003"
    client.put("normal", b"x")
    assert client.send("POST", "normal", "append&position=1", b"x").code == "ObjectNotAppendable"


@pytest.mark.parametrize("size", [10, 100_000])
def test_copy_shares_bytes_and_checksums_and_outlives_its_source(client, size):
    body = os.urandom(size)
    put = client.put("original", body, x_oss_meta_a="1", x_oss_tagging="t=1")
    copied = client.put("copy", b"", x_oss_copy_source="/bucket/original")
    assert copied.text("ETag") == put.headers["etag"]
    client.send("DELETE", "original")
    got = client.get("copy")
    assert (got.body, got.headers["x-oss-meta-a"], got.headers["x-oss-tagging-count"]) == (body, "1", "1")
    assert got.headers["x-oss-hash-crc64ecma"] == put.headers["x-oss-hash-crc64ecma"]


def test_copy_onto_itself_replaces_metadata_only(client):
    client.put("same", b"data", x_oss_meta_a="1")
    source = {"x_oss_copy_source": "/bucket/same", "x_oss_metadata_directive": "REPLACE"}
    assert client.put("same", b"", x_oss_meta_b="2", **source).status == 200
    got = client.get("same")
    assert (got.body, got.headers.get("x-oss-meta-a"), got.headers["x-oss-meta-b"]) == (b"data", None, "2")


def test_copy_conditions_and_missing_sources_are_refused(client):
    etag = client.put("source", b"x").headers["etag"]

    def copy(source, **headers):
        return client.put("target", b"", x_oss_copy_source=source, **headers)

    assert copy("/bucket/source", x_oss_copy_source_if_match='"OTHER"').status == 412
    assert copy("/bucket/source", x_oss_copy_source_if_none_match=etag).status == 304
    assert copy("/bucket/nowhere").code == "NoSuchKey"
    assert copy("/no-such-bucket/source").code == "NoSuchBucket"
    assert copy("/bucket").code == "InvalidArgument"
    assert copy("/bucket/source?versionId=abc").code == "InvalidArgument"


def test_symlink_serves_its_target(client):
    client.put("aim", b"data", x_oss_meta_a="target")
    assert client.send("PUT", "link", "symlink", x_oss_symlink_target="aim", x_oss_meta_a="link").status == 200
    got = client.get("link")
    assert (got.body, got.headers["x-oss-object-type"], got.headers["x-oss-meta-a"]) == (b"data", "Symlink", "link")
    assert client.send("GET", "link", "symlink").headers["x-oss-symlink-target"] == "aim"
    assert client.send("GET", "aim", "symlink").code == "NotSymlink"
    client.send("DELETE", "aim")
    assert client.get("link").code == "SymlinkTargetNotExist"
    assert client.send("HEAD", "link").status == 404


def test_delete_of_what_is_not_there_succeeds(client):
    assert client.send("DELETE", "never-was").status == 204


def delete_many(client, body, **headers):
    headers.setdefault("Content_MD5", md5_base64(body))
    return client.send("POST", "", "delete", body, **headers)


def test_batch_delete_needs_its_digest_and_takes_control_characters(client):
    for key in ("one", "two\x0c", "a&b"):
        client.put(key)
    keys = "".join(f"<Object><Key>{key}</Key></Object>" for key in ("one", "two\x0c", "a&amp;b", "absent"))
    body = f"<Delete><Quiet>false</Quiet>{keys}</Delete>".encode()
    assert client.send("POST", "", "delete", body).code == "MissingArgument"
    assert delete_many(client, body, Content_MD5=md5_base64(b"other")).code == "InvalidDigest"
    assert client.get("one").status == 200
    deleted = delete_many(client, body)
    assert deleted.body.count(b"<Deleted>") == 4
    assert [client.get(key).status for key in ("one", "two\x0c", "a&b")] == [404, 404, 404]
    quiet = delete_many(client, b"<Delete><Quiet>true</Quiet><Object><Key>one</Key></Object></Delete>")
    assert (quiet.status, quiet.body) == (200, b"")


def test_tags_are_put_counted_and_taken_off(client):
    client.put("tagged", b"x", x_oss_tagging="a=1&b=x+y%2F%C3%A9")
    assert client.send("HEAD", "tagged").headers["x-oss-tagging-count"] == "2"
    assert client.send("GET", "tagged", "tagging").texts("TagSet/Tag/Value") == ["1", "x y/é"]
    body = "<Tagging><TagSet><Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>"
    assert client.send("PUT", "tagged", "tagging", body).status == 200
    assert client.send("GET", "tagged", "tagging").texts("TagSet/Tag/Key") == ["c"]
    assert client.send("DELETE", "tagged", "tagging").status == 204
    assert "x-oss-tagging-count" not in client.send("HEAD", "tagged").headers
    assert client.send("PUT", "nothing-there", "tagging", body).code == "NoSuchKey"


@pytest.mark.parametrize(
    ("method", "key", "query"),
    [
        ("GET", "k", "x-oss-process=image/resize"),
        ("GET", "", "worm"),
        ("PUT", "", "inventory"),
        ("PUT", "k", "live"),
        ("POST", "k", "x-oss-async-process"),
        ("PUT", "k", "acl&tagging"),
    ],
)
def test_operation_that_is_not_served_says_so(client, method, key, query):
    answer = client.send(method, key, query)
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_unknown_method_is_not_allowed(client):
    assert client.send("PATCH", "k").code == "MethodNotAllowed"


def test_copy_source_is_percent_encoded_once(client):
    for key, written in {"a%2Fb": "a%252Fb", "a/b c": "a/b%20c", "数+据": "%E6%95%B0+%E6%8D%AE"}.items():
        client.put(key, key.encode())
        assert client.put("copied", b"", x_oss_copy_source=f"/{BUCKET}/{written}").status == 200
        assert client.get("copied").body == key.encode()


def test_copy_does_not_replace_what_it_was_told_to_leave(client):
    client.put("source", b"new")
    client.put("there", b"old")
    refused = client.put("there", b"", x_oss_copy_source=f"/{BUCKET}/source", x_oss_forbid_overwrite="true")
    assert refused.code == "FileAlreadyExists"
    assert client.get("there").body == b"old"

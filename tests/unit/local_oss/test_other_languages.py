"""What clients of other languages send, made by hand: each was once answered in a way that they cannot use."""

import hashlib
import hmac
import time
from email.utils import formatdate
from urllib.parse import quote

import pytest

from local_oss.conftest import BUCKET, ID, SECRET, md5_base64, signature
from local_oss.test_wire import PATH, Socket, signed

REGION = "cn-hangzhou"


def v4(method, path, headers, date_header="Date", moment=None, day="", additional=""):
    """Headers of a request with a V4 signature, by the book, dated by the header named."""
    moment = time.time() if moment is None else moment
    date = (
        time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
        if date_header != "Date"
        else formatdate(moment, usegmt=True)
    )
    day = day or time.strftime("%Y%m%d", time.gmtime(moment))
    named = headers | {date_header: date, "x-oss-content-sha256": "UNSIGNED-PAYLOAD"}
    lower = {name.lower(): value for name, value in named.items()}
    lines = "".join(
        f"{name}:{lower[name]}\n"
        for name in sorted(lower)
        if name.startswith("x-oss-") or name in ("content-type", "content-md5") or name in additional.split(";")
    )
    bare, _, query = path.partition("?")
    canonical = f"{method}\n{quote(bare)}\n{query}\n{lines}\n{additional}\nUNSIGNED-PAYLOAD"
    scope = f"{day}/{REGION}/oss/aliyun_v4_request"
    text = f"OSS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"aliyun_v4{SECRET}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    claim = f"Credential={ID}/{scope},Signature={hmac.digest(key, text.encode(), 'sha256').hex()}"
    claim += f",AdditionalHeaders={additional}" if additional else ""
    return named | {"Authorization": f"OSS4-HMAC-SHA256 {claim}"}


@pytest.mark.parametrize("date_header", ["Date", "x-oss-date"])
def test_v4_request_may_be_dated_by_either_header(client, date_header):
    assert client.raw("PUT", PATH, b"v4", v4("PUT", PATH, {}, date_header)).status == 200
    assert client.raw("GET", PATH, b"", v4("GET", PATH, {}, date_header)).body == b"v4"


def test_v4_day_is_that_of_the_date_in_utc(client):
    wrong = client.raw("GET", PATH, b"", v4("GET", PATH, {}, day="20260101"))
    assert (wrong.status, wrong.code) == (403, "AccessDenied")
    late = client.raw("GET", PATH, b"", v4("GET", PATH, {}, moment=time.time() - 1000))
    assert late.code == "RequestTimeTooSkewed"


def test_v4_header_that_is_named_but_absent_is_a_mistake_and_no_wrong_key(client):
    client.put("wire", b"x")
    assert client.raw("GET", PATH, b"", v4("GET", PATH, {"range": "bytes=0-0"}, additional="range")).body == b"x"
    absent = client.raw("GET", PATH, b"", v4("GET", PATH, {}, additional="host-id;range"))
    assert (absent.status, absent.code, absent.text("ArgumentValue")) == (400, "InvalidArgument", "host-id")


def endpoints(answer):
    names = ("ExtranetEndpoint", "IntranetEndpoint")
    return {text for name in names for text in answer.texts(f".//{name}")}


def test_endpoints_name_this_server_as_it_was_reached(server, client):
    here = f"127.0.0.1:{server.port}"
    service = client.raw("GET", "/", b"", signature("GET", "/", {}))
    assert endpoints(service) == {here}
    assert endpoints(client.send("GET", "", "bucketInfo")) == {here}
    head = signature("GET", f"/{BUCKET}/?bucketInfo", {})
    for host, endpoint in ((f"{BUCKET}.localhost:81", "localhost:81"), ("oss.local:82", "oss.local:82")):
        path = "/?bucketInfo" if host.startswith(BUCKET) else f"/{BUCKET}/?bucketInfo"
        assert endpoints(client.raw("GET", path, b"", head | {"Host": host})) == {endpoint}


def test_put_that_stores_no_body_needs_no_length(server, client):
    client.put("wire", b"x")
    with Socket(server.port) as wire:
        wire.send(*signed("PUT", f"/{BUCKET}/copied", x_oss_copy_source=f"/{BUCKET}/wire"))
        assert wire.answer()[0] == 200
        wire.send(*signed("PUT", f"/{BUCKET}/link?symlink", x_oss_symlink_target="wire"))
        assert wire.answer()[0] == 200
        wire.send(*signed("PUT", f"{PATH}?acl", x_oss_object_acl="private"))
        assert wire.answer()[0] == 200
        upload = client.initiate("parts")
        part = f"/{BUCKET}/parts?partNumber=1&uploadId={upload}"
        wire.send(*signed("PUT", part, x_oss_copy_source=f"/{BUCKET}/wire"))
        assert wire.answer()[0] == 200
    assert (client.get("copied").body, client.get("link").body) == (b"x", b"x")


def test_put_that_stores_a_body_needs_its_length_and_is_told_so_once_it_is_known_who_asks(server, client):
    client.put("wire", b"before")
    upload = client.initiate("wire")
    for lines in (signed("PUT", PATH), signed("PUT", f"{PATH}?partNumber=1&uploadId={upload}")):
        with Socket(server.port) as wire:
            wire.send(*lines)
            status, headers, body = wire.answer()
            assert (status, b"MissingContentLength" in body, headers["connection"]) == (411, True, "close")
    with Socket(server.port) as wire:
        wire.send(f"PUT {PATH} HTTP/1.1", "Host: h")
        assert wire.answer()[0] == 403
    assert client.get("wire").body == b"before"


def delete(client, *keys):
    body = f"<Delete>{''.join(f'<Object><Key>{key}</Key></Object>' for key in keys)}</Delete>".encode()
    return client.send("POST", "", "delete", body, Content_MD5=md5_base64(body))


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("&#x0C;", "\x0c"),
        ("&#012;", "\x0c"),
        ("&#x1f;", "\x1f"),
        ("&#1;", "\x01"),
        ("\x0c", "\x0c"),
        ("<![CDATA[&#12;]]>", "&#12;"),
        ("&amp;#12;", "&#12;"),
        ("\uf70c", "\uf70c"),
        ("\uf8ff\u240c", "\uf8ff\u240c"),
        ("&#xf8ff;&#x240c;", "\uf8ff\u240c"),
    ],
    ids=ascii,
)
def test_key_in_a_document_means_the_characters_it_is_written_with(empty, written, key):
    for name in (f"a{key}", "a\x0c", "a&#12;"):
        assert empty.put(name, b"").status == 200
    assert delete(empty, f"a{written}").status == 200
    left = {"a\x0c", "a&#12;"} - {f"a{key}"}
    assert {name for name in (f"a{key}", "a\x0c", "a&#12;") if empty.get(name).status == 200} == left


@pytest.mark.parametrize("written", ["&#0;", "&#x00;", "\0", "&#xD800;", "&#;", "&#x;", "&#99999999;", "&nothing;"])
def test_document_that_holds_no_character_there_is_malformed(empty, written):
    assert delete(empty, f"a{written}").code == "MalformedXML"


def test_sequential_beside_an_upload_id_is_a_parameter_without_effect(client):
    upload = client.send("POST", "seq", "sequential&uploads").text("UploadId")
    part = client.send("PUT", "seq", f"partNumber=1&sequential&uploadId={upload}", b"x")
    named = f"<Part><PartNumber>1</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
    body = f"<CompleteMultipartUpload>{named}</CompleteMultipartUpload>"
    assert client.send("POST", "seq", f"sequential&uploadId={upload}", body).status == 200
    other = client.send("POST", "seq", "sequential&uploads").text("UploadId")
    assert client.send("DELETE", "seq", f"sequential&uploadId={other}").status == 204


def test_part_is_answered_with_its_md5(client):
    assert client.part("k", client.initiate("k"), 1, b"part").headers["content-md5"] == md5_base64(b"part")


def acl_of(client, key):
    return client.send("GET", key, "acl").text("AccessControlList/Grant")


def test_completion_and_append_may_set_the_acl(client):
    for given, acl in (({}, "private"), ({"x_oss_object_acl": "public-read"}, "public-read")):
        upload = client.initiate("acl", x_oss_object_acl="private")
        etag = client.part("acl", upload, 1, b"x").headers["etag"]
        assert client.complete("acl", upload, (1, etag), x_oss_object_acl="open").status == 400
        assert client.complete("acl", upload, (1, etag), **given).status == 200
        assert acl_of(client, "acl") == acl
    client.send("POST", "log", "append&position=0", b"a", x_oss_object_acl="private", x_oss_meta_a="1")
    client.send("POST", "log", "append&position=1", b"b", x_oss_meta_a="2")
    assert acl_of(client, "log") == "private"
    client.send("POST", "log", "append&position=2", b"c", x_oss_object_acl="public-read", x_oss_meta_a="2")
    assert (acl_of(client, "log"), client.get("log").headers["x-oss-meta-a"]) == ("public-read", "1")


@pytest.mark.parametrize("is_all", [False, True])
def test_upload_without_parts_becomes_an_empty_object(client, is_all):
    upload = client.initiate("none")
    if is_all:
        done = client.send("POST", "none", f"uploadId={upload}", x_oss_complete_all="yes")
    else:
        done = client.complete("none", upload)
    assert done.status == 200
    got = client.get("none")
    assert (got.body, got.headers["x-oss-object-type"], got.headers["etag"][-3:]) == (b"", "Multipart", '-0"')
    assert got.headers["x-oss-hash-crc64ecma"] == "0"


def test_upload_with_parts_of_which_none_is_named_is_malformed_and_stays(client):
    upload = client.initiate("some")
    etag = client.part("some", upload, 1, b"x").headers["etag"]
    refused = client.complete("some", upload)
    assert (refused.status, refused.code) == (400, "MalformedXML")
    assert client.complete("some", upload, (1, etag)).status == 200


def test_seal_is_refused_in_a_way_that_nobody_tries_again(client):
    client.send("POST", "log2", "append&position=0", b"a")
    answer = client.send("POST", "log2", "position=1&seal")
    assert (answer.status, answer.code, answer.text("EC")) == (400, "OperationNotSupported", "0016-00000513")
    assert answer.text("Message") == "SealAppendable is not supported."


@pytest.mark.parametrize("query", ["", "?acl"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_v1_bucket_request_without_a_slash_may_be_signed_either_way(client, slash, query):
    path = f"/{BUCKET}{query}"
    assert client.raw("GET", path, b"", signature("GET", f"/{BUCKET}{slash}{query}", {})).status == 200
    with_slash = f"/{BUCKET}/{query}"
    assert client.raw("GET", with_slash, b"", signature("GET", path, {})).status == 403


def test_every_error_has_its_number(client):
    nobody = "0" * 32
    missing = f"uploadId={nobody}"
    body = "<CompleteMultipartUpload/>"
    client.put("k", b"x")
    client.send("POST", "log3", "append&position=0", b"a")
    upload = client.initiate("k")
    client.part("k", upload, 1, b"x")
    callback = "eyJjYWxsYmFja1VybCI6Imh0dHA6Ly9oIn0="  # {"callbackUrl":"http://h"}
    copy = {"x_oss_copy_source": f"/{BUCKET}/k"}
    unknown = signature("GET", PATH, {})
    unknown["Authorization"] = unknown["Authorization"].replace(ID, "nobody")
    answers = {
        "0042-00000104": client.send("PUT", "k", f"partNumber=1&{missing}", b"x"),
        "0042-00000311": client.send("PUT", "k", f"partNumber=1&{missing}", **copy),
        "0042-00000002": client.send("DELETE", "k", missing),
        "0002-00000902": client.raw("GET", PATH, b"", unknown),
        "0042-00000216": client.send("POST", "k", f"uploadId={upload}", body, x_oss_complete_all="yes"),
        "0042-00000205": client.send("POST", "k", f"uploadId={upload}", "<Complete"),
        "0007-00000203": client.put("called", b"x", x_oss_callback=callback),
        "0026-00000016": client.send("POST", "log3", "append&position=9", b"x"),
        "0015-00000301": client.send("DELETE", ""),
        "0015-00000104": client.send("PUT", "", x_oss_storage_class="IA"),
        "0016-00000702": client.send("POST", "k", "restore"),
        "0026-00000001": client.get("absent"),
        "0000-00000416": client.get("k", Range="bytes=7-", x_oss_range_behavior="standard"),
    }
    for number, answer in answers.items():
        assert (answer.headers["x-oss-ec"], answer.text("EC")) == (number, number)
    message = "Should not speficy both complete all header and http body."
    assert answers["0042-00000216"].text("Message") == message
    assert client.send("HEAD", "absent").headers["x-oss-ec"] == "0026-00000001"

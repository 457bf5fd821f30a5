"""What OssFileSystem does when the store, or the way to it, fails."""

import base64
import threading

import pytest

from hdfs2oss.filesystems.base import OpenUpload
from hdfs2oss.filesystems.body import body_of
from hdfs2oss.model.errors import (
    AlreadyExists,
    AuthenticationFailed,
    CorruptData,
    NotFound,
    PermissionDenied,
    StoreError,
    SurveyError,
    Throttled,
    Unreachable,
)
from hdfs2oss.model.values import StoredPart
from hdfs2oss.rules.checksum import crc64

from .scripted_store import Answer, ScriptedStore, error

DATA = b"0123456789" * 1000
CRC = {"x-oss-hash-crc64ecma": str(crc64(DATA)), "ETag": '"E"'}
STORED = Answer(200, headers=CRC)
DAMAGED = Answer(200, headers={"x-oss-hash-crc64ecma": "1", "ETag": '"D"'})
UNVERSIONED = Answer(200, b"<VersioningConfiguration></VersioningConfiguration>")


@pytest.mark.parametrize(
    "failure",
    [
        error(500, "InternalError"), error(503, "ServiceUnavailable"), error(429, "TooManyRequests"),
        error(400, "RequestTimeout"), error(408, ""), error(400, "InvalidDigest"), error(400, "IncompleteBody"),
        Answer(0), Answer(200, headers={"x-oss-hash-crc64ecma": "1"}),
    ],
    ids=["500", "503", "429", "RequestTimeout", "408", "InvalidDigest", "IncompleteBody", "hung up", "wrong crc"],
)  # fmt: skip
def test_a_write_is_sent_again_after_what_may_pass(failure: Answer) -> None:
    with ScriptedStore(failure, failure, STORED) as store:
        stored = store.open().put("/file", DATA, "", {})
    assert (stored.length, stored.crc64) == (len(DATA), crc64(DATA))
    assert [request.body for request in store.requests] == [DATA] * 3


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (error(403, "AccessDenied"), PermissionDenied), (error(409, "FileImmutable"), PermissionDenied),
        (error(409, "FileAlreadyExists"), AlreadyExists), (error(400, "InvalidArgument"), StoreError),
        (error(404, "NoSuchKey"), NotFound), (error(403, "InvalidObjectState"), PermissionDenied),
        (Answer(302, b"elsewhere"), StoreError),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_write_is_not_sent_again_after_what_stays(failure: Answer, kind: type[StoreError]) -> None:
    with ScriptedStore(failure) as store, pytest.raises(kind) as caught:
        store.open().put("/dir/file", DATA, "", {})
    assert len(store.requests) == 1
    assert "/dir/file" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_write_that_always_arrives_damaged_is_corrupt_data() -> None:
    with ScriptedStore(Answer(200, headers={"x-oss-hash-crc64ecma": "1"})) as store, pytest.raises(CorruptData):
        store.open().put("/file", DATA, "", {})


def test_the_delay_that_the_store_names_is_kept() -> None:
    with (
        ScriptedStore(error(503, "TotalQpsLimitExceeded", x_oss_qos_delay_time="1500")) as store,
        pytest.raises(Throttled) as caught,
    ):
        store.open()._client.request("write /file", "PUT", "file", data=b"")
    assert caught.value.delay_seconds == 1.5


def test_an_error_told_in_the_header_of_a_head_is_understood() -> None:
    body = b"<Error><Code>NoSuchBucket</Code></Error>"
    opened = ScriptedStore(Answer(404, headers={"x-oss-err": base64.b64encode(body).decode()}))
    with opened as store, pytest.raises(NotFound, match="the bucket lake does not exist"):
        store.open().status("/file")


def test_a_bucket_behind_a_bare_404_is_found_missing_by_the_listing() -> None:
    opened = ScriptedStore(Answer(404), error(404, "NoSuchBucket"))
    with opened as store, pytest.raises(NotFound, match="the bucket lake does not exist"):
        store.open().status("/file")


def range_of(request) -> Answer:
    start, end = request.headers["Range"].removeprefix("bytes=").split("-")
    part = DATA[int(start) : int(end) + 1]
    return Answer(206, part, {"Content-Range": f"bytes {start}-{end}/{len(DATA)}", **CRC})


def broken_range(request) -> Answer:
    return range_of(request)._replace(cut=700)


def test_a_body_that_breaks_off_is_resumed_where_it_stopped() -> None:
    script = ScriptedStore(Answer(200, DATA, CRC, cut=1234), broken_range, range_of)
    with script as store, store.open().open_reader("/file", len(DATA)) as reader:
        pieces = list(reader.stream(0, len(DATA), 999))
    assert b"".join(pieces) == DATA
    assert {len(piece) for piece in pieces[:-1]} == {999}
    assert [request.headers.get("Range") for request in store.requests] == [
        None, f"bytes=1234-{len(DATA) - 1}", f"bytes=1934-{len(DATA) - 1}",
    ]  # fmt: skip
    assert [request.headers.get("If-Match") for request in store.requests[1:]] == ['"E"', '"E"']


def test_a_body_that_brings_nothing_twice_in_a_row_is_asked_for_once_more() -> None:
    script = ScriptedStore(
        Answer(200, DATA, CRC, cut=1234), *[lambda request: range_of(request)._replace(cut=0)] * 2, range_of
    )
    with script as store, store.open().open_reader("/file", len(DATA)) as reader:
        assert b"".join(reader.stream(0, len(DATA), 999)) == DATA


def test_a_body_that_breaks_off_again_and_again_is_read_to_its_end_as_long_as_bytes_come() -> None:
    script = ScriptedStore(Answer(200, DATA, CRC, cut=1234), *[broken_range] * 7, range_of)
    with script as store, store.open().open_reader("/file", len(DATA)) as reader:
        assert b"".join(reader.stream(0, len(DATA), 999)) == DATA
    assert len(store.requests) == 9


def test_a_damaged_body_is_corrupt_data_and_its_last_piece_is_held_back() -> None:
    damaged = DATA[:-1] + b"X"
    with ScriptedStore(Answer(200, damaged, CRC)) as store, store.open().open_reader("/file", len(DATA)) as reader:
        pieces = reader.stream(0, len(DATA), 4000)
        assert next(pieces) + next(pieces) == DATA[:8000]
        with pytest.raises(CorruptData, match="CRC-64"):
            next(pieces)


def test_whoever_compares_a_whole_body_by_himself_is_given_all_of_it() -> None:
    damaged = DATA[:-1] + b"X"
    with ScriptedStore(Answer(200, damaged, CRC)) as store, store.open().open_reader("/file", len(DATA)) as reader:
        reader.compares = False
        assert b"".join(reader.stream(0, len(DATA), 4000)) == damaged
        assert reader.crc64 == crc64(DATA)


def test_a_range_is_not_compared_with_the_crc64_of_the_whole() -> None:
    with ScriptedStore(Answer(200, DATA, CRC), range_of) as store, store.open().open_reader("/file", -1) as reader:
        assert b"".join(reader.stream(0, 5000, 4000)) == DATA[:5000]


def test_a_store_that_ignores_the_range_is_found_out() -> None:
    with ScriptedStore(Answer(200, DATA, CRC)) as store, store.open().open_reader("/file", -1) as reader:
        pieces = reader.stream(10, 20, 20)
        with pytest.raises(CorruptData, match="the store gave all"):
            next(pieces)


def test_a_part_is_compared_with_what_the_store_says_it_holds() -> None:
    wrong = Answer(200, headers={"x-oss-hash-crc64ecma": "1", "ETag": '"W"'})
    with ScriptedStore(wrong, STORED) as store:
        part = store.open().put_part("/file", "U", 7, body_of(DATA))
    assert part == StoredPart(7, "E", crc64(DATA), len(DATA))
    assert len(store.requests) == 2


def complete(store: ScriptedStore):
    return store.open().complete_upload("/file", "U", [StoredPart(1, "E", crc64(DATA), len(DATA))])


def test_a_completion_whose_answer_was_lost_is_found_done() -> None:
    held = Answer(200, DATA, {**CRC, "ETag": '"F-1"'})
    with ScriptedStore(Answer(0), error(404, "NoSuchUpload"), held) as store:
        assert complete(store).etag == "F-1"
    assert [request.method for request in store.requests] == ["POST", "POST", "HEAD"]


@pytest.mark.parametrize("sent", [len(DATA), len(DATA) - 1])
def test_a_completed_object_without_a_stated_checksum_must_have_the_length_that_was_sent(sent: int) -> None:
    held = Answer(200, DATA, {"ETag": '"F-1"'})
    with ScriptedStore(Answer(200), held) as store:
        opened, parts = store.open(), [StoredPart(1, "E", 5, sent)]
        if sent == len(DATA):
            assert opened.complete_upload("/file", "U", parts).length == sent
        else:
            with pytest.raises(CorruptData, match=f"holds {len(DATA)} bytes after {sent} were sent"):
                opened.complete_upload("/file", "U", parts)
    assert [request.method for request in store.requests] == ["POST", "HEAD"]


@pytest.mark.parametrize(
    "there",
    [
        error(404, "NoSuchKey"),
        Answer(200, b"other", {"x-oss-hash-crc64ecma": "5"}),
        Answer(200, DATA, {"x-oss-hash-crc64ecma": "5"}),
        Answer(200, DATA[:-1], CRC),
    ],
    ids=["none", "another", "other bytes", "another length"],
)
def test_a_completion_of_a_lost_upload_is_not_found_done_by_another_object(there: Answer) -> None:
    with ScriptedStore(error(404, "NoSuchUpload"), there) as store, pytest.raises(NotFound, match="upload"):
        complete(store)


def test_a_completed_object_with_other_bytes_is_corrupt_data() -> None:
    with ScriptedStore(Answer(200, headers={"x-oss-hash-crc64ecma": "5"})) as store, pytest.raises(CorruptData):
        complete(store)


def page(*keys: str, token: str = "") -> Answer:
    rows = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;E&quot;</ETag>"
        f"<Type>Normal</Type><Size>3</Size><StorageClass>IA</StorageClass></Contents>"
        for key in keys
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    state = "true" if token else "false"
    head = "<ListBucketResult><EncodingType>url</EncodingType>"
    return Answer(200, f"{head}<IsTruncated>{state}</IsTruncated>{more}{rows}</ListBucketResult>".encode())


def test_a_page_that_fails_is_asked_for_again_and_the_walk_goes_on() -> None:
    with ScriptedStore(page("a", "b", token="t%2B"), error(503, "Busy"), page("c")) as store:
        assert [row.path for row in store.open().walk("/")] == ["a", "b", "c"]
    assert "continuation-token=t%2B" in store.requests[-1].path


def test_a_listing_that_keeps_failing_raises_and_never_just_ends() -> None:
    with ScriptedStore(page("a", token="t"), error(500, "InternalError")) as store:
        walk = store.open().walk("/")
        assert next(walk).path == "a"
        with pytest.raises(Unreachable, match="list"):
            list(walk)


@pytest.mark.parametrize("keys", [("b", "a"), ("a", "a")])
def test_a_listing_out_of_order_raises(keys: tuple[str, str]) -> None:
    with ScriptedStore(page(*keys)) as store, pytest.raises(SurveyError, match="out of order"):
        list(store.open().walk("/"))


@pytest.mark.parametrize("body", [b"<html>", b"not xml", b"<ListBucketResult></ListBucketResult>"])
def test_a_page_that_is_no_listing_raises(body: bytes) -> None:
    with ScriptedStore(Answer(200, body)) as store, pytest.raises(StoreError):
        list(store.open().walk("/"))


def test_connections_are_kept_and_as_many_as_threads() -> None:
    with ScriptedStore(STORED) as store:
        opened = store.open()

        def put_some() -> None:
            for _ in range(20):
                opened.put("/file", DATA, "", {})

        threads = [threading.Thread(target=put_some) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        opened.close()
    assert len(store.requests) == 80
    assert store.connections <= 4


def test_neither_netrc_nor_proxies_of_the_environment_are_used(monkeypatch, tmp_path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with ScriptedStore(STORED) as store:
        store.open().put("/file", DATA, "", {})
    assert store.requests[0].headers["Authorization"].startswith("OSS id:")


def test_what_stays_damaged_is_removed() -> None:
    with ScriptedStore(DAMAGED) as store, pytest.raises(CorruptData):
        store.open().put("/dir/file", DATA, "", {})
    assert [request.method for request in store.requests] == ["PUT"] * 4 + ["HEAD", "DELETE"]
    assert store.requests[-1].path.endswith("file")


def test_what_arrived_damaged_is_removed_when_the_last_try_fails_otherwise() -> None:
    with ScriptedStore(DAMAGED, error(403, "AccessDenied"), DAMAGED) as store, pytest.raises(PermissionDenied):
        store.open().put("/dir/file", DATA, "", {})
    assert [request.method for request in store.requests] == ["PUT", "PUT", "HEAD", "DELETE"]


@pytest.mark.parametrize(
    "refusal",
    [error(400, "InvalidDigest"), error(400, "IncompleteBody"), error(412, "PreconditionFailed")],
    ids=["InvalidDigest", "IncompleteBody", "412"],
)
def test_a_write_that_the_store_refused_leaves_what_is_there(refusal: Answer) -> None:
    with ScriptedStore(refusal) as store, pytest.raises(CorruptData):
        store.open().put("/dir/file", DATA, "", {})
    assert {request.method for request in store.requests} == {"PUT"}


@pytest.mark.parametrize("refusal", [error(412, "PreconditionFailed"), Answer(412)], ids=["named", "bare"])
def test_an_object_that_is_not_the_one_that_was_opened_is_not_asked_for_again(refusal: Answer) -> None:
    script = ScriptedStore(Answer(200, DATA, CRC), refusal)
    with script as store, store.open().open_reader("/file", -1) as reader, pytest.raises(CorruptData, match="read"):
        list(reader.stream(10, 20, 20))
    assert [request.method for request in store.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "SecurityTokenExpired"])
def test_keys_that_are_no_good_any_more_are_not_a_missing_right(code: str) -> None:
    with ScriptedStore(error(403, code)) as store, pytest.raises(AuthenticationFailed) as caught:
        store.open().put("/file", DATA, "", {})
    assert len(store.requests) == 1
    assert caught.value.hint


def uploads_page(rows: str, end: str) -> Answer:
    return Answer(200, f"<ListMultipartUploadsResult>{rows}{end}</ListMultipartUploadsResult>".encode())


def upload_row(key: str, upload_id: str) -> str:
    initiated = "<Initiated>1970-01-01T00:00:07.000Z</Initiated>"
    return f"<Upload><Key>{key}</Key><UploadId>{upload_id}</UploadId>{initiated}</Upload>"


def test_open_uploads_are_found_page_by_page_and_below_the_path_only() -> None:
    markers = "<NextKeyMarker>d/%C3%A4</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>"
    more = f"<IsTruncated>true</IsTruncated>{markers}"
    first = uploads_page(upload_row("d", "0") + upload_row("d/%C3%A4", "1"), more)
    last = uploads_page(upload_row("dd", "2") + upload_row("d/e", "3"), "<IsTruncated>false</IsTruncated>")
    with ScriptedStore(first, last) as store:
        found = store.open().find_uploads("/d")
    assert found == [OpenUpload("/d", "0", 7000), OpenUpload("/d/ä", "1", 7000), OpenUpload("/d/e", "3", 7000)]
    assert "key-marker=d%2F%C3%A4" in store.requests[1].path
    assert "upload-id-marker=1" in store.requests[1].path


@pytest.mark.parametrize("end", ["", "<IsTruncated>true</IsTruncated>"])
def test_a_page_of_uploads_that_does_not_say_what_follows_is_no_answer(end: str) -> None:
    with ScriptedStore(uploads_page("", end)) as store, pytest.raises(Unreachable):
        store.open().find_uploads("/d")

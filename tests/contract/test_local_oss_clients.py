"""The oss2 client, which nobody here wrote, does everything it can with the local OSS server."""

import os
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest
from oss2.exceptions import (
    NoSuchKey,
    NotFound,
    ObjectNotAppendable,
    PositionNotEqualToLength,
    PreconditionFailed,
    ServerError,
)
from oss2.models import PartInfo, Tagging, TaggingRule

from hdfs2oss.local_oss import Limits, LocalOssServer

pytestmark = pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utcnow:DeprecationWarning", "ignore::DeprecationWarning:oss2.*"
)

ID, SECRET, REGION = "client-id", "client-secret", "cn-hangzhou"
AUTHS = {"v1": (oss2.Auth, None), "v4": (oss2.AuthV4, REGION)}
KEY = "dir/a b+c é%?&=.txt"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOssServer]:
    directory: Path = tmp_path_factory.mktemp("oss")
    with LocalOssServer(directory, ID, SECRET, limits=Limits(min_part_bytes=1000)) as running:
        yield running


@pytest.fixture(params=AUTHS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def session() -> Iterator["oss2.Session"]:
    made = oss2.Session()
    made.session.trust_env = False
    yield made
    made.session.close()


@pytest.fixture
def bucket(server: LocalOssServer, version: str, session: "oss2.Session") -> "oss2.Bucket":
    auth, region = AUTHS[version]
    made = oss2.Bucket(
        auth(ID, SECRET), server.endpoint, f"bucket-{version}", region=region, session=session, enable_crc=True
    )
    made.create_bucket()
    return made


def read(result) -> bytes:
    """The body, with the client's own CRC-64 compared to the server's."""
    body = result.read()
    oss2.utils.check_crc("get", result.client_crc, result.server_crc, result.request_id)
    return body


@pytest.mark.parametrize("size", [0, 5, 40_000, 3_000_000])
def test_put_get_and_head_agree(bucket, size):
    body = os.urandom(size)
    put = bucket.put_object(KEY, body, headers={"x-oss-meta-mtime": "123"})
    assert read(bucket.get_object(KEY)) == body
    head = bucket.head_object(KEY)
    assert (head.content_length, head.etag, head.server_crc) == (size, put.etag, put.crc)
    assert head.headers["x-oss-meta-mtime"] == "123"
    assert bucket.get_object_meta(KEY).content_length == size
    assert bucket.object_exists(KEY)


def test_range_is_read_inclusively(bucket):
    bucket.put_object(KEY, b"0123456789")
    assert bucket.get_object(KEY, byte_range=(2, 4)).read() == b"234"
    assert bucket.get_object(KEY, byte_range=(None, 3)).read() == b"789"
    assert bucket.get_object(KEY, byte_range=(8, None)).read() == b"89"


def test_stream_of_unknown_length_is_put_in_chunks(bucket):
    bucket.put_object(KEY, iter([b"one", b"two" * 50_000]))
    assert read(bucket.get_object(KEY)) == b"one" + b"two" * 50_000


def test_absent_object_is_the_clients_own_exception(bucket):
    with pytest.raises(NoSuchKey):
        bucket.get_object("absent")
    with pytest.raises(NotFound) as caught:
        bucket.head_object("absent")
    assert caught.value.code == "NoSuchKey"
    assert not bucket.object_exists("absent")
    bucket.delete_object("absent")


def test_wrong_secret_is_told_what_was_signed(server, version, session):
    auth, region = AUTHS[version]
    stranger = oss2.Bucket(auth(ID, "wrong"), server.endpoint, "bucket-v1", region=region, session=session)
    with pytest.raises(ServerError) as caught:
        stranger.put_object("k", b"x")
    assert (caught.value.status, caught.value.code) == (403, "SignatureDoesNotMatch")
    assert caught.value.details["StringToSign"]


def test_signed_urls_work_until_they_expire(bucket, session):
    put_url = bucket.sign_url("PUT", KEY, 60, headers={"Content-Type": "text/plain"})
    sent = bucket.put_object_with_url(put_url, b"by url", headers={"Content-Type": "text/plain"})
    assert sent.status == 200
    get_url = bucket.sign_url("GET", KEY, 60, slash_safe=True, params={"response-content-type": "a/b"})
    got = bucket.get_object_with_url(get_url)
    assert (got.read(), got.headers["Content-Type"]) == (b"by url", "a/b")
    with pytest.raises(ServerError, match="expired"):
        bucket.get_object_with_url(bucket.sign_url("GET", KEY, 0)).read()


def test_buckets_are_listed_and_described(server, version, session, bucket):
    auth, region = AUTHS[version]
    service = oss2.Service(auth(ID, SECRET), server.endpoint, session=session, region=region)
    assert bucket.bucket_name in [found.name for found in oss2.BucketIterator(service, max_keys=1)]
    info = bucket.get_bucket_info()
    assert (info.name, info.location, info.acl.grant) == (bucket.bucket_name, "oss-cn-hangzhou", "private")
    assert bucket.get_bucket_location().location == "oss-cn-hangzhou"
    bucket.put_bucket_acl("public-read")
    assert bucket.get_bucket_acl().acl == "public-read"
    bucket.put_bucket_acl("private")
    assert bucket.get_bucket_versioning().status is None
    assert bucket.get_bucket_stat().object_count >= 0


@pytest.mark.parametrize("iterator", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
def test_lists_walk_all_pages_with_and_without_a_delimiter(bucket, iterator):
    keys = [f"list/{n % 4} é/k{n:02}" for n in range(20)] + ["list/file & co"]
    for key in keys:
        bucket.put_object(key, b"x")
    assert [found.key for found in iterator(bucket, prefix="list/", max_keys=3)] == sorted(keys)
    found = list(iterator(bucket, prefix="list/", delimiter="/", max_keys=2))
    assert [entry.key for entry in found] == [*(f"list/{n} é/" for n in range(4)), "list/file & co"]
    assert [entry.is_prefix() for entry in found] == [True] * 4 + [False]
    assert found[-1].size == 1


def test_list_can_start_after_a_key_and_show_owners(bucket):
    for key in ("after/a", "after/b", "after/c"):
        bucket.put_object(key, b"")
    page = bucket.list_objects_v2(prefix="after/", start_after="after/a", fetch_owner=True)
    assert [found.key for found in page.object_list] == ["after/b", "after/c"]
    assert page.object_list[0].owner.id


def test_multipart_upload_is_checked_by_the_client(bucket):
    body = os.urandom(250_000)
    upload_id = bucket.init_multipart_upload(KEY, headers={"x-oss-tagging": "a=1"}).upload_id
    parts = []
    for number, start in enumerate(range(0, len(body), 100_000), 1):
        piece = body[start : start + 100_000]
        sent = bucket.upload_part(KEY, upload_id, number, piece)
        parts.append(PartInfo(number, sent.etag, size=len(piece), part_crc=sent.crc))
    listed = list(oss2.PartIterator(bucket, KEY, upload_id, max_parts=2))
    assert [(part.part_number, part.size, part.etag) for part in listed] == [
        (part.part_number, part.size, part.etag) for part in parts
    ]
    assert (KEY, upload_id) in [(one.key, one.upload_id) for one in oss2.MultipartUploadIterator(bucket)]
    assert bucket.complete_multipart_upload(KEY, upload_id, parts).etag.endswith("-3")
    assert read(bucket.get_object(KEY)) == body
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.abort_multipart_upload(KEY, upload_id)


def test_uploads_are_listed_page_by_page(bucket):
    wanted = [(f"up/{n % 3}", bucket.init_multipart_upload(f"up/{n % 3}").upload_id) for n in range(7)]
    for size in (1, 2, 100):
        iterator = oss2.MultipartUploadIterator(bucket, prefix="up/", max_uploads=size)
        assert [(one.key, one.upload_id) for one in iterator] == sorted(wanted)
    only_first = oss2.ObjectUploadIterator(bucket, "up/0", max_uploads=2)
    assert [one.upload_id for one in only_first] == sorted(name for key, name in wanted if key == "up/0")
    for key, upload_id in wanted:
        bucket.abort_multipart_upload(key, upload_id)
    assert not list(oss2.MultipartUploadIterator(bucket, prefix="up/"))


def test_resumable_upload_and_download_of_a_file(bucket, tmp_path):
    (tmp_path / "in").write_bytes(os.urandom(400_000))
    store = oss2.ResumableStore(root=str(tmp_path))
    oss2.resumable_upload(
        bucket, KEY, str(tmp_path / "in"), store, multipart_threshold=100_000, part_size=102_400, num_threads=3
    )
    down = oss2.ResumableDownloadStore(root=str(tmp_path))
    oss2.resumable_download(bucket, KEY, str(tmp_path / "out"), 100_000, 102_400, num_threads=3, store=down)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "in").read_bytes()


def test_copies_of_objects_and_parts(bucket):
    body = os.urandom(50_000)
    put = bucket.put_object(KEY, body)
    assert bucket.copy_object(bucket.bucket_name, KEY, "copy").etag == put.etag
    assert read(bucket.get_object("copy")) == body
    bucket.update_object_meta("copy", {"x-oss-meta-a": "1"})
    assert bucket.head_object("copy").headers["x-oss-meta-a"] == "1"
    upload_id = bucket.init_multipart_upload("joined").upload_id
    etags = [
        bucket.upload_part_copy(bucket.bucket_name, KEY, span, "joined", upload_id, number).etag
        for number, span in [(1, (0, 29_999)), (2, (30_000, 49_999))]
    ]
    bucket.complete_multipart_upload("joined", upload_id, [PartInfo(n, tag) for n, tag in enumerate(etags, 1)])
    assert read(bucket.get_object("joined")) == body


def test_append_and_its_refusals(bucket):
    bucket.delete_object("log")
    first = bucket.append_object("log", 0, b"one")
    second = bucket.append_object("log", first.next_position, b"two", init_crc=first.crc)
    assert second.next_position == 6
    assert read(bucket.get_object("log")) == b"onetwo"
    with pytest.raises(PositionNotEqualToLength) as caught:
        bucket.append_object("log", 3, b"x")
    assert caught.value.next_position == 6
    bucket.put_object("whole", b"x")
    with pytest.raises(ObjectNotAppendable):
        bucket.append_object("whole", 1, b"x")


def test_batch_delete(bucket):
    for key in ("d/1", "d/2 é", "d/3\x0c"):
        bucket.put_object(key, b"")
    deleted = bucket.batch_delete_objects(["d/1", "d/2 é", "d/3\x0c", "d/absent"])
    assert sorted(deleted.deleted_keys) == ["d/1", "d/2 é", "d/3\x0c", "d/absent"]
    assert not list(oss2.ObjectIterator(bucket, prefix="d/"))


def test_tags_acl_and_symlink(bucket):
    bucket.put_object(KEY, b"data")
    rule = TaggingRule()
    rule.add("k + é", "v/w: =")
    bucket.put_object_tagging(KEY, Tagging(rule))
    assert bucket.get_object_tagging(KEY).tag_set.tagging_rule == {"k + é": "v/w: ="}
    assert bucket.head_object(KEY).headers["x-oss-tagging-count"] == "1"
    bucket.delete_object_tagging(KEY)
    assert not bucket.get_object_tagging(KEY).tag_set.tagging_rule
    bucket.put_object_acl(KEY, "public-read")
    assert bucket.get_object_acl(KEY).acl == "public-read"
    bucket.put_symlink(KEY, "link")
    assert bucket.get_symlink("link").target_key == KEY
    assert bucket.get_object("link").read() == b"data"


def test_conditions_and_forbidden_overwrite(bucket):
    etag = bucket.put_object(KEY, b"data").etag
    with pytest.raises(PreconditionFailed):
        bucket.get_object(KEY, headers={"If-Match": "other"})
    with pytest.raises(oss2.exceptions.NotModified):
        bucket.get_object(KEY, headers={"If-None-Match": etag})
    with pytest.raises(ServerError) as caught:
        bucket.put_object(KEY, b"x", headers={"x-oss-forbid-overwrite": "true"})
    assert caught.value.code == "FileAlreadyExists"


def test_temporary_credentials(tmp_path, version, session):
    _, region = AUTHS[version]
    with LocalOssServer(tmp_path, ID, SECRET, security_token="token", buckets=["bbb"]) as server:
        for token, is_good in (("token", True), ("stale", False)):
            auth = oss2.StsAuth(ID, SECRET, token, auth_version=version)
            bucket = oss2.Bucket(auth, server.endpoint, "bbb", region=region, session=session)
            if is_good:
                bucket.put_object("k", b"x")
                assert bucket.get_object_with_url(bucket.sign_url("GET", "k", 60)).read() == b"x"
            else:
                with pytest.raises(ServerError) as caught:
                    bucket.put_object("k", b"x")
                assert caught.value.code == "InvalidSecurityToken"


def test_bucket_is_deleted_when_empty(server, version, session):
    auth, region = AUTHS[version]
    bucket = oss2.Bucket(auth(ID, SECRET), server.endpoint, f"gone-{version}", region=region, session=session)
    bucket.create_bucket("private", oss2.models.BucketCreateConfig("IA"))
    bucket.put_object("k", b"")
    assert bucket.head_object("k").headers["x-oss-storage-class"] == "IA"
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("k")
    bucket.delete_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.get_bucket_info()

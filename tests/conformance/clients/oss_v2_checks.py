"""alibabacloud-oss-v2 against the server, in an environment of its own: python oss_v2_checks.py v1|v4.

Prints a line of JSON for each check: its name, and the error if it did not hold.
"""

import base64
import hashlib
import json
import os
import sys
import traceback
import urllib.request
from collections.abc import Callable

import alibabacloud_oss_v2 as oss

BUCKET = os.environ["OSS_BUCKET"]
KEY = "dir/a b+c é?&%.txt"
PART_BYTES = 102_400
CHECKS: list[Callable[[oss.Client], None]] = []


def check(function: Callable[[oss.Client], None]) -> Callable[[oss.Client], None]:
    CHECKS.append(function)
    return function


def client_for(signature: str, secret: str = "") -> oss.Client:
    config = oss.config.load_default()
    keys = os.environ["OSS_ACCESS_KEY_ID"], secret or os.environ["OSS_ACCESS_KEY_SECRET"]
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(*keys)
    config.endpoint = os.environ["OSS_ENDPOINT"]
    config.region = os.environ["OSS_REGION"]
    config.signature_version = signature
    config.retry_max_attempts = 1
    return oss.Client(config)


def put(client: oss.Client, key: str, body: bytes, **more: object) -> oss.PutObjectResult:
    return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=body, **more))


def get(client: oss.Client, key: str, **more: object) -> bytes:
    return client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=key, **more)).body.content


def keys_below(client: oss.Client, prefix: str) -> list[str]:
    pages = client.list_objects_v2_paginator().iter_page(
        oss.ListObjectsV2Request(bucket=BUCKET, prefix=prefix, max_keys=2)
    )
    return [entry.key for page in pages for entry in page.contents or []]


@check
def a_bucket_is_made_described_listed_and_deleted(client: oss.Client) -> None:
    client.put_bucket(oss.PutBucketRequest(bucket="made-by-v2"))
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket="made-by-v2")).bucket_info
    assert info.name == "made-by-v2"
    listed = [bucket.name for page in client.list_buckets_paginator().iter_page(oss.ListBucketsRequest())
              for bucket in page.buckets]  # fmt: skip
    assert set(listed) >= {BUCKET, "made-by-v2"}
    client.delete_bucket(oss.DeleteBucketRequest(bucket="made-by-v2"))
    assert not client.is_bucket_exist("made-by-v2")


@check
def an_object_with_an_odd_key_and_metadata_comes_back(client: oss.Client) -> None:
    body = os.urandom(70_000)
    sent = put(client, KEY, body, metadata={"mtime": "123"}, content_type="text/x-odd")
    assert get(client, KEY) == body
    assert get(client, KEY, range_header="bytes=5-9", range_behavior="standard") == body[5:10]
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=KEY))
    assert (head.content_length, head.etag, head.hash_crc64) == (70_000, sent.etag, sent.hash_crc64)
    assert (head.metadata["mtime"], head.content_type) == ("123", "text/x-odd")


@check
def both_lists_walk_all_pages(client: oss.Client) -> None:
    keys = [f"list/{n % 3} é/{n}" for n in range(7)]
    for key in keys:
        put(client, key, b"x")
    assert keys_below(client, "list/") == sorted(keys)
    pages = client.list_objects_paginator().iter_page(
        oss.ListObjectsRequest(bucket=BUCKET, prefix="list/", delimiter="/", max_keys=1)
    )
    assert [found.prefix for page in pages for found in page.common_prefixes or []] == [
        f"list/{n} é/" for n in range(3)
    ]


@check
def parts_become_an_object(client: oss.Client) -> None:
    body = os.urandom(2 * PART_BYTES + 7)
    upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=KEY)).upload_id
    parts = []
    for number in (1, 2, 3):
        piece = body[(number - 1) * PART_BYTES : number * PART_BYTES]
        part = oss.UploadPartRequest(bucket=BUCKET, key=KEY, upload_id=upload, part_number=number, body=piece)
        parts.append(oss.UploadPart(part_number=number, etag=client.upload_part(part).etag))
    listed = client.list_parts(oss.ListPartsRequest(bucket=BUCKET, key=KEY, upload_id=upload)).parts
    assert [part.etag for part in listed] == [part.etag for part in parts]
    client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(
            bucket=BUCKET, key=KEY, upload_id=upload,
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts),
        )
    )  # fmt: skip
    assert get(client, KEY) == body


@check
def the_uploader_and_the_downloader_carry_a_file(client: oss.Client) -> None:
    body = os.urandom(5 * PART_BYTES)
    with open("in", "wb") as file:
        file.write(body)
    client.uploader(part_size=PART_BYTES).upload_file(oss.PutObjectRequest(bucket=BUCKET, key="file"), "in")
    client.downloader(part_size=PART_BYTES).download_file(oss.GetObjectRequest(bucket=BUCKET, key="file"), "out")
    with open("out", "rb") as file:
        assert file.read() == body


@check
def copies_appends_tags_and_links_work(client: oss.Client) -> None:
    put(client, KEY, b"data")
    client.copy_object(oss.CopyObjectRequest(bucket=BUCKET, key="copy", source_bucket=BUCKET, source_key=KEY))
    assert get(client, "copy") == b"data"
    client.append_object(oss.AppendObjectRequest(bucket=BUCKET, key="log", position=0, body=b"one"))
    client.append_object(oss.AppendObjectRequest(bucket=BUCKET, key="log", position=3, body=b"two"))
    assert get(client, "log") == b"onetwo"
    tags = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key="k é", value="v")]))
    client.put_object_tagging(oss.PutObjectTaggingRequest(bucket=BUCKET, key=KEY, tagging=tags))
    read = client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key=KEY))
    assert [(tag.key, tag.value) for tag in read.tag_set.tags] == [("k é", "v")]
    client.put_symlink(oss.PutSymlinkRequest(bucket=BUCKET, key="link", symlink_target="copy"))
    assert get(client, "link") == b"data"


@check
def presigned_urls_work_until_they_expire(client: oss.Client) -> None:
    put(client, KEY, b"signed")
    signed = client.presign(oss.GetObjectRequest(bucket=BUCKET, key=KEY))
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(signed.url) as answer:
        assert answer.read() == b"signed"


@check
def many_objects_are_deleted_at_once(client: oss.Client) -> None:
    for key in ("gone/1", "gone/2 é&<"):
        put(client, key, b"")
    objects = [oss.DeleteObject(key=key) for key in ("gone/1", "gone/2 é&<")]
    client.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=objects))
    assert keys_below(client, "gone/") == []
    assert not client.is_object_exist(BUCKET, "gone/1")


@check
def errors_are_the_clients_own(client: oss.Client) -> None:
    assert service_error(lambda: get(client, "absent")) == (404, "NoSuchKey")
    stranger = client_for(sys.argv[1], "wrong")
    assert service_error(lambda: put(stranger, "k", b"")) == (403, "SignatureDoesNotMatch")
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert service_error(lambda: put(client, "k", b"body", content_md5=wrong)) == (400, "InvalidDigest")


def service_error(call: Callable[[], object]) -> tuple[int, str] | None:
    try:
        call()
    except oss.exceptions.OperationError as error:
        cause = error.unwrap()
        return cause.status_code, cause.code
    return None


def main() -> None:
    client = client_for(sys.argv[1])
    for function in CHECKS:
        error = ""
        try:
            function(client)
        except Exception:  # noqa: BLE001 - every check has its say
            error = traceback.format_exc(limit=-3)
        print(json.dumps({"check": function.__name__, "error": error}), flush=True)


main()

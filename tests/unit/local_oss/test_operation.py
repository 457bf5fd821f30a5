"""What a handler is given, and what becomes of what the store refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.local_oss import Limits
from hdfs2oss.local_oss.operation.answers import answer_to
from hdfs2oss.local_oss.operation.operation import Context, Operation
from hdfs2oss.local_oss.protocol.message import BytesSource, Request
from hdfs2oss.local_oss.store.refusals import (
    BodyForgotten,
    BodyTooLarge,
    BucketNotEmpty,
    NoSuchBucket,
    NoSuchUpload,
    Refusal,
)
from hdfs2oss.local_oss.store.rows import Bucket
from hdfs2oss.local_oss.store.store import Store

ANSWERS = [
    (NoSuchBucket("b"), 404, "NoSuchBucket", {"BucketName": "b"}),
    (BucketNotEmpty("b"), 409, "BucketNotEmpty", {"BucketName": "b"}),
    (NoSuchUpload("U"), 404, "NoSuchUpload", {"UploadId": "U"}),
    (BodyTooLarge(7), 400, "EntityTooLarge", {"MaxSizeAllowed": "7"}),
    (BodyForgotten(), 501, "NotImplemented", {}),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path, 1024)
    opened.create_bucket(Bucket(0, "bucket", 0, "private", "Standard", "LRS"))
    yield opened
    opened.close()


def operation_on(store: Store, bucket: str) -> Operation:
    request = Request("GET", "", {}, BytesSource(b""), bucket, "k")
    return Operation(Context(store, Limits(), "cn-hangzhou", True, lambda: 1.5), request)


@pytest.mark.parametrize(
    ("refusal", "status", "code", "details"), ANSWERS, ids=[type(row[0]).__name__ for row in ANSWERS]
)
def test_refusal_has_the_answer_of_the_service(refusal, status, code, details):
    answer = answer_to(refusal)
    assert (answer.status, answer.code, answer.details) == (status, code, details)


def test_every_refusal_has_an_answer_of_its_own():
    assert {type(row[0]) for row in ANSWERS} == set(Refusal.__subclasses__())


def test_bucket_is_the_one_first_seen_whatever_others_do_to_it(store):
    operation = operation_on(store, "bucket")
    assert operation.bucket.acl == "private"
    store.put_bucket("bucket", lambda bucket: bucket._replace(acl="public-read"))
    assert operation.bucket.acl == "private"
    assert operation_on(store, "bucket").bucket.acl == "public-read"


def test_bucket_that_is_not_there_is_missed_when_it_is_asked_for(store):
    operation = operation_on(store, "nowhere")
    assert operation.now_ms() == 1500
    for ask in (operation.require_bucket, operation.reading, operation.writing):
        with pytest.raises(NoSuchBucket):
            ask()

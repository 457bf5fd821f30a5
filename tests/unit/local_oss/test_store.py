"""What the store refuses, in its own words, and what a block of it does."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hdfs2oss.local_oss.protocol.message import BytesSource
from hdfs2oss.local_oss.store.objects import find_object
from hdfs2oss.local_oss.store.refusals import (
    BodyForgotten,
    BodyTooLarge,
    BucketNotEmpty,
    NoSuchBucket,
    NoSuchUpload,
)
from hdfs2oss.local_oss.store.rows import Attributes, Bucket, Part, StoredObject, Upload
from hdfs2oss.local_oss.store.store import Store
from hdfs2oss.local_oss.store.stored_body import StoredBody
from hdfs2oss.local_oss.store.uploads import find_parts, find_upload

INLINE_BYTES = 10
LARGE = bytes(100)


class Abandoned(Exception):
    """A block ended by a failure of its own."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path, INLINE_BYTES)
    yield opened
    opened.close()


@pytest.fixture
def bucket(store: Store) -> Bucket:
    return made(store, "bucket")


def made(store: Store, name: str) -> Bucket:
    store.create_bucket(Bucket(0, name, 0, "private", "Standard", "LRS"))
    return store.bucket(name)


def stored(key: str, body: int = 0, size: int = 0) -> StoredObject:
    return StoredObject(key, "Normal", size, "E", 0, "", 0, Attributes(), body=body)


def put(store: Store, bucket: Bucket, key: str, content: bytes) -> None:
    with store.files.receiving(BytesSource(content), False, 1000) as received, store.writing(bucket) as opened:
        body = store.bodies.add(opened.connection, [received])
        store.objects.put(opened, stored(key, body, len(content)))


def data_files(directory: Path) -> list[Path]:
    return [path for path in (directory / "data").rglob("*") if path.is_file()]


def test_bucket_that_is_not_there_is_refused_by_name(store):
    with pytest.raises(NoSuchBucket) as caught:
        store.bucket("nowhere")
    assert caught.value.name == "nowhere"


@pytest.mark.parametrize("is_made_again", [False, True])
def test_bucket_that_was_deleted_meanwhile_cannot_be_written(store, bucket, is_made_again):
    store.delete_bucket("bucket")
    if is_made_again:
        made(store, "other")
        made(store, "bucket")
    with pytest.raises(NoSuchBucket), store.writing(bucket):
        pass


def test_bucket_with_an_object_or_an_upload_is_not_deleted(store, bucket):
    put(store, bucket, "k", b"x")
    with pytest.raises(BucketNotEmpty):
        store.delete_bucket("bucket")
    with store.writing(bucket) as opened:
        store.objects.delete(opened, "k", 0)
        store.uploads.begin(opened, Upload("k", "U", 0, Attributes()))
    with pytest.raises(BucketNotEmpty) as caught:
        store.delete_bucket("bucket")
    assert caught.value.name == "bucket"


def test_upload_is_open_until_it_is_closed_and_only_in_its_bucket(store, bucket):
    upload = Upload("k", "U", 0, Attributes())
    with store.writing(bucket) as opened:
        store.uploads.begin(opened, upload)
    with store.reading(made(store, "other")) as opened, pytest.raises(NoSuchUpload):
        find_upload(opened, "k", "U")
    with store.files.receiving(BytesSource(LARGE), False, 1000) as received, store.writing(bucket) as opened:
        store.uploads.put_part(opened, upload, Part(1, "E", 0, 100, 0, 0), received)
    with store.writing(bucket) as opened:
        store.uploads.close(opened, find_upload(opened, "k", "U"), find_parts(opened, upload))
    with store.reading(bucket) as opened, pytest.raises(NoSuchUpload) as caught:
        find_upload(opened, "k", "U")
    assert caught.value.upload_id == "U"


@pytest.mark.parametrize("size", [INLINE_BYTES, 2_000_000])
def test_body_above_the_limit_is_refused_and_leaves_no_file(store, tmp_path, size):
    with pytest.raises(BodyTooLarge) as caught:
        store.files.receive(BytesSource(bytes(size)), False, size - 1)
    assert caught.value.max_bytes == size - 1
    assert data_files(tmp_path) == []


def test_forgotten_body_is_refused_when_it_is_read(tmp_path):
    store = Store(tmp_path, INLINE_BYTES, is_forgetful=True)
    bucket = made(store, "bucket")
    put(store, bucket, "k", LARGE)
    with pytest.raises(BodyForgotten):
        store.open(bucket, lambda opened: find_object(opened, "k"), lambda found: (0, found.size))
    store.close()


def test_block_that_fails_changes_nothing(store, bucket, tmp_path):
    put(store, bucket, "old", LARGE)
    with suppress(Abandoned), store.writing(bucket) as opened:
        store.objects.delete(opened, "old", 0)
        store.objects.put(opened, stored("new"))
        raise Abandoned
    assert store.find(bucket, "old")
    assert store.find(bucket, "new") is None
    assert len(data_files(tmp_path)) == 1


def test_other_buckets_are_seen_at_the_same_moment(store, bucket):
    other = made(store, "other")
    put(store, other, "k", b"x")
    with store.reading(bucket) as opened:
        assert find_object(opened, "k") is None
        assert find_object(opened.beside(other), "k")


def opened_for_reading(store: Store, bucket: Bucket, key: str) -> StoredBody:
    _, body = store.open(bucket, lambda opened: find_object(opened, key), lambda found: (0, found.size))
    assert not isinstance(body, bytes)
    return body


def test_a_file_that_is_being_read_outlives_its_object_until_the_last_reader_is_done(store, bucket, tmp_path):
    put(store, bucket, "k", LARGE)
    first, second = opened_for_reading(store, bucket, "k"), opened_for_reading(store, bucket, "k")
    put(store, bucket, "k", b"small")
    target = memoryview(bytearray(len(LARGE) + 1))
    assert (first.readinto(target), bytes(target[: len(LARGE)])) == (len(LARGE), LARGE)
    first.close()
    assert len(data_files(tmp_path)) == 1
    assert (second.readinto(target), bytes(target[: len(LARGE)])) == (len(LARGE), LARGE)
    second.close()
    assert data_files(tmp_path) == []


def test_a_file_that_nobody_reads_goes_with_its_object(store, bucket, tmp_path):
    put(store, bucket, "k", LARGE)
    opened_for_reading(store, bucket, "k").close()
    with store.writing(bucket) as opened:
        store.objects.delete(opened, "k", 0)
    assert data_files(tmp_path) == []


class BreaksOff:
    """A body that ends in the middle: the client went away."""

    length = 3_000_000

    def __init__(self, pieces: list[int]) -> None:
        self.pieces = pieces

    def readinto(self, target: memoryview) -> int:
        if not self.pieces.pop():
            raise Abandoned
        return len(target)


@pytest.mark.parametrize("pieces", [[0], [0, 1], [0, 1, 1]])
def test_a_body_that_breaks_off_leaves_no_file(store, tmp_path, pieces):
    with pytest.raises(Abandoned):
        store.files.receive(BreaksOff(list(pieces)), False, 10_000_000)
    assert data_files(tmp_path) == []


def test_a_body_whose_object_is_refused_leaves_no_file(store, tmp_path):
    with suppress(Abandoned), store.files.receiving(BytesSource(LARGE), False, 1000):
        assert len(data_files(tmp_path)) == 1
        raise Abandoned
    assert data_files(tmp_path) == []


def test_a_transaction_that_fails_is_undone_for_good(tmp_path):
    store = Store(tmp_path, INLINE_BYTES)
    bucket = made(store, "bucket")
    with suppress(Abandoned), store.writing(bucket) as opened:
        store.objects.put(opened, stored("new"))
        raise Abandoned
    store.close()
    again = Store(tmp_path, INLINE_BYTES)
    assert again.find(again.bucket("bucket"), "new") is None
    again.close()


def test_the_file_of_a_part_goes_when_the_part_is_sent_again(store, bucket, tmp_path):
    upload = Upload("k", "U", 0, Attributes())
    with store.writing(bucket) as opened:
        store.uploads.begin(opened, upload)
    for _ in range(3):
        with store.files.receiving(BytesSource(LARGE), False, 1000) as received, store.writing(bucket) as opened:
            store.uploads.put_part(opened, upload, Part(1, "E", 0, 100, 0, 0), received)
    assert len(data_files(tmp_path)) == 1

"""Copies that the store makes by itself: the bytes, and all that is kept with them, in one piece or by ranges."""

import os

import pytest

from hdfs2oss.filesystems.body import body_of
from hdfs2oss.filesystems.oss import copying
from hdfs2oss.filesystems.oss.client import OssClient
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.errors import NotFound
from hdfs2oss.rules.checksum import crc64

DATA = os.urandom(350_001)
NAMES = ("plain", "ä ö+%41#?&", "a/b c/d")


@pytest.fixture
def place(make_place):
    return make_place("oss", "copies")


@pytest.fixture
def store(place) -> OssFileSystem:
    found = open_filesystem(place.uri, place.stores)
    assert isinstance(found, OssFileSystem)
    return found


@pytest.fixture
def client(store) -> OssClient:
    return store._client


@pytest.mark.parametrize("most_at_once_bytes", [copying.MOST_AT_ONCE_BYTES, 100_000], ids=["at once", "by ranges"])
@pytest.mark.parametrize("name", NAMES)
def test_a_copy_has_bytes_metadata_and_notes(place, store, client, name, most_at_once_bytes) -> None:
    path, new_path = (place / name).uri.path, (place / f"copy of {name}").uri.path
    store.put(path, DATA, "", {"owner": "alice"})
    store.keep_note(path, {"crc": "1234"})
    store.put(new_path, b"what stood there", "", {})
    stored = copying.copy_object(client, path, new_path, most_at_once_bytes, 150_000)
    assert (stored.length, stored.crc64) == (len(DATA), crc64(DATA))
    assert store.read_bytes(new_path) == DATA == store.read_bytes(path)
    assert store.read_notes(new_path) == {"owner": "alice", "crc": "1234"}
    assert store.find_uploads(place.uri.path) == []


@pytest.mark.parametrize("most_at_once_bytes", [copying.MOST_AT_ONCE_BYTES, 100_000], ids=["at once", "by ranges"])
def test_a_copy_stays_in_its_storage_class(place, store, client, most_at_once_bytes) -> None:
    path, new_path = (place / "a").uri.path, (place / "b").uri.path
    client.call("write", "PUT", path[1:], headers={"x-oss-storage-class": "IA"}, data=DATA)
    copying.copy_object(client, path, new_path, most_at_once_bytes, 150_000)
    found = store.status(new_path)
    assert found is not None
    assert found.storage_class == "IA"


def test_a_marker_is_copied_by_its_key(place, store, client) -> None:
    store.make_directory((place / "empty").uri.path)
    key = (place / "empty").uri.path[1:] + "/"
    copying.copy_key(client, key, key.replace("empty", "moved"))
    assert place.read() == {"empty/": None, "moved/": None}


def test_what_is_not_there_cannot_be_copied(place, store) -> None:
    with pytest.raises(NotFound):
        store.copy_within((place / "a").uri.path, (place / "b").uri.path)
    assert not place.exists()


def test_a_range_becomes_a_part_of_an_upload(place, store, client) -> None:
    path, new_path = (place / "a").uri.path, (place / "b").uri.path
    etag = store.put(path, DATA, "", {}).etag
    upload_id = store.begin_upload(new_path)
    head = copying.copy_range(client, path, etag, 0, 200_000, (new_path, upload_id, 1))
    tail = store.put_part(new_path, upload_id, 2, body_of(b"tail"))
    assert head.crc64 == crc64(DATA[:200_000])
    store.complete_upload(new_path, upload_id, [head, tail])
    assert (place / "b").content() == DATA[:200_000] + b"tail"

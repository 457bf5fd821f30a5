import sqlite3
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdfs2oss.local_oss.store.listing import ListQuery, list_objects
from hdfs2oss.local_oss.store.rows import Attributes, Bucket, StoredObject
from hdfs2oss.local_oss.store.store import Store


def pages(client, query, marker):
    """(entries in the order of the pages, number of pages) of a list, version 1 or 2."""
    entries, count, after = [], 0, ""
    while True:
        page = client.send("GET", "", f"{query}{after}")
        keys, prefixes = page.texts("Contents/Key"), page.texts("CommonPrefixes/Prefix")
        entries += sorted(map(unquote, keys + prefixes), key=str.encode)
        count += 1
        if page.text("IsTruncated") == "false":
            return entries, count
        token = "NextContinuationToken" if marker == "continuation-token" else "NextMarker"
        after = f"&{marker}={quote(unquote(page.text(token)), safe='')}"


def test_bucket_is_made_once_and_deleted_only_when_empty(empty):
    assert empty.send("PUT", "").status == 200
    conflicting = "<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>"
    assert empty.send("PUT", "", "", conflicting).code == "BucketAlreadyExists"
    empty.put("k")
    assert empty.send("DELETE", "").code == "BucketNotEmpty"
    empty.send("DELETE", "k")
    upload_id = empty.initiate("k")
    assert empty.send("DELETE", "").code == "BucketNotEmpty"
    empty.send("DELETE", "k", f"uploadId={upload_id}")
    assert empty.send("DELETE", "").status == 204
    assert empty.send("DELETE", "").code == "NoSuchBucket"
    assert empty.put("k").code == "NoSuchBucket"


def test_bucket_class_is_the_default_of_its_objects(client):
    client.bucket = "cold-bucket"
    body = (
        '<CreateBucketConfiguration xmlns="http://doc.oss.example">'
        "<StorageClass>IA</StorageClass></CreateBucketConfiguration>"
    )
    assert client.send("PUT", "", "", body).status == 200
    client.put("k")
    assert client.send("HEAD", "k").headers["x-oss-storage-class"] == "IA"


def test_bucket_statistics_count_bytes_objects_and_uploads_by_class(empty):
    empty.put("a", b"123")
    empty.put("b", b"4567", x_oss_storage_class="IA")
    upload_id = empty.initiate("c")
    for number in (1, 2):
        empty.part("c", upload_id, number, b"x")
    empty.initiate("d")
    stat = empty.send("GET", "", "stat")
    expected = {
        "Storage": 7,
        "ObjectCount": 2,
        "MultipartUploadCount": 2,
        "MultipartPartCount": 2,
        "StandardStorage": 3,
        "InfrequentAccessRealStorage": 4,
        "InfrequentAccessStorage": 65536,
        "InfrequentAccessObjectCount": 1,
        "ArchiveObjectCount": 0,
    }
    assert {name: int(stat.text(name)) for name in expected} == expected


KEYS = ["a", "a/", "a/b", "a/c/d", "a/c/e", "a0", "b/1", "b/2", "b/3", "c", "über/1", "über/2"]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(("version", "marker"), [("", "marker"), ("list-type=2&", "continuation-token")])
@pytest.mark.parametrize(
    ("prefix", "delimiter", "expected"),
    [
        ("", "", KEYS),
        ("", "/", ["a", "a/", "a0", "b/", "c", "über/"]),
        ("a/", "/", ["a/", "a/b", "a/c/"]),
        ("b", "", ["b/1", "b/2", "b/3"]),
        ("none", "/", []),
    ],
)
def test_list_gives_each_entry_once_whatever_the_page_size(client, size, version, marker, prefix, delimiter, expected):
    client.bucket = "listed-bucket"
    client.send("PUT", "")
    if client.get(KEYS[-1]).status == 404:
        for key in KEYS:
            client.put(key)
    query = f"{version}prefix={quote(prefix)}&delimiter={delimiter}&max-keys={size}&encoding-type=url"
    entries, count = pages(client, query, marker)
    assert entries == expected
    assert count == max(1, -(-len(expected) // size))


@pytest.mark.parametrize(
    "query",
    [
        "max-keys=0",
        "max-keys=1001",
        "max-keys=x",
        "max-keys=-1",
        "list-type=3",
        "prefix=" + "x" * 1024,
        "marker=" + "x" * 1024,
        "prefix=a&prefix=b",
        "prefix=%FF",
    ],
)
def test_list_parameters_out_of_bounds_are_refused(client, query):
    answer = client.send("GET", "", query)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_list_shows_what_clients_insist_on(empty):
    empty.put("k", b"abc")
    page = empty.send("GET", "", "list-type=2&encoding-type=url")
    for name, value in [("Key", "k"), ("Size", "3"), ("Type", "Normal"), ("StorageClass", "Standard")]:
        assert page.text(f"Contents/{name}") == value
    assert page.text("Contents/LastModified").endswith(".000Z")
    assert page.text("Contents/ETag") == '"900150983CD24FB0D6963F7D28E17F72"'
    assert (page.text("KeyCount"), page.text("IsTruncated")) == ("1", "false")
    assert not page.texts("Contents/Owner")


def store_with(path, keys):
    store = Store(path, 1024)
    store.create_bucket(Bucket(0, "bbb", 0, "private", "Standard", "LRS"))
    bucket = store.bucket("bbb")
    with store.writing(bucket) as opened:
        for key in keys:
            store.objects.put(opened, StoredObject(key, "Normal", 0, "E", 0, "", 0, Attributes()))
    return store, bucket


def test_list_with_a_delimiter_costs_the_page_and_not_the_keys_below(tmp_path):
    store, bucket = store_with(tmp_path, [f"d{n}/{m:05}" for n in range(5) for m in range(4000)])
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with store.index.reading() as connection:
        connection.set_progress_handler(count, 10)
    page = list_objects(store, bucket, ListQuery(delimiter="/", limit=1000))
    with store.index.reading() as connection:
        connection.set_progress_handler(None, 0)
    assert page.common_prefixes == [f"d{n}/" for n in range(5)]
    assert steps < 100  # 20,000 keys would be tens of thousands of steps
    store.close()


def expected_page(keys, query):
    """The definition of a page, over all keys in memory."""
    entries = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(query.prefix):
            continue
        end = key.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
        entry = key[: end + len(query.delimiter)] if end >= 0 else key
        is_prefix_marker = end >= 0 and query.after == entry
        if key.encode() > query.after.encode() and not is_prefix_marker and entry not in entries:
            entries.append(entry)
    return entries


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    keys=st.sets(st.text("ab/é", min_size=1, max_size=5), max_size=30),
    prefix=st.text("ab/", max_size=2),
    delimiter=st.sampled_from(["", "/", "b", "ab"]),
    limit=st.integers(1, 5),
)
def test_pages_one_after_another_are_the_definition_of_a_list(tmp_path_factory, keys, prefix, delimiter, limit):
    store, bucket = store_with(tmp_path_factory.mktemp("store"), keys)
    found, after = [], ""
    while True:
        page = list_objects(store, bucket, ListQuery(prefix, delimiter, after, limit))
        names = [entry.key for entry in page.objects] + page.common_prefixes
        assert len(names) <= limit
        found += sorted(names, key=str.encode)
        if not page.is_truncated:
            break
        assert len(names) == limit
        after = page.last
    assert found == expected_page(keys, ListQuery(prefix, delimiter))
    store.close()


def test_index_is_one_that_sqlite_finds_sound(tmp_path):
    store, _ = store_with(tmp_path, ["a", "b"])
    store.close()
    with sqlite3.connect(tmp_path / "index.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()

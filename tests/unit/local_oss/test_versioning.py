import base64
import hashlib

import pytest

from hdfs2oss.local_oss.store.listing import ListQuery, list_versions
from hdfs2oss.local_oss.store.rows import ENABLED, Attributes, Bucket, StoredObject
from hdfs2oss.local_oss.store.store import Store
from local_oss.conftest import SMALL_PARTS, Client, started


def switch(client, status):
    body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
    return client.send("PUT", "", "versioning", body)


@pytest.fixture
def versioned(empty):
    assert switch(empty, "Enabled").status == 200
    return empty


def listed(client, query="versions"):
    """[(key, version id, is latest, is marker)] in the order of the list."""
    answer = client.send("GET", "", query)
    rows = []
    for tag in ("Version", "DeleteMarker"):
        keys, ids = answer.texts(f"{tag}/Key"), answer.texts(f"{tag}/VersionId")
        latest = answer.texts(f"{tag}/IsLatest")
        rows += [(*row, tag == "DeleteMarker") for row in zip(keys, ids, latest, strict=True)]
    return rows


def get(client, key, version):
    return client.send("GET", key, f"versionId={version}")


def test_versioning_is_nothing_then_what_was_last_put(empty):
    assert empty.send("GET", "", "versioning").texts("Status") == []
    assert "x-oss-version-id" not in empty.put("k").headers
    for status in ("Enabled", "Suspended"):
        switch(empty, status)
        assert empty.send("GET", "", "versioning").text("Status") == status
    assert switch(empty, "Off").code == "MalformedXML"


def test_each_write_is_a_version_of_its_own(versioned):
    first = versioned.put("k", b"one", x_oss_tagging="n=1").headers["x-oss-version-id"]
    second = versioned.put("k", b"two").headers["x-oss-version-id"]
    assert first != second
    newest = versioned.get("k")
    assert (newest.body, newest.headers["x-oss-version-id"]) == (b"two", second)
    old = get(versioned, "k", first)
    assert (old.body, old.headers["x-oss-version-id"]) == (b"one", first)
    assert versioned.send("HEAD", "k", f"versionId={first}").headers["content-length"] == "3"
    assert versioned.send("GET", "k", f"tagging&versionId={first}").texts("TagSet/Tag/Key") == ["n"]
    assert versioned.send("GET", "k", "tagging").texts("TagSet/Tag/Key") == []
    assert versioned.send("PUT", "k", f"acl&versionId={first}", x_oss_object_acl="public-read").status == 200
    assert versioned.send("GET", "k", "acl").text("AccessControlList/Grant") == "default"
    assert versioned.send("GET", "k", f"acl&versionId={first}").text("AccessControlList/Grant") == "public-read"


def test_delete_hides_the_object_behind_a_marker_and_removing_that_brings_it_back(versioned):
    version = versioned.put("k", b"kept").headers["x-oss-version-id"]
    deleted = versioned.send("DELETE", "k")
    assert (deleted.status, deleted.headers["x-oss-delete-marker"]) == (204, "true")
    marker = deleted.headers["x-oss-version-id"]
    gone = versioned.get("k")
    assert (gone.code, gone.headers["x-oss-delete-marker"]) == ("NoSuchKey", "true")
    assert versioned.send("GET", "", "list-type=2").texts("Contents/Key") == []
    looked_at = get(versioned, "k", marker)
    assert (looked_at.status, looked_at.code) == (405, "MethodNotAllowed")
    assert get(versioned, "k", version).body == b"kept"
    assert listed(versioned) == [("k", version, "false", False), ("k", marker, "true", True)]
    assert versioned.send("DELETE", "k", f"versionId={marker}").headers["x-oss-delete-marker"] == "true"
    assert versioned.get("k").body == b"kept"
    assert versioned.send("DELETE", "k", f"versionId={version}").status == 204
    assert listed(versioned) == []
    assert versioned.send("DELETE", "").status == 204


def test_bucket_with_versions_left_is_not_empty(versioned):
    versioned.put("k")
    versioned.send("DELETE", "k")
    assert versioned.send("DELETE", "").code == "BucketNotEmpty"


def test_suspended_bucket_replaces_the_null_version_only(empty):
    empty.put("k", b"before")
    switch(empty, "Enabled")
    kept = empty.put("k", b"kept").headers["x-oss-version-id"]
    assert get(empty, "k", "null").body == b"before"
    switch(empty, "Suspended")
    assert empty.put("k", b"null one").headers["x-oss-version-id"] == "null"
    assert empty.put("k", b"null two").headers["x-oss-version-id"] == "null"
    assert get(empty, "k", "null").body == b"null two"
    assert [row[1] for row in listed(empty)] == ["null", kept]
    assert empty.send("DELETE", "k").headers["x-oss-version-id"] == "null"
    assert {row[1:] for row in listed(empty)} == {("null", "true", True), (kept, "false", False)}
    assert get(empty, "k", kept).body == b"kept"


@pytest.mark.parametrize("query", ["versionId=abc", "versionId=" + "a" * 1024])
def test_malformed_version_id_is_told_from_one_that_is_not_there(versioned, query):
    versioned.put("k")
    assert versioned.send("GET", "k", query).code == "InvalidArgument"
    absent = "CAEQ" + "0" * 44
    assert get(versioned, "k", absent).code == "NoSuchVersion"
    assert versioned.send("DELETE", "k", f"versionId={absent}").status == 204


def test_batch_delete_removes_versions_and_adds_markers(versioned):
    first = versioned.put("a").headers["x-oss-version-id"]
    second = versioned.put("a").headers["x-oss-version-id"]
    versioned.put("b")

    def delete(objects):
        body = f"<Delete>{objects}</Delete>"
        digest = base64.b64encode(hashlib.md5(body.encode()).digest()).decode()
        return versioned.send("POST", "", "delete", body, Content_MD5=digest)

    answer = delete(f"<Object><Key>a</Key><VersionId>{first}</VersionId></Object><Object><Key>b</Key></Object>")
    assert answer.texts("Deleted/Key") == ["a", "b"]
    assert answer.texts("Deleted/VersionId") == [first]
    assert answer.texts("Deleted/DeleteMarker") == ["true"]
    assert [row[1] for row in listed(versioned, "versions&prefix=a")] == [second]
    assert delete("<Object><Key>a</Key><VersionId>no</VersionId></Object>").code == "InvalidArgument"


def test_versions_are_listed_newest_first_whatever_the_page_size(versioned):
    made = {}
    for key in ("a", "b/1", "b/2", "c"):
        for _ in range(3):
            made.setdefault(key, []).insert(0, versioned.put(key).headers["x-oss-version-id"])
    expected = [(key, version) for key, versions in made.items() for version in versions]
    for size in (1, 2, 5, 100):
        found, markers = [], ""
        while True:
            answer = versioned.send("GET", "", f"versions&max-keys={size}{markers}")
            found += zip(answer.texts("Version/Key"), answer.texts("Version/VersionId"), strict=True)
            if answer.text("IsTruncated") != "true":
                break
            markers = f"&key-marker={answer.text('NextKeyMarker')}"
            markers += f"&version-id-marker={answer.text('NextVersionIdMarker')}"
        assert found == expected
    answer = versioned.send("GET", "", "versions&delimiter=/")
    assert answer.texts("CommonPrefixes/Prefix") == ["b/"]
    assert answer.texts("Version/IsLatest") == ["true", "false", "false"] * 2


def test_version_marker_needs_its_key(versioned):
    assert versioned.send("GET", "", "versions&version-id-marker=null").code == "InvalidArgument"


def test_copy_takes_the_version_that_is_named(versioned):
    first = versioned.put("source", b"old").headers["x-oss-version-id"]
    versioned.put("source", b"new")
    source = f"/{versioned.bucket}/source?versionId={first}"
    copied = versioned.put("target", b"", x_oss_copy_source=source)
    assert copied.headers["x-oss-copy-source-version-id"] == first
    assert versioned.get("target").body == b"old"
    upload_id = versioned.initiate("parts")
    part = versioned.send("PUT", "parts", f"partNumber=1&uploadId={upload_id}", x_oss_copy_source=source)
    done = versioned.complete("parts", upload_id, (1, part.headers["etag"]))
    assert get(versioned, "parts", done.headers["x-oss-version-id"]).body == b"old"


def test_append_grows_the_current_version(versioned):
    first = versioned.send("POST", "log", "append&position=0", b"ab").headers["x-oss-version-id"]
    assert versioned.send("POST", "log", "append&position=2", b"cd").headers["x-oss-version-id"] == first
    assert versioned.get("log").body == b"abcd"
    assert len(listed(versioned)) == 1


def test_forbid_overwrite_means_nothing_where_versions_are_kept(versioned):
    versioned.put("k")
    assert versioned.put("k", x_oss_forbid_overwrite="true").status == 200


def test_versions_survive_a_restart(tmp_path):
    server = started(tmp_path, limits=SMALL_PARTS)
    client = Client(server.port)
    switch(client, "Enabled")
    first = client.put("k", b"1" * 50_000).headers["x-oss-version-id"]
    client.put("k", b"2")
    client.close()
    server.stop()
    server = started(tmp_path)
    client = Client(server.port)
    third = client.put("k", b"3").headers["x-oss-version-id"]
    assert listed(client)[0][1] == third
    assert get(client, "k", first).body == b"1" * 50_000
    client.close()
    server.stop()


def test_removed_versions_leave_no_files(tmp_path):
    server = started(tmp_path)
    client = Client(server.port)
    switch(client, "Enabled")
    versions = [client.put("k", b"x" * 50_000).headers["x-oss-version-id"] for _ in range(3)]
    for version in versions:
        client.send("DELETE", "k", f"versionId={version}")
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    client.close()
    server.stop()


@pytest.mark.slow
def test_list_of_versions_costs_the_page_and_not_what_lies_beyond(tmp_path):
    store = Store(tmp_path, 1024)
    store.create_bucket(Bucket(0, "bbb", 0, "private", "Standard", "LRS", ENABLED))
    bucket = store.bucket("bbb")
    with store.writing(bucket) as opened:
        for number in range(20_000):
            stored = StoredObject(f"k{number // 4:05}", "Normal", 0, "E", 0, "", 0, Attributes())
            store.objects.put(opened, stored)
    steps = 0

    def count():
        nonlocal steps
        steps += 1

    with store.index.reading() as connection:
        connection.set_progress_handler(count, 10)
    page = list_versions(store, bucket, ListQuery(after="k02500", limit=10), "")
    with store.index.reading() as connection:
        connection.set_progress_handler(None, 0)
    assert [entry.listed.key for entry in page.versions] == ["k02501"] * 4 + ["k02502"] * 4 + ["k02503"] * 2
    assert steps < 200
    store.close()

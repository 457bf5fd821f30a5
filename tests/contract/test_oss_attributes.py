"""What is kept with an object beside its bytes."""

import threading
import time

import pytest

from hdfs2oss.filesystems.base import NoChecksum
from hdfs2oss.filesystems.body import body_of
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.attributes import Attributes
from hdfs2oss.model.errors import (
    NotFound,
    StoreError,
)
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.rules.checksum import crc32c, crc64
from hdfs2oss.rules.filesum import COMPOSITE_CRC, CRC64, FileChecksum
from hdfs2oss.transfer.proving import notes_of
from tests.stores.oss_bucket import bucket


def test_metadata_and_notes_come_back(store: OssFileSystem) -> None:
    store.put("/file", b"1", "", {"owner": "hive", "mtime": "12"})
    store.keep_note("/file", {"crc32c": "0123abcd", "by": "a b+c=d.e_f:g/h-i"})
    assert store.read_notes("/file") == {
        "owner": "hive", "mtime": "12", "crc32c": "0123abcd", "by": "a b+c=d.e_f:g/h-i",
    }  # fmt: skip


def test_metadata_of_an_upload_is_fixed_when_it_begins(store: OssFileSystem) -> None:
    upload = store.begin_upload("/file", Attributes(owner="hive"))
    store.complete_upload("/file", upload, [store.put_part("/file", upload, 1, body_of(b"1"))])
    assert store.read_notes("/file") == {"hdfs2oss-attributes": "1;u=hive"}


def test_a_note_that_no_tag_may_hold_is_refused(store: OssFileSystem) -> None:
    store.put("/file", b"1", "", {})
    with pytest.raises(StoreError, match="characters"):
        store.keep_note("/file", {"name": "<&>"})


def test_making_a_directory_again_keeps_the_metadata_of_its_marker(
    server: LocalOssServer, store: OssFileSystem
) -> None:
    bucket(server).put_object("d/", b"", headers={"x-oss-meta-owner": "hive"})
    store.make_directory("/d")
    assert bucket(server).head_object("d/").headers["x-oss-meta-owner"] == "hive"


@pytest.mark.parametrize("kept_as", ["metadata", "tags"])
def test_the_crc_32c_kept_with_an_object_counts_until_others_write_it(server, store, kept_as) -> None:
    data, notes = b"123456789", notes_of(crc64(b"123456789"), crc32c(b"123456789"))
    store.put("/f", data, "", notes if kept_as == "metadata" else {})
    if kept_as == "tags":
        store.keep_note("/f", notes)
    assert store.checksum("/f", COMPOSITE_CRC) == FileChecksum("COMPOSITE-CRC32C", "e3069283")
    assert store.checksum("/f", CRC64) == FileChecksum(CRC64, "995dc9bbdf1939fa")
    headers = {f"x-oss-meta-{name}": value for name, value in notes.items()}
    tagging = "&".join(f"{name}={value}" for name, value in notes.items())
    bucket(server).put_object("f", b"987654321", headers={**headers, "x-oss-tagging": tagging})
    with pytest.raises(NoChecksum):
        store.checksum("/f", COMPOSITE_CRC)
    assert store.checksum("/f", CRC64).value == f"{crc64(b'987654321'):016x}"


def test_an_object_of_others_has_no_crc_32c(server, store) -> None:
    bucket(server).put_object("f", b"1")
    with pytest.raises(NoChecksum, match="kept"):
        store.checksum("/f", COMPOSITE_CRC)
    with pytest.raises(NotFound):
        store.checksum("/none", COMPOSITE_CRC)


def test_attributes_are_changed_and_all_else_that_is_known_of_an_object_stays(
    server: LocalOssServer, store: OssFileSystem
) -> None:
    said = {
        "x-oss-meta-of-others": "1",
        "Content-Type": "text/plain",
        "Cache-Control": "no-cache",
        "x-oss-storage-class": "IA",
        "x-oss-object-acl": "public-read",
        "x-oss-tagging": "a=b",
        "x-oss-server-side-encryption": "AES256",
    }
    bucket(server).put_object("f", b"123", headers=said)
    before = bucket(server).head_object("f")
    assert store.keep_attributes("/f", FILE, Attributes(owner="alice"))
    after = bucket(server).head_object("f")
    assert after.headers["x-oss-meta-hdfs2oss-attributes"] == "1;u=alice"
    for name in ("x-oss-meta-of-others", "Content-Type", "Cache-Control", "x-oss-storage-class", "ETag",
                 "x-oss-server-side-encryption", "x-oss-hash-crc64ecma"):  # fmt: skip
        assert after.headers[name] == before.headers[name]
    assert bucket(server).get_object_acl("f").acl == "public-read"
    assert store.read_notes("/f")["a"] == "b"
    assert store.read_bytes("/f") == b"123"


def test_an_object_that_is_replaced_while_its_attributes_are_kept_keeps_its_own(
    server: LocalOssServer, store: OssFileSystem
) -> None:
    store.put("/f", b"1", "", {})
    server.plan.replace([Rule("latency", operation="copy_object", seconds=1.0)])
    failures: list[StoreError] = []

    def keep() -> None:
        try:
            store.keep_attributes("/f", FILE, Attributes(owner="alice"))
        except StoreError as error:
            failures.append(error)

    thread = threading.Thread(target=keep)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.plan.state()[0][1] and time.monotonic() < deadline:
        time.sleep(0.01)
    bucket(server).put_object("f", b"22")
    thread.join()
    server.plan.replace([])
    assert len(failures) == 1
    assert store.read_attributes("/f", FILE, "u") == Attributes()
    assert store.read_bytes("/f") == b"22"


def test_a_line_that_cannot_be_read_is_an_error_that_names_the_object(
    server: LocalOssServer, store: OssFileSystem
) -> None:
    bucket(server).put_object("f", b"1", headers={"x-oss-meta-hdfs2oss-attributes": "7;u=a"})
    with pytest.raises(StoreError, match="what is kept with /f cannot be read: attributes of version '7'"):
        store.read_attributes("/f", FILE, "u")


def test_a_bucket_itself_and_a_directory_without_a_marker_have_no_attributes(store: OssFileSystem) -> None:
    store.put("/d/f", b"1", "", {})
    assert store.read_attributes("/", DIRECTORY, "ugp") == store.read_attributes("/d", DIRECTORY, "ugp") == Attributes()
    assert not store.keep_attributes("/", DIRECTORY, Attributes(owner="a"))
    assert store.keep_attributes("/d", DIRECTORY, Attributes(owner="a"))
    assert store.read_attributes("/d", DIRECTORY, "ugp") == Attributes(owner="a")

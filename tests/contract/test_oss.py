"""The contract on OSS (the local server speaks its protocol), and what only OSS can be."""

import threading
import time
from pathlib import Path

import oss2
import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.client import RETRIES
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.local_oss.store.synthetic import parse_synthetic
from hdfs2oss.model.errors import (
    AuthenticationFailed,
    CorruptData,
    NotFound,
    PermissionDenied,
    Unreachable,
)
from hdfs2oss.model.values import DIRECTORY, FILE, SYMLINK, UNUSABLE
from hdfs2oss.records.ranged import TAIL_BYTES, RangedFile
from hdfs2oss.rules.retry import RetryPolicy
from tests.stores.contract import FileSystemContract, MultipartContract
from tests.stores.oss_bucket import KEYS, bucket


class TestOss(FileSystemContract, MultipartContract):
    @pytest.fixture
    def many(self, server: LocalOssServer, store: OssFileSystem, root: str) -> tuple[str, int]:
        for number in range(2500):
            store.put(f"{root}/many/f{number:05d}", b"", "", {})
        return f"{root}/many", 2500


def rows(store: OssFileSystem, path: str = "/") -> list[tuple[str, str]]:
    return [(row.key, row.kind) for row in store.walk(path)]


def test_keys_that_cannot_be_paths_are_unusable_rows_in_their_place(
    server: LocalOssServer, store: OssFileSystem
) -> None:
    raw = bucket(server)
    for key in ("a", "a/b", "bytes/", "bytes/in", "dot/./x", "dot/../y", "two//slashes", "two/good", "z"):
        raw.put_object(key, b"12")
    raw.put_object("marker/", b"")
    assert rows(store) == [
        ("a", FILE), ("a/", DIRECTORY), ("a/b", FILE),
        ("bytes/", DIRECTORY), ("bytes/", UNUSABLE), ("bytes/in", FILE),
        ("dot/", DIRECTORY), ("dot/../y", UNUSABLE), ("dot/./x", UNUSABLE),
        ("marker/", DIRECTORY),
        ("two/", DIRECTORY), ("two//slashes", UNUSABLE), ("two/good", FILE),
        ("z", FILE),
    ]  # fmt: skip
    assert all(row.problem for row in store.walk("/") if row.kind == UNUSABLE)


def test_one_level_names_unusable_prefixes_too(server: LocalOssServer, store: OssFileSystem) -> None:
    raw = bucket(server)
    for key in ("d//x", "d/../y", "d/e/f", "d/z"):
        raw.put_object(key, b"1")
    found = [(row.key, row.kind) for row in store.walk("/d", recursive=False)]
    assert found == [("../", UNUSABLE), ("/", UNUSABLE), ("e/", DIRECTORY), ("z", FILE)]


def test_blocks_of_oss_hdfs_are_one_row_and_not_entered(server: LocalOssServer, store: OssFileSystem) -> None:
    raw = bucket(server)
    for key in (".a", ".dlsdata/1", ".dlsdata/2/3", ".dlsdatb", "z/.dlsdata/x"):
        raw.put_object(key, b"1")
    expected = [(".a", FILE), (".dlsdata/", UNUSABLE), (".dlsdatb", FILE), ("z/", DIRECTORY)]
    assert rows(store) == [*expected, ("z/.dlsdata/", DIRECTORY), ("z/.dlsdata/x", FILE)]
    assert [(row.key, row.kind) for row in store.walk("/", recursive=False)] == expected


def test_a_symlink_is_a_row_of_its_kind(server: LocalOssServer, store: OssFileSystem) -> None:
    raw = bucket(server)
    raw.put_object("target", b"1")
    raw.put_symlink("target", "link")
    assert rows(store) == [("link", SYMLINK), ("target", FILE)]
    status = store.status("/link")
    assert status is not None
    assert status.kind == SYMLINK


def test_an_object_replaced_while_it_is_read_is_never_mixed(store: OssFileSystem) -> None:
    store.put("/file", b"1" * 1000, "", {})
    with store.open_reader("/file", -1) as reader:
        assert b"".join(reader.stream(0, 10, 10)) == b"1" * 10
        store.put("/file", b"2" * 1000, "", {})
        with pytest.raises(CorruptData, match="replaced"):
            list(reader.stream(10, 10, 10))
        store.remove("/file")
        with pytest.raises(CorruptData, match="removed"):
            list(reader.stream(10, 10, 10))


def test_records_are_read_by_ranges(store: OssFileSystem) -> None:
    data = bytes(1000) * 1000
    store.put("/d/f", data, "", {})
    before = store.traffic.snapshot()
    with RangedFile(store, "/d/f") as file:
        assert file.length == len(data)
        file.seek(500)
        assert file.read(100) == data[500:600]
    after = store.traffic.snapshot()
    assert after["BYTES_READ"] - before["BYTES_READ"] == TAIL_BYTES + 100


def test_the_whole_object_is_compared_with_its_crc(store: OssFileSystem) -> None:
    data = bytes(range(256)) * 4096
    store.put("/file", data, "", {})
    for expected_length in (len(data), -1):
        with store.open_reader("/file", expected_length) as reader:
            assert b"".join(reader.stream(0, len(data), 65_536)) == data


def test_what_is_too_large_for_a_put_goes_up_in_parts_and_never_as_a_stream(store: OssFileSystem) -> None:
    assert store.capabilities.multipart
    with pytest.raises(NotImplementedError):
        store.open_writer("/file", "/.work")


def test_removing_a_directory_takes_any_key_below_it(server: LocalOssServer, store: OssFileSystem) -> None:
    raw = bucket(server)
    for number in range(1005):
        store.put(f"/d/{number}", b"", "", {})
    for key in ("d/", "d//x", "d/a\rb", "d/<&>", "d/\x01", "d2"):
        raw.put_object(key, b"")
    assert store.remove("/d", recursive=True)
    assert rows(store) == [("d2", FILE)]


def test_the_root_of_a_bucket_is_never_removed(store: OssFileSystem) -> None:
    store.put("/file", b"1", "", {})
    with pytest.raises(PermissionDenied):
        store.remove("/", recursive=True)


def test_of_many_that_create_a_file_at_once_one_wins(store: OssFileSystem) -> None:
    won: list[int] = []
    start = threading.Barrier(8)

    def create(number: int) -> None:
        start.wait()
        if store.create_exclusive("/one", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(number).encode() for number in won] == [store.read_bytes("/one")]


@pytest.mark.parametrize("signature", ["v1", "v4"])
def test_a_bucket_that_keeps_versions_takes_no_exclusive_file(tmp_path: Path, signature: str) -> None:
    with LocalOssServer(tmp_path, **KEYS, buckets=["lake"]) as own:
        access = OssAccess(own.endpoint, *KEYS.values(), region="cn-hangzhou", signature=signature)
        assert OssFileSystem("lake", access).create_exclusive("/one", b"1")
        bucket(own).put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
        opened = OssFileSystem("lake", access)
        with pytest.raises(PermissionDenied, match="the bucket lake keeps versions"):
            opened.create_exclusive("/two", b"1")
        assert opened.status("/two") is None


@pytest.mark.parametrize("signature", ["v1", "v4"])
def test_wrong_keys_are_said_to_be_wrong_and_never_shown(server: LocalOssServer, signature: str) -> None:
    for key_id, secret, cause in (("nobody", "test-secret", "not known"), ("test-id", "wr0ng", "does not fit")):
        access = OssAccess(server.endpoint, key_id, secret, region="cn-hangzhou", signature=signature)
        opened = OssFileSystem("lake", access)
        for attempt in (lambda fs=opened: fs.status("/x"), lambda fs=opened: fs.put("/x", b"", "", {})):
            with pytest.raises(AuthenticationFailed, match=cause) as caught:
                attempt()
            assert key_id not in str(caught.value)
            assert secret not in str(caught.value)


def test_a_missing_bucket_is_named_with_its_endpoint(server: LocalOssServer) -> None:
    opened = OssFileSystem("no-such", OssAccess(server.endpoint, *KEYS.values()))
    for attempt in (
        lambda: opened.status("/"), lambda: opened.status("/x"), lambda: list(opened.walk("/")),
        lambda: opened.put("/x", b"", "", {}), lambda: opened.remove("/x"), lambda: opened.make_directory("/x"),
    ):  # fmt: skip
        with pytest.raises(NotFound, match="the bucket no-such does not exist at http://127"):
            attempt()


def test_a_wrong_clock_is_named(tmp_path: Path) -> None:
    with LocalOssServer(tmp_path, **KEYS, buckets=["lake"], clock=lambda: time.time() + 3600) as late:
        opened = OssFileSystem("lake", OssAccess(late.endpoint, *KEYS.values()))
        with pytest.raises(AuthenticationFailed, match="clock"):
            opened.status("/x")


REFUSED = r"cannot write /x: cannot connect to 127\.0\.0\.1:\d+: Connection refused"


def refuse_connection(tmp_path: Path, retries: RetryPolicy = RETRIES) -> None:
    with LocalOssServer(tmp_path, **KEYS, buckets=["lake"]) as stopped:
        pass
    with pytest.raises(Unreachable, match=REFUSED):
        OssFileSystem("lake", OssAccess(stopped.endpoint, *KEYS.values()), retries=retries).put("/x", b"", "", {})


def test_a_refused_connection_is_one_clear_error(tmp_path: Path) -> None:
    refuse_connection(tmp_path, RETRIES._replace(deadline_seconds=0.5))


@pytest.mark.full
@pytest.mark.faults
def test_a_refused_connection_is_told_within_half_a_minute(tmp_path: Path) -> None:
    started = time.monotonic()
    refuse_connection(tmp_path)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_begin_whose_answer_is_lost_leaves_one_upload_and_those_of_others(tmp_path: Path, is_kept: bool) -> None:
    # What is older than a try of ours was begun by somebody else; the store tells whole seconds.
    ago = 5.0
    with LocalOssServer(tmp_path, **KEYS, buckets=["lake"], clock=lambda: time.time() - ago) as server:
        other = bucket(server).init_multipart_upload("d/file").upload_id
        below = bucket(server).init_multipart_upload("d/file-2").upload_id
        ago = 0.0
        store = OssFileSystem("lake", OssAccess(server.endpoint, *KEYS.values()), threads=4)
        if is_kept:
            # A request over a connection that was kept is sent again by the session, without a further try.
            assert store.status("/d/none") is None
        server.plan.replace([Rule("lost-answer", method="POST", key="d/file", count=1 if is_kept else 2)])
        ours = store.begin_upload("/d/file")
        server.plan.replace([])
        assert_uploads(store, ours, other, below)
        store.close()


def assert_uploads(store: OssFileSystem, ours: str, other: str, below: str) -> None:
    assert {one.upload_id for one in store.find_uploads("/d/file")} == {other, ours}
    assert {one.upload_id for one in store.find_uploads("/d")} == {other, ours, below}
    for one in store.find_uploads("/"):
        store.abort_upload(one.path, one.upload_id)
    assert store.find_uploads("/") == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["error", "reset-after-body", "truncate"])
def test_a_later_page_that_fails_for_a_moment_costs_no_row_of_the_listing(tmp_path: Path, fault: str) -> None:
    made_up = [parse_synthetic("lake/flat/f-:2500:1")]
    with LocalOssServer(tmp_path, **KEYS, buckets=["lake"], synthetic=made_up) as server:
        store = OssFileSystem("lake", OssAccess(server.endpoint, *KEYS.values()), threads=4)
        names = [row.path for row in store.walk("/flat")]
        server.plan.replace([Rule(fault, method="GET", key="", after=1, count=2)])
        assert [row.path for row in store.walk("/flat")] == names
        store.close()
    assert (len(names), names) == (2500, sorted(set(names)))
    assert store.traffic.snapshot()["REQUESTS_REPEATED"] >= 1

"""Whose keys the native client uses in an encryption zone, and what is made of the checksums of encrypted bytes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from hdfs2oss.filesystems.base import NoChecksum
from hdfs2oss.filesystems.hadoop_errors import READ_BY_JAVA, error_of_java
from hdfs2oss.filesystems.hdfs.client import KEY_SERVER, HdfsClient
from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.hdfs.zones import Zones, key_server_of
from hdfs2oss.model.errors import AuthenticationFailed, StoreError, Unreachable
from hdfs2oss.rules.filesum import MD5_OF_CRC
from tests.unit.filesystems.hdfs.test_webhdfs import MISSING, ROOT, ok, refused, web
from tests.unit.filesystems.oss.scripted_store import Answer, ScriptedStore

OWN, FOREIGN = "kms://http@own:9600/kms", "kms://http@other:9600/kms"
ZONE = {"FileStatus": {"type": "DIRECTORY", "encBit": True}}
SAID = 'OperationFailed("File is in an HDFS encryption zone but no KMS provider is configured (set `a.b` in c.xml)")'


class KeyedClient(HdfsClient):
    """Its native client opens a file with the key server that it was made with, and says which one that is."""

    def __init__(self, key_server) -> None:
        super().__init__("nn:1", {KEY_SERVER: FOREIGN})
        self.find_key_server = key_server
        self.made = 0

    def _make(self):  # type: ignore[no-untyped-def]
        self.made += 1
        return SimpleNamespace(read=self._reader_with(self._configuration[KEY_SERVER]))

    def _reader_with(self, told: str):  # type: ignore[no-untyped-def]
        def read(path: str) -> str:
            if path.startswith("/zone/") and not told:
                raise RuntimeError(SAID)
            return told

        return read


def read_from(client: KeyedClient, path: str) -> str:
    return str(client.look(f"read {path}", lambda native: native.read(path)))


def test_the_keys_of_a_zone_come_from_whom_the_namenode_names_and_never_from_whom_the_configuration_does() -> None:
    asked: list[str] = []

    def key_server() -> str:
        asked.append("")
        return OWN

    client = KeyedClient(key_server)
    assert read_from(client, "/plain/f") == ""
    assert (asked, client.made) == ([], 1)
    assert [read_from(client, f"/zone/{name}") for name in "fgh"] == [OWN] * 3
    assert (len(asked), client.made) == (1, 2)


def test_however_many_meet_a_zone_at_once_its_key_server_is_asked_for_once() -> None:
    asked, come = [], threading.Barrier(8)

    def key_server() -> str:
        asked.append("")
        return OWN

    client = KeyedClient(key_server)

    def read(number: int) -> str:
        come.wait(60)
        return read_from(client, f"/zone/{number}")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(8))) == [OWN] * 8
    assert len(asked) == 1


def test_where_nobody_names_the_key_server_a_file_of_a_zone_is_refused_with_the_option_that_reads_it() -> None:
    def key_server() -> str:
        raise StoreError("it lies in an encryption zone, and nobody tells", READ_BY_JAVA)

    client = KeyedClient(key_server)
    with pytest.raises(StoreError, match=r"^cannot read /zone/f: it lies in an encryption zone") as caught:
        read_from(client, "/zone/f")
    assert "--hdfs-client jvm" in caught.value.hint
    assert read_from(client, "/plain/f") == ""


def test_the_namenode_names_the_key_server_over_http() -> None:
    with ScriptedStore(ok(ROOT), ok({"FsServerDefaults": {"keyProviderUri": OWN, "blockSize": 1}})) as store:
        assert key_server_of(web(store)) == OWN
    assert "op=GETSERVERDEFAULTS" in store.requests[1].path


@pytest.mark.parametrize(
    "answers",
    [
        [refused(403, "AccessControlException")],
        [ok(ROOT), refused(400, "IllegalArgumentException")],
        [ok(ROOT), ok({"FsServerDefaults": {"blockSize": 1}})],
        [ok(ROOT), ok({"FsServerDefaults": {"keyProviderUri": ""}})],
    ],
    ids=["silent", "before Hadoop 3.1", "as some versions leave it out", "without zones"],
)
def test_a_namenode_that_names_no_key_server_has_zones_refused(answers: list[Answer]) -> None:
    with ScriptedStore(*answers) as store, pytest.raises(StoreError, match="nobody tells which key server") as caught:
        key_server_of(web(store))
    assert (caught.value.hint, caught.value.retryable) == (READ_BY_JAVA, False)


def test_a_namenode_that_is_silent_for_a_moment_is_asked_again_by_the_next_try() -> None:
    with ScriptedStore(ok(ROOT), Answer(0)) as store, pytest.raises(Unreachable) as caught:
        key_server_of(web(store))
    assert caught.value.retryable


def test_a_directory_is_asked_about_once_whether_it_lies_in_a_zone() -> None:
    with ScriptedStore(ok(ZONE), ok(ROOT), MISSING) as store:
        zones = Zones(web(store))
        assert [zones.hold(path) for path in ("/z/a", "/z/b", "/d/a", "/d/b", "/none/a")] == [
            True,
            True,
            False,
            False,
            False,
        ]
    assert len(store.requests) == 3


def test_of_a_file_in_the_root_the_root_is_asked_about() -> None:
    with ScriptedStore(ok(ZONE)) as store:
        assert Zones(web(store)).hold("/f")
    assert store.requests[0].path.startswith("/webhdfs/v1/?")


def test_the_checksum_of_encrypted_bytes_is_compared_with_nothing() -> None:
    with ScriptedStore(ok(ROOT), ok(ZONE)) as store:
        hdfs = HdfsFileSystem(
            "nn:1", {"fs.defaultFS": "hdfs://nn:1", "dfs.namenode.http-address": f"127.0.0.1:{store.port}"}
        )
        with pytest.raises(NoChecksum, match="no checksum of /z/f: it lies in an encryption zone"):
            hdfs.checksum("/z/f", MD5_OF_CRC)
    assert not any("GETFILECHECKSUM" in one.path for one in store.requests)


def test_who_may_not_have_a_key_concerns_that_zone_and_nobody_elses_files() -> None:
    # In Java's words; the same class speaks of a user whom nobody lets in at all.
    said = "User [bob] is not authorized to perform [DECRYPT_EEK] on key with ACL name [k]!!"
    assert not error_of_java("AuthorizationException", said, said).ends_wave
    said = "User: bob is not allowed to impersonate alice"
    assert isinstance(error_of_java("AuthorizationException", said, said), AuthenticationFailed)

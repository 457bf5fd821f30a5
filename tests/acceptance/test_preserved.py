"""-p on a real HDFS: what a copy keeps of files and directories. Numbers are those of DistCp's acceptance cases."""

import json
import urllib.request
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.attributes import AclEntry, Attributes
from tests.trees import Place

pytestmark = pytest.mark.hdfs

RS = "RS-6-3-1024k"
MTIME = 1_500_000_000_000
BOB = (AclEntry("access", "user", "bob", "r-x"), AclEntry("access", "group", "", "r-x"))
DEFAULTS = tuple(
    AclEntry("default", kind, name, rights)
    for kind, name, rights in (
        ("user", "", "rwx"), ("user", "cäsar", "--x"), ("group", "", "r-x"), ("mask", "", "r-x"), ("other", "", "---"),
    )
)  # fmt: skip


@pytest.fixture
def ends(command, hdfs_place, sandbox, monkeypatch, home) -> tuple[Place, Place]:
    """A source and a target on HDFS, where the operator's configuration is found."""
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    address = sandbox.env()["SANDBOX_WEBHDFS"].removeprefix("http://")
    places = hdfs_place("hdfs", "source"), hdfs_place("hdfs", "target")
    conf = {**places[0].stores.hadoop_conf, "dfs.namenode.http-address": address}
    source, target = (replace(place, stores=replace(place.stores, hadoop_conf=conf)) for place in places)
    return source, target


@pytest.fixture
def web(sandbox):
    """`web("PUT", place, "SETECPOLICY", ecpolicy=...)`, as the superuser, without any code of ours."""

    def call(method: str, place: Place, operation: str, **parameters: str) -> dict:
        facts = sandbox.env()
        query = urlencode({"op": operation, "user.name": superuser(place), **parameters})
        url = f"{facts['SANDBOX_WEBHDFS']}/webhdfs/v1{quote(place.uri.path)}?{query}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as response:
            return json.loads(response.read() or b"{}")

    return call


def superuser(place: Place) -> str:
    status = open_filesystem(place.uri, place.stores).status("/user")
    assert status is not None
    return status.owner


def give(place: Place, **fields: object) -> Place:
    """Set attributes through the store; that it does this rightly is proven by its contract."""
    store = open_filesystem(place.uri, place.stores)
    status = store.status(place.uri.path)
    assert status is not None
    store.keep_attributes(place.uri.path, status.kind, Attributes(**fields))  # type: ignore[arg-type]
    return place


def has(place: Place, letters: str) -> Attributes:
    store = open_filesystem(place.uri, place.stores)
    status = store.status(place.uri.path)
    assert status is not None
    return store.read_attributes(place.uri.path, status.kind, letters)


def make_file(place: Place, data: bytes = b"", **fields: object) -> Place:
    """An empty file closes at once, one with bytes takes half a second."""
    wanted = Attributes(**fields)  # type: ignore[arg-type]
    store = open_filesystem(place.uri, place.stores)
    store.put(place.uri.path, data, place.uri.parent.join(".work-of-a-test").path, {}, wanted)
    return place


def test_70_replication_and_block_size_are_equal_with_prb_and_the_targets_own_without(command, ends) -> None:
    source, target = ends
    make_file(source / "f", b"12", replication=3, block_size_bytes=1 << 20)
    assert command("-prb", source, target / "kept").code == 0
    assert command(source, target / "plain").code == 0
    assert has(target / "kept/f", "rb") == Attributes(replication=3, block_size_bytes=1 << 20)
    plain = open_filesystem(target.uri, target.stores).status((target / "plain/f").uri.path)
    assert plain is not None
    assert (plain.replication, plain.block_size_bytes) == (1, 128 << 20)


def test_71_to_73_and_83_owners_and_modes_at_each_level_and_the_root_only_where_it_is_listed(command, ends) -> None:
    source, target = ends
    made = {"owner": "alice", "group": "lake", "permission": 0o751}
    for path in ("d/e/f", "lone"):
        make_file(source / path, **made)
    (source / "empty").make({})
    for number, path in enumerate(("d/e", "d", "empty", "")):
        give(source / path, **{**made, "permission": 0o700 + number})
    levels = ("d/e/f", "lone", "d/e", "d", "empty")

    assert command("-pugp", source, target / "new").code == 0
    assert [has(target / "new" / path, "ugp") for path in (*levels, "")] == [
        has(source / path, "ugp") for path in (*levels, "")
    ]
    assert command(source, target / "plain").code == 0
    assert not {has(target / "plain" / path, "u").owner for path in (*levels, "")} & {"alice"}
    assert command("-pu", source / "lone", target / "plain/one").code == 0
    assert has(target / "plain/one", "u").owner == "alice"

    # What is skipped is given its mode and owner as well (83); the root waits for -updateRoot (73).
    done = command("-update", "-pugp", source, target / "plain")
    assert (done.code, done["COPY"], done["SKIP"], done["FILES_REFRESHED"]) == (0, 0, 2, 2)
    assert [has(target / "plain" / path, "ugp") for path in levels] == [has(source / path, "ugp") for path in levels]
    assert has(target / "plain", "u").owner != "alice"
    done = command("-update", "-updateRoot", "-pugp", source, target / "plain")
    assert (done.code, done["FILES_REFRESHED"], done["DIRECTORIES_REFRESHED"]) == (0, 0, 1)
    assert has(target / "plain", "ugp") == has(source, "ugp")


def test_74_modes_are_equal_on_the_final_path_of_an_atomic_copy(command, ends) -> None:
    source, target = ends
    make_file(source / "d/e/f", permission=0o640)
    for number, path in enumerate(("d/e", "d", "")):
        give(source / path, permission=0o1700 + number, mtime_ms=MTIME + number)
    assert command("-atomic", "-ppt", source, target).code == 0
    for path in ("d/e/f", "d/e", "d", ""):
        assert has(target / path, "pt") == has(source / path, "pt")


def test_75_times_of_directories_are_equal_though_files_in_them_were_deleted(command, ends) -> None:
    source, target = ends
    make_file(source / "d/e/f")
    for path in ("d/e/f", "d/e/more", "d/gone/g"):
        make_file(target / path)
    for number, path in enumerate(("d/e", "d", "")):
        give(source / path, mtime_ms=MTIME + number)
    done = command("-update", "-updateRoot", "-delete", "-pt", source, target)
    assert (done.code, done["FILES_DELETED"]) == (0, 2)
    assert target.read() == {"d/e/f": b""}
    for path in ("d/e", "d", ""):
        assert has(target / path, "t") == has(source / path, "t")


def test_75_times_of_files_and_directories_are_equal_though_files_were_written_into_them(command, ends) -> None:
    source, target = ends
    for number, path in enumerate(("d/e/f", "d/g")):
        make_file(source / path, b"1" * number, mtime_ms=MTIME + number, atime_ms=MTIME - number)
    for number, path in enumerate(("d/e", "d", "")):
        give(source / path, mtime_ms=MTIME + 10 + number)
    assert command("-pt", source, target).code == 0
    for path in ("d/e/f", "d/e", "d", ""):
        assert has(target / path, "t") == has(source / path, "t")
    # Reading it moved the time at which the source of the other was last read.
    assert has(target / "d/g", "t").mtime_ms == MTIME + 1
    done = command("-update", "-updateRoot", "-pt", source, target)
    assert (done["SKIP"], done["FILES_REFRESHED"], done["DIRECTORIES_REFRESHED"]) == (2, 0, 0)


def test_76_acls_defaults_sticky_bits_and_plain_modes_are_equal(command, ends) -> None:
    source, target = ends
    make_file(source / "d/acl", permission=0o650, acl=BOB)
    make_file(source / "d/plain", permission=0o604)
    for path, permission, entries in (("sticky", 0o1777, ()), ("d", 0o1750, (*BOB, *DEFAULTS)), ("", 0o755, DEFAULTS)):
        (source / path).make({})
        give(source / path, permission=permission, acl=entries)
    paths = ("d/acl", "d/plain", "sticky", "d", "")
    assert command("-pa", source, target).code == 0
    assert [has(target / path, "a") for path in paths] == [has(source / path, "a") for path in paths]
    give(target / "d/acl", permission=0o600, acl=())
    give(target / "d", permission=0o700, acl=())
    done = command("-update", "-pa", source, target)
    assert (done.code, done["FILES_REFRESHED"], done["DIRECTORIES_REFRESHED"]) == (0, 1, 1)
    assert [has(target / path, "a") for path in paths] == [has(source / path, "a") for path in paths]


def test_78_extended_attributes_are_equal_and_one_without_a_value_is_empty(command, ends, web) -> None:
    source, target = ends
    given = (("trusted.t", b"\x00"), ("user.bin", bytes(range(256))), ("user.none", b""))
    make_file(source / "d/f", xattrs=given[:2])
    web("PUT", source / "d/f", "SETXATTR", **{"xattr.name": "user.none", "flag": "CREATE"})
    give(source / "d", xattrs=given[:1])
    assert command("-px", source, target).code == 0
    assert has(target / "d/f", "x").xattrs == given
    assert has(target / "d", "x").xattrs == given[:1]
    # Those that only the target has stay.
    give(target / "d/f", xattrs=(("user.more", b"1"), ("user.bin", b"other")))
    done = command("-update", "-px", source, target)
    assert (done.code, done["FILES_REFRESHED"]) == (0, 1)
    assert has(target / "d/f", "x").xattrs == (*given[:2], ("user.more", b"1"), given[2])


def test_78_and_79_what_cannot_be_kept_is_refused_before_anything_is_copied(command, ends, make_place) -> None:
    source, target = ends
    make_file(source / "f")
    there = make_place("file", "there")
    done = command("-px", source, there)
    assert (done.code, there.exists()) == (2, False)
    assert "has no extended attributes; nothing was copied" in done.text
    raw = f"hdfs://{source.uri.authority}/.reserved/raw{source.uri.path}"
    done = command("-px", raw, target)
    assert (done.code, target.exists()) == (2, False)
    assert "raw.* attributes" in done.text


def test_66_and_80_coded_directories_stay_coded_and_their_files_too(command, ends, web) -> None:
    """One DataNode cannot hold a coded block, so the files are empty: that they are coded shows all the same."""
    source, target = ends
    (source / "cold/deep").make({})
    web("PUT", source / "cold", "SETECPOLICY", ecpolicy=RS)
    make_file(source / "cold/deep/f")
    make_file(source / "warm/g")
    done = command("-pe", source, target / "kept")
    # The one below has its policy from the one above.
    assert (done.code, done["DIRECTORIES_CODED"]) == (0, 1)
    paths = ("cold", "cold/deep", "cold/deep/f", "warm", "warm/g")
    assert [has(target / "kept" / path, "e").ec_policy for path in paths] == [RS, RS, RS, "", ""]
    done = command("-p", source, target / "plain")
    assert done.code == 0
    assert has(target / "plain/cold/deep/f", "e").ec_policy == ""
    # 66 differs: the checksum type is not taken over, which is said.
    assert "checksums of type CRC32C over 512 bytes, whatever the source has" in done.text


def test_replicas_of_coded_files_are_never_taken_over(command, ends, web) -> None:
    """A coded file says that it has one replica; a plain file made so would be lost with one disk."""
    source, target = ends
    (source / "cold").make({})
    web("PUT", source / "cold", "SETECPOLICY", ecpolicy=RS)
    make_file(source / "cold/f")
    make_file(source / "plain", replication=1)
    assert command("-D", "dfs.replication=2", "-pr", source, target).code == 0
    store = open_filesystem(target.uri, target.stores)
    statuses = [store.status((target / path).uri.path) for path in ("cold/f", "plain")]
    assert [status.replication for status in statuses if status is not None] == [2, 1]


def test_81_and_82_who_is_no_superuser_fails_where_owners_differ_and_nowhere_else(
    command, ends, hdfs_place, monkeypatch
) -> None:
    source, _ = ends
    target = Place(source.uri._replace(path=f"/tmp/{source.uri.path.replace('/', '-')}"), source.stores)
    make_file(source / "f", owner="alice", permission=0o644)
    make_file(source / "g", owner="mallory", permission=0o644)
    monkeypatch.setenv("HADOOP_USER_NAME", "mallory")
    done = command("-pup", source, target)
    assert (done.code, done["FAIL"], done["COPY"]) == (4, 1, 1)
    assert "only the superuser of HDFS" in done.text
    assert "change the owner of" in done.text
    assert target.read() == {"g": b""}
    assert command(source, target / "mine").code == 0
    done = command("-update", source, target / "mine")
    assert (done.code, done["SKIP"], done["COPY"]) == (0, 2, 0)
    done = command("-update", "-pp", source, target / "mine")
    assert (done.code, done["SKIP"], done["FILES_REFRESHED"]) == (0, 2, 0)


def test_a_file_that_goes_in_chunks_or_has_grown_has_all_attributes_at_the_end(command, ends) -> None:
    source, target = ends
    kept = {"owner": "alice", "permission": 0o640, "acl": BOB, "xattrs": (("user.x", b"\xff"),)}
    data = bytes(range(256)) * 64
    make_file(source / "f", data, block_size_bytes=4096, replication=2, mtime_ms=MTIME, atime_ms=MTIME, **kept)
    assert command("-blocksperchunk", "2", "-prbuaxt", source, target).code == 0
    assert target.read() == {"f": data}
    letters = "rbuax"
    assert has(target / "f", letters) == has(source / "f", letters)
    assert has(target / "f", "t").mtime_ms == MTIME
    with_more = open_filesystem(source.uri, source.stores).open_appender((source / "f").uri.path, len(data))
    with with_more:
        with_more.write(b"more")
        with_more.commit(lambda stored: None)
    give(source / "f", mtime_ms=MTIME + 1, owner="bob")
    done = command("-update", "-append", "-puaxt", source, target)
    assert (done.code, done["BYTESCOPIED"]) == (0, 4)
    assert has(target / "f", letters) == has(source / "f", letters)
    assert has(target / "f", "t").mtime_ms == MTIME + 1


def test_large_files_are_joined_of_chunks_at_blocks_without_being_asked_for(command, ends, web) -> None:
    source, target = ends
    mebibyte = 1 << 20
    data = bytes(range(256)) * (5 * mebibyte // 256) + b"odd"
    make_file(source / "d/odd", data, mtime_ms=MTIME)
    make_file(source / "d/even", data[: 4 * mebibyte], mtime_ms=MTIME)
    make_file(source / "a,b", data[: 3 * mebibyte], mtime_ms=MTIME)
    sizes = ("-Ddfs.blocksize=1m", "--part-size", "1m", "--chunk-size", "2m")
    done = command(*sizes, "-update", source, target)
    assert (done.code, done["COPY"], done["BYTESCOPIED"]) == (0, 3, 12 * mebibyte + 3)
    assert (done["PROVEN_BY_TRANSFER"], done["FILES_FAILED"]) == (3, 0)
    assert target.read() == source.read()
    rows = web("GET", target / "d", "LISTSTATUS")["FileStatuses"]["FileStatus"]
    assert [(row["pathSuffix"], row["blockSize"]) for row in rows] == [("even", mebibyte), ("odd", mebibyte)]
    assert "as one stream each where chunks cannot be joined" in done.text
    again = command(*sizes, "-update", source, target)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, 3)


def test_directories_that_changed_between_two_snapshots_get_their_attributes(command, ends, hdfs_place, web) -> None:
    source, _ = ends
    there = hdfs_place("oss", "there")
    for path in ("b/f", "same/g"):
        make_file(source / path)
    web("PUT", source, "ALLOWSNAPSHOT")
    web("PUT", source, "CREATESNAPSHOT", snapshotname="s1")
    assert command("-update", "--from-snapshot", "s1", "-pp", source, there).code == 0
    make_file(source / "new/h", permission=0o604)
    for path, permission in (("b", 0o711), ("new", 0o1705)):
        give(source / path, permission=permission)
    web("PUT", source, "CREATESNAPSHOT", snapshotname="s2")
    done = command("-update", "-diff", "s1", "s2", "-pp", source, there)
    assert (done.code, done["COPY"]) == (0, 1)
    paths = ("b", "new", "same")
    assert [has(there / path, "p") for path in paths] == [has(source / path, "p") for path in paths]

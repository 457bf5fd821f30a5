"""What fails on the way, from outside, by the catalogue (62, 67-69, 88, 105-108): a server that answers wrongly, rights
that are missing, files that go or grow while they are copied. No store of ours plays a part in the faults.

Onto HDFS two faults cannot be had from outside: a close that fails behind a write that did not, and damage to a chunk
that HDFS does not notice itself. See unit/phases/test_joining.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import close_filesystems, open_filesystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from tests.acceptance.directions import pairs, pairs_with
from tests.acceptance.meanwhile import held, meanwhile
from tests.trees import Place

TREE = {"a": b"alpha", "b": b"beta", "d/c": b"gamma", "d/e/f": b"delta"}
LARGE = bytes(range(256)) * 2000
# Refused at once, so that nobody waits for another try.
DENIED = {"status": 403, "code": "AccessDenied"}


def without(*paths: str) -> dict[str, bytes]:
    return {path: data for path, data in TREE.items() if path not in paths}


@pytest.fixture
def rules(oss_server: LocalOssServer) -> Iterator[Callable[..., None]]:
    """`rules(Rule(...), ...)`: those of the OSS server from now on."""
    yield lambda *given: oss_server.plan.replace(given)
    oss_server.plan.replace([])


@pytest.fixture
def place(request, command, make_place, home, monkeypatch) -> Callable[[str, str], Place]:
    """`place("hdfs", "x")`: as `make_place`, whose OSS server is in this process; HDFS is that of the sandbox."""

    def make(scheme: str, name: str) -> Place:
        if scheme != "hdfs":
            return make_place(scheme, name)
        facts = request.getfixturevalue("sandbox").env()
        for key in ("HADOOP_CONF_DIR", "SANDBOX_HDFS"):
            monkeypatch.setenv(key, facts[key])
        command.extra = ["--job-dir", f"file://{home}/jobs"]
        return request.getfixturevalue("hdfs_place")(scheme, name)

    return make


@pytest.fixture
def ends(request, place) -> tuple[Place, Place]:
    source, _, target = request.param.split(" ")
    return place(source, "source"), place(target, "target")


def remove(place: Place, path: str) -> None:
    open_filesystem(place.uri, place.stores).remove((place / path).uri.path)


def change_rights(place: Place, mode: int) -> None:
    open_filesystem(place.uri, place.stores).client.native().set_permission(place.uri.path, mode)


def become(user: str, monkeypatch) -> None:
    """Ask HDFS as somebody who is not its superuser."""
    monkeypatch.setenv("HADOOP_USER_NAME", user)
    close_filesystems()


def log_of(place: Place) -> str:
    return b"".join(data or b"" for data in place.read().values()).decode()


# 62: a source that grows while it is copied.


@pairs("file to oss", "hdfs to oss")
def test_62_differs_a_source_that_grows_while_it_is_sent_arrives_as_what_it_is_by_then(
    command, ends, oss_server
) -> None:
    source, target = ends
    source.make({"grows": LARGE, "still": b"1"}).settle()
    with meanwhile(oss_server, held("upload_part", "*/grows"), lambda: source.make({"grows": LARGE + b"more"})):
        done = command("--part-size", "100k", source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["FILES_COPIED_AS_CHANGED"]) == (0, 2, 0, 1), done.text
    assert target.read() == {"grows": LARGE + b"more", "still": b"1"}
    assert done["BYTESCOPIED"] == done["BYTES_EXPECTED"] == done["BYTES_LISTED"] == len(LARGE) + 5


@pairs("oss to file", "oss to hdfs")
def test_62_differs_an_object_that_is_replaced_while_it_is_fetched_arrives_as_what_it_is_by_then(
    command, ends, oss_server
) -> None:
    source, target = ends
    source.make({"grows": LARGE, "still": b"1"})
    with meanwhile(oss_server, held("get_object", "*/grows"), lambda: source.make({"grows": LARGE + b"more"})):
        done = command("--part-size", "100k", source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["FILES_COPIED_AS_CHANGED"]) == (0, 2, 0, 1), done.text
    assert target.read() == {"grows": LARGE + b"more", "still": b"1"}


@pytest.mark.hdfs
def test_62_differs_a_file_that_grows_between_survey_and_copy_arrives_as_what_it_is_by_then(
    command, place, oss_server
) -> None:
    """HDFS to HDFS; an object beside it, which takes longer and so comes first, is held back."""
    first, source, target = place("oss", "first"), place("hdfs", "source"), place("hdfs", "target")
    first.make({"a": LARGE + LARGE})
    source.make({"grows": b"22", "still": b"3"})
    with meanwhile(oss_server, held("get_object", "*/a"), lambda: source.make({"grows": b"22 more"})):
        done = command("-update", "--threads", "1", "-m", "1", "-bandwidth", "1", first, source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["FILES_COPIED_AS_CHANGED"]) == (0, 3, 0, 1), done.text
    assert target.read() == {"a": LARGE + LARGE, "grows": b"22 more", "still": b"3"}


# 67 to 69: what arrives is not what was sent.


SKIPPING = [(), ("-skipcrccheck",)]
IGNORING = [(), ("-i",)]


@pytest.mark.parametrize("fault", ["flip", "wrong-crc"])
@pairs_with(SKIPPING, "file to oss", "hdfs to oss")
def test_67_differs_other_bytes_at_the_target_are_noticed_and_sent_again_also_with_skipcrccheck(
    command, ends, oss_server, fault, flags
) -> None:
    """DistCp ends with 25, and with -skipcrccheck it publishes them."""
    damaged_once(command, *ends, oss_server, Rule(fault, operation="put_object", key="*/b", count=1), flags)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["flip", "truncate"])
@pairs_with(SKIPPING, "oss to file", "oss to hdfs")
def test_67_differs_other_bytes_from_the_source_are_noticed_and_fetched_again_also_with_skipcrccheck(
    command, ends, oss_server, fault, flags
) -> None:
    damaged_once(command, *ends, oss_server, Rule(fault, operation="get_object", key="*/b", count=1), flags)


def damaged_once(command, source, target, server, rule, flags) -> None:
    source.make(TREE)
    server.plan.replace([rule])
    try:
        done = command(*flags, source, target)
        hits = server.plan.state()[0][1]
    finally:
        server.plan.replace([])
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESCOPIED"], hits) == (0, 4, 0, 19, 1), done.text
    assert target.read() == TREE


@pytest.mark.full
@pairs("file to oss", "oss to file")
def test_67_what_is_damaged_on_each_way_fails(command, ends, rules) -> None:
    source, target = ends
    source.make(TREE)
    rules(*(Rule("flip", operation=operation, key="*/b") for operation in ("put_object", "get_object")))
    done = command("-skipcrccheck", source, target)
    rules()
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESFAILED"]) == (4, 3, 1, 4), done.text
    assert target.read() == without("b")


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.hdfs
@pytest.mark.parametrize("to", ["oss", "hdfs"])
def test_67_a_block_that_is_damaged_on_its_disk_is_not_copied(command, place, sandbox, to) -> None:
    source, target = place("hdfs", "source"), place(to, "target")
    source.make({"whole": b"1", "damaged": b"these are bytes that lie on a disk for a long time"})
    blocks = [path for path in Path(sandbox.env()["HADOOP_CONF_DIR"]).parent.rglob("blk_*") if path.suffix != ".meta"]
    (block,) = [path for path in blocks if path.read_bytes() == (source / "damaged").content()]
    block.write_bytes(block.read_bytes().replace(b"bytes", b"bites"))
    done = command("-skipcrccheck", source, target)
    assert (done.code, done["COPY"], done["FAIL"], target.read()) == (4, 1, 1, {"whole": b"1"}), done.text


@pairs("file to oss", "hdfs to oss")
def test_68_an_object_that_cannot_be_completed_is_a_failure_and_leaves_nothing(command, ends, rules) -> None:
    source, target = ends
    source.make({"large": LARGE, "small": b"1"})
    rules(Rule("error", operation="complete", key="*/large", **DENIED))
    done = command("--part-size", "100k", source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESFAILED"]) == (4, 1, 1, len(LARGE)), done.text
    assert target.read() == {"small": b"1"}
    assert open_filesystem(target.uri, target.stores).find_uploads(target.uri.path + "/large") == []


@pytest.mark.parametrize("scheme", ["file", pytest.param("hdfs", marks=pytest.mark.hdfs)])
def test_68_a_copy_list_that_cannot_be_closed_is_a_failure(command, place, rules, scheme) -> None:
    source, target, jobs = place(scheme, "source"), place(scheme, "target"), place("oss", "jobs")
    source.make(TREE)
    rules(Rule("error", operation="put_object", key="*/plan/*", **DENIED))
    done = command("--job-dir", jobs, source, target)
    assert (done.code, target.exists()) == (5, False), done.text


@pytest.mark.parametrize("flags", SKIPPING, ids=["plain", "with -skipcrccheck"])
@pytest.mark.hdfs
def test_69_differs_a_damaged_chunk_is_noticed_also_with_skipcrccheck(command, place, oss_server, flags) -> None:
    source, target = place("hdfs", "source"), place("oss", "target")
    source.make({"large": LARGE, "small": b"1"})
    oss_server.plan.replace([Rule("flip", operation="upload_part", key="*/large", part=2, count=1)])
    try:
        done = command(*flags, "--part-size", "100k", "--chunk-size", "100k", source, target)
        hits = oss_server.plan.state()[0][1]
    finally:
        oss_server.plan.replace([])
    assert (done.code, done["COPY"], done["FAIL"], hits) == (0, 2, 0, 1), done.text
    assert target.read() == {"large": LARGE, "small": b"1"}


# 88: how a deep tree is deleted.


@pytest.mark.parametrize("scheme", ["file", "oss", pytest.param("hdfs", marks=pytest.mark.hdfs)])
def test_88_differs_entries_are_deleted_one_by_one_and_objects_by_the_thousand(command, place, scheme) -> None:
    """DistCp removes the directory on top with all that is in it by then."""
    source, target = place("file", "source"), place(scheme, "target")
    source.make({"a": b"a"}).settle()
    target.make({"a": b"a", **{f"old/{a}/{b}": b"" for a in "xyz" for b in "12"}})
    done = command("-update", "-delete", "-D", "fs.trash.interval=0", source, target)
    assert (done.code, done["COPY"], done["FILES_DELETED"]) == (0, 0, 6), done.text
    assert done["DIRECTORIES_DELETED"] == (0 if scheme == "oss" else 4)
    assert target.read() == {"a": b"a"}
    if scheme == "oss":
        assert "OSS: Number of write operations=1\n" in done.text


# 105: a file that cannot be read.


@pairs_with(IGNORING, "oss to file", "oss to hdfs", "hdfs to oss", "hdfs to hdfs")
def test_105_differs_a_file_that_may_not_be_read_fails_alone_and_the_exit_code_tells(
    command, ends, make_place, rules, monkeypatch, flags
) -> None:
    source, target = ends
    source.make(TREE)
    log = make_place("file", "log")
    rules(Rule("error", operation="get_object", key="*/b", **DENIED))
    if source.uri.scheme == "hdfs":
        change_rights(source / "b", 0o600)
        if target.uri.scheme == "hdfs":
            change_rights(target.make({}), 0o777)
        become("mallory", monkeypatch)
    done = command(*flags, "-update", "-log", log, source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESFAILED"]) == (4, 3, 1, 4), done.text
    assert target.read() == without("b")
    assert log_of(log).count("FAIL: ") == 1
    assert f"FAIL: {source}/b - " in log_of(log)


# 106: a file that goes between survey and copy.


@pairs_with(IGNORING, "file to oss", "hdfs to oss")
def test_106_differs_a_file_that_has_gone_by_then_fails_alone(command, ends, oss_server, flags) -> None:
    source, target = ends
    source.make(TREE)
    # The one thread has fetched `b` together with `a`, and nothing behind it.
    with meanwhile(oss_server, held("put_object", "*/a"), lambda: remove(source, "d/c")):
        done = command(*flags, "--threads", "1", "-m", "1", source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESFAILED"]) == (4, 3, 1, 5), done.text
    assert target.read() == without("d/c")
    assert "the source has gone" in done.text


@pairs_with(IGNORING, "oss to file", "oss to hdfs")
def test_106_differs_an_object_that_has_gone_by_then_fails_alone(command, ends, oss_server, flags) -> None:
    source, target = ends
    source.make(TREE)
    with meanwhile(oss_server, held("get_object", "*/b"), lambda: remove(source, "b")):
        done = command(*flags, source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESFAILED"]) == (4, 3, 1, 4), done.text
    assert target.read() == without("b")


@pytest.mark.hdfs
def test_106_differs_from_hdfs_to_hdfs_a_file_that_has_gone_by_then_fails_alone(command, place, oss_server) -> None:
    first, source, target = place("oss", "first"), place("hdfs", "source"), place("hdfs", "target")
    first.make({"0": LARGE + LARGE})
    source.make(TREE)
    with meanwhile(oss_server, held("get_object", "*/0"), lambda: remove(source, "b")):
        done = command("-update", "--threads", "1", "-m", "1", "-bandwidth", "1", first, source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESFAILED"]) == (4, 4, 1, 4), done.text
    assert target.read() == {"0": LARGE + LARGE, **without("b")}


# 107: a file that cannot be written.


@pairs_with([*IGNORING, ("-direct",)], "file to oss", "hdfs to oss", "hdfs to hdfs")
def test_107_differs_a_file_that_cannot_be_written_fails_alone_and_leaves_nothing(
    command, ends, rules, monkeypatch, flags
) -> None:
    """DistCp with -direct leaves a part of it."""
    source, target = ends
    source.make(TREE)
    rules(*(Rule("error", operation=operation, key="*/d/c", **DENIED) for operation in ("put_object", "upload_part")))
    lost = ["d/c"]
    if target.uri.scheme == "hdfs":
        target.make({"d/e/": None})
        for path, mode in (("", 0o777), ("d", 0o755), ("d/e", 0o777)):
            change_rights(target / path if path else target, mode)
        become("mallory", monkeypatch)
    done = command(*flags, "-update", source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["BYTESFAILED"]) == (4, 3, 1, 5), done.text
    assert target.read() == without(*lost)
    assert f"copying {source}/d/c to {target}/d/c: " in done.text


@pairs("file to oss", "hdfs to oss")
def test_107_a_store_that_answers_wrongly_is_asked_again_before_the_file_fails(command, ends, oss_server) -> None:
    source, target = ends
    source.make({"a": b"1"})
    oss_server.plan.replace([Rule("error", operation="put_object", key="*/a", count=2)])
    try:
        done = command("-update", source, target)
        tries = oss_server.plan.state()[0][1]
    finally:
        oss_server.plan.replace([])
    assert (done.code, done["COPY"], done["FAIL"], tries) == (0, 1, 0, 2), done.text
    assert target.read() == {"a": b"1"}


# 108: a directory that cannot be listed.


@pairs_with([("-i",), ()], "hdfs to oss", "hdfs to hdfs", "hdfs to file")
def test_108_differs_a_directory_that_cannot_be_listed_is_said_and_nothing_is_deleted(
    command, ends, monkeypatch, flags
) -> None:
    """DistCp ends with 0, and with -delete has removed the directory from the target."""
    source, target = ends
    source.make(TREE)
    there = {"d/c": b"kept", "d/old": b"kept", "gone": b"kept"}
    target.make(there)
    change_rights(source / "d", 0o700)
    if target.uri.scheme == "hdfs":
        for path in ("", "d"):
            change_rights(target / path if path else target, 0o777)
    become("mallory", monkeypatch)
    done = command(*flags, "-update", "-delete", source, target)
    assert (done.code, done["COPY"], done["FAIL"], done["FILES_DELETED"]) == (8, 2, 0, 0), done.text
    assert target.read() == {"a": b"alpha", "b": b"beta", **there}
    assert "NOTHING WAS DELETED" in done.text
    assert re.search(rf"{re.escape(str(source))}/d\b.*cannot list", done.text, re.DOTALL)


@pairs("oss to file", "oss to hdfs")
def test_108_differs_a_bucket_whose_listing_breaks_off_is_said_and_nothing_is_deleted(
    command, ends, rules, oss_server
) -> None:
    source, target = ends
    source.make({"a": b"1", **{f"x{number:04}": b"" for number in range(1000)}})
    target.make({"kept": b"kept"})
    # The page behind the first thousand; one request looked whether there is such a directory.
    rules(Rule("error", operation="list_objects_v1_or_v2", after=2, **DENIED))
    done = command("-update", "-delete", "--exclude", "x*", source, target)
    assert (done.code, done["COPY"], done["FILES_DELETED"]) == (8, 1, 0), done.text
    assert target.read() == {"a": b"1", "kept": b"kept"}
    assert "NOTHING WAS DELETED" in done.text

"""Attributes on their way between two stores."""

import pytest

from hdfs2oss.filesystems.capabilities import Capabilities
from hdfs2oss.model.attributes import NOTHING, Attributes, encode
from hdfs2oss.model.errors import NotFound, PermissionDenied, ReadError, StoreError, Unreachable, WriteError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.transfer.preserve import Preservation
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

SOURCE, TARGET = Uri("hdfs", "nn", "/s"), Uri("oss", "lake", "/t")
LONG = (("user.long", b"x" * 9000),)


def between(source, target, letters="rbugpaxte", sidecars=None) -> Preservation:
    kept = {} if sidecars is None else sidecars

    def write(line: str) -> str:
        kept["oss://jobs/1"] = line
        return "oss://jobs/1"

    def read(place: str) -> str:
        if place not in kept:
            raise NotFound(f"there is no {place}")
        return kept[place]

    return Preservation(letters, source, target, write, read)


def test_a_target_gets_what_both_stores_keep_and_was_asked_for() -> None:
    source = MemoryFileSystem(Capabilities("A", True, True, True, keeps="ugpt", lists_kept="ugpt"))
    source.place("/s", b"1", owner="alice", group="staff", permission=0o640)
    target = MemoryFileSystem(LIKE_HDFS)
    target.place("/t", b"1")
    assert between(source, target, "rupx").refresh(SOURCE, TARGET, FILE)
    assert target.read_attributes("/t", FILE, "ugp") == Attributes(owner="alice", permission=0o640)
    assert not between(source, target, "rupx").refresh(SOURCE, TARGET, FILE)
    assert not between(source, target, "rx").refresh(SOURCE, TARGET, FILE)


def test_policies_are_of_directories_and_replicas_of_files() -> None:
    store = MemoryFileSystem(LIKE_HDFS)
    assert between(store, store).letters_of(FILE) == "rbugpaxt"
    assert between(store, store).letters_of(DIRECTORY) == "ugpaxte"


def test_a_source_that_tells_with_its_first_answer_is_not_asked_again() -> None:
    source = FlakyFileSystem(MemoryFileSystem(LIKE_OSS))
    source.wrapped.put("/s", b"1", "", {}, Attributes(owner="alice", xattrs=()))
    with source.open_reader("/s", 1) as reader:
        wanted = between(source, MemoryFileSystem(LIKE_HDFS), "ux").wanted("/s", FILE, reader)
    assert wanted == Attributes(owner="alice", xattrs=())
    assert ("attributes", "/s") not in source.calls


def test_what_has_no_room_goes_to_a_sidecar_and_comes_back_from_it() -> None:
    hdfs, oss, back, sidecars = (MemoryFileSystem(LIKE_HDFS), MemoryFileSystem(LIKE_OSS),
                                 MemoryFileSystem(LIKE_HDFS), {})  # fmt: skip
    for store in (hdfs, oss, back):
        store.put("/s", b"1", "/w", {})
    wanted = Attributes(owner="alice", permission=0o640, acl=(), xattrs=LONG)
    hdfs.keep_attributes("/s", FILE, wanted)
    assert between(hdfs, oss, "ugax", sidecars).refresh(SOURCE, SOURCE, FILE)
    kept = oss.file("/s").kept
    assert len(encode(kept)) < 200
    assert (kept.owner, kept.xattrs, kept.sidecar) == ("alice", None, "oss://jobs/1")
    assert between(oss, back, "ugax", sidecars).refresh(SOURCE, SOURCE, FILE)
    assert back.file("/s").kept == wanted
    assert not between(hdfs, oss, "ugax", sidecars).refresh(SOURCE, SOURCE, FILE)


def test_a_sidecar_that_has_gone_is_a_failure_that_says_where_it_was() -> None:
    oss, hdfs = MemoryFileSystem(LIKE_OSS), MemoryFileSystem(LIKE_HDFS)
    oss.put("/s", b"1", "", {}, Attributes(sidecar="oss://jobs/gone"))
    with pytest.raises(StoreError, match="kept in oss://jobs/gone, and that cannot be read") as caught:
        between(oss, hdfs, "x").wanted("/s", FILE)
    assert "leave a and x out of -p" in caught.value.hint
    assert between(oss, hdfs, "ugp").wanted("/s", FILE) == NOTHING


@pytest.mark.parametrize(
    ("operation", "error", "failure"),
    [("attributes", Unreachable, ReadError), ("keep", PermissionDenied, WriteError), ("keep", Unreachable, WriteError)],
)
def test_a_failure_names_both_ends_and_whether_another_try_helps(operation, error, failure) -> None:
    store = MemoryFileSystem(LIKE_HDFS)
    store.place("/s", b"1", owner="a")
    store.place("/t", b"1")
    flaky = FlakyFileSystem(store, Fault(operation, error=error))
    with pytest.raises(failure, match="keeping the attributes of hdfs://nn/s at oss://lake/t") as caught:
        between(flaky, flaky, "u").refresh(SOURCE, TARGET, FILE)
    assert caught.value.retryable is error.retryable


def test_a_file_is_restored_when_it_has_the_time_that_is_kept_with_its_source() -> None:
    oss, hdfs = MemoryFileSystem(LIKE_OSS), MemoryFileSystem(LIKE_HDFS)
    oss.put("/s", b"1", "", {}, Attributes(mtime_ms=77))
    assert between(oss, hdfs, "t").is_restored("/s", 77)
    assert not between(oss, hdfs, "t").is_restored("/s", 78)
    assert not between(oss, hdfs, "ugp").is_restored("/s", 77)
    assert not between(oss, oss, "t").is_restored("/s", 77)
    hdfs.put("/s", b"1", "/w", {}, Attributes(mtime_ms=77))
    assert not between(hdfs, oss, "t").is_restored("/s", 77)

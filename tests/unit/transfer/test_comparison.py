"""Files of one length, compared by the checksums that their stores state."""

from __future__ import annotations

import pytest

from hdfs2oss.model.errors import PermissionDenied, Unreachable
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem, FileAction
from hdfs2oss.rules.filesum import COMPOSITE_CRC, CRC64, MD5_OF_CRC, FileChecksum
from hdfs2oss.transfer.comparison import Side, compare, settle
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

HDFS = LIKE_HDFS._replace(checksums=(MD5_OF_CRC, COMPOSITE_CRC))
OSS = LIKE_OSS._replace(checksums=(CRC64, COMPOSITE_CRC))
UPDATE = CopyOptions(target=Uri("oss", "b", "/t"), update=True)


def side(data: bytes, *faults: Fault, capabilities=HDFS) -> Side:
    store = MemoryFileSystem(capabilities)
    store.place("/f", data)
    return Side(FlakyFileSystem(store, *faults), Uri("hdfs", "nn:8020", "/f"))


def asked(one: Side) -> list[str]:
    return [path for operation, path in one.store.calls if operation == "checksum"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("data", "is_equal"), [(b"12345", True), (b"12346", False)])
@pytest.mark.parametrize("pair", [(HDFS, HDFS), (HDFS, OSS), (OSS, HDFS), (OSS, OSS)])
def test_equal_checksums_mean_equal_files(data, is_equal, pair) -> None:
    source, target = side(b"12345", capabilities=pair[0]), side(data, capabilities=pair[1])
    found = compare(source, target)
    assert (found.is_equal, found.checksum is not None) == (is_equal, is_equal)
    assert (len(asked(source)), len(asked(target))) == (1, 1)


def test_another_algorithm_says_nothing_and_the_next_family_is_asked_for() -> None:
    source, target = side(b"12345"), side(b"12345")
    source.store.wrapped.file("/f").checksum = FileChecksum("MD5-of-8MD5-of-512CRC32C", "00")  # type: ignore[attr-defined]
    found = compare(source, target)
    assert found.is_equal is None
    assert "MD5-of-8MD5-of-512CRC32C of hdfs://nn:8020/f" in found.why
    assert (len(asked(source)), len(asked(target))) == (2, 2)


@pytest.mark.parametrize("error", [Unreachable, PermissionDenied])
def test_what_cannot_be_had_is_never_taken_for_equal(error) -> None:
    found = compare(side(b"12345", Fault("checksum", "/f", error)), side(b"12345"))
    assert found.is_equal is None
    assert found.why


def test_the_object_store_is_asked_before_hdfs_may_have_to_begin_a_jvm() -> None:
    hdfs, oss = side(b"1"), side(b"1", Fault("checksum", "/f", PermissionDenied), capabilities=OSS)
    assert compare(hdfs, oss).is_equal is None
    assert compare(oss, hdfs).is_equal is None
    assert asked(hdfs) == []


ITEM = CopyItem("f", 0, FileAction.CHECK.value, "F", 5, 2000, target_length=5, target_mtime_ms=1000)


@pytest.mark.parametrize(
    ("data", "item", "action"),
    [
        (b"12345", ITEM, FileAction.SKIP),
        (b"12345", ITEM._replace(mtime_ms=500), FileAction.SKIP),
        (b"54321", ITEM, FileAction.OVERWRITE),
        (b"54321", ITEM._replace(mtime_ms=500), FileAction.OVERWRITE),
        (b"12345", ITEM._replace(action="OVERWRITE"), FileAction.OVERWRITE),
    ],
)
def test_checksums_decide_whatever_the_times_say(data, item, action) -> None:
    settled = settle(item, side(b"12345"), side(data), UPDATE)
    assert (settled.action, settled.problem) == (action, "")


@pytest.mark.parametrize(("mtime_ms", "action"), [(2000, FileAction.OVERWRITE), (1000, FileAction.SKIP)])
def test_where_nothing_can_be_compared_the_times_decide_and_it_is_said_why(mtime_ms, action) -> None:
    mute = side(b"12345", Fault("checksum", "/f", PermissionDenied))
    settled = settle(ITEM._replace(mtime_ms=mtime_ms), side(b"12345"), mute, UPDATE)
    assert settled.action == action
    assert settled.problem


@pytest.mark.parametrize(("times", "action"), [(True, FileAction.OVERWRITE), (False, FileAction.SKIP)])
def test_where_nothing_can_be_compared_another_version_than_was_copied_is_copied_however_old(times, action) -> None:
    mute = side(b"12345", Fault("checksum", "/f", PermissionDenied))
    item = ITEM._replace(mtime_ms=500, is_new_version=True)
    settled = settle(item, side(b"12345"), mute, UPDATE.model_copy(update={"compares_times": times}))
    assert settled.action == action
    assert settled.problem

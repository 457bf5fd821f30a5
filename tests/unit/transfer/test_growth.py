"""-append: the head is proven, the tail travels, and whatever goes wrong the target is never a mixture."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from hdfs2oss.model.errors import (
    PermissionDenied,
    ReadError,
    SourceChanged,
    StoreError,
    Unreachable,
    VerifyError,
    WriteError,
)
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.units import MIB
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem, FileAction, FilePair
from hdfs2oss.rules.compare import decide
from hdfs2oss.rules.filesum import CRC64, FileChecksum
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.transfer.buffers import BufferBudget
from hdfs2oss.transfer.ends import Ends
from hdfs2oss.transfer.growth import Grown, NotGrown, grow, ranges_of
from hdfs2oss.transfer.stream import Transfer
from tests.stores.faults import Fault, FlakyFileSystem, cut_last_byte, flip_first_byte
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

HDFS = LIKE_HDFS._replace(checksums=(CRC64,), appends=True)
OSS = LIKE_OSS._replace(checksums=(CRC64,), server_copy=True)
PART = 1024
DATA = bytes(range(256)) * 40
ENDS = Ends(Uri("hdfs", "a", "/s"), Uri("hdfs", "b", "/t"), "/.hdfs2oss-work-1")
ITEM = CopyItem("f", 0, "APPEND", "F", len(DATA), 1000, part_size_bytes=PART)


class Case:
    def __init__(self, there: bytes, capabilities=HDFS, *faults: Fault) -> None:
        source = MemoryFileSystem(HDFS)
        source.place("/s", DATA, mtime_ms=1000, etag="")
        target = MemoryFileSystem(capabilities)
        target.place("/t", there)
        self.source, self.target = FlakyFileSystem(source), FlakyFileSystem(target, *faults)

    def run(self) -> Grown | NotGrown:
        with ThreadPoolExecutor(4) as pool:
            transfer = Transfer(self.source, self.target, Throttle(None), BufferBudget(1 << 20), pool)
            return grow(transfer, ENDS, ITEM)

    @property
    def there(self) -> bytes:
        return self.target.wrapped.file("/t").data  # type: ignore[attr-defined, no-any-return]

    @property
    def sent(self) -> int:
        return self.target.traffic.bytes_written - 0


@pytest.mark.parametrize("capabilities", [HDFS, OSS], ids=["HDFS", "OSS"])
@pytest.mark.parametrize("head", [1, PART, PART + 1, len(DATA) - 1])
def test_only_the_tail_travels(capabilities, head) -> None:
    case = Case(DATA[:head], capabilities)
    before = case.target.traffic.bytes_written
    grown = case.run()
    assert isinstance(grown, Grown)
    assert (grown.tail_bytes, case.target.traffic.bytes_written - before) == (len(DATA) - head, len(DATA) - head)
    assert case.there == DATA
    assert case.target.wrapped.open_uploads() == []
    assert grown.copied.stored.length == len(DATA)


@pytest.mark.parametrize("capabilities", [HDFS, OSS], ids=["HDFS", "OSS"])
@pytest.mark.parametrize("there", [b"x" * 100, DATA, DATA + b"1", b""])
def test_what_is_no_head_of_the_source_is_left_as_it_is(capabilities, there) -> None:
    case = Case(there, capabilities)
    assert case.run() == NotGrown()
    assert case.there == there


def test_a_checksum_that_cannot_be_had_or_computed_proves_nothing() -> None:
    case = Case(DATA[:100], HDFS, Fault("checksum", "/t", PermissionDenied))
    assert "/t" in case.run().why
    case = Case(DATA[:100])
    case.target.wrapped.file("/t").checksum = FileChecksum("SHA-256", "00")
    assert case.run().why
    assert case.there == DATA[:100]


@pytest.mark.parametrize("capabilities", [HDFS, OSS], ids=["HDFS", "OSS"])
def test_a_source_that_changes_meanwhile_is_told(capabilities) -> None:
    case = Case(DATA[:100], capabilities)
    touch = Fault("open", "/s", Unreachable)
    case.source.faults.append(touch)
    with pytest.raises(ReadError):
        case.run()
    case.source.faults.clear()
    case.source.wrapped.place("/s", DATA, mtime_ms=2000, etag="")
    with pytest.raises(SourceChanged):
        case.run()
    assert case.there == DATA[:100]


def test_what_was_appended_of_a_source_that_changed_is_no_copy_of_it_for_any_later_run() -> None:
    changed = bytes(len(DATA))
    case = Case(DATA[:100])
    replace = partial(case.source.wrapped.place, "/s", changed, mtime_ms=2000, etag="")
    case.target.faults.append(Fault("write", "/t", meanwhile=replace, silent=True))
    with pytest.raises(SourceChanged):
        case.run()
    rows = [store.wrapped.file(path).status for store, path in ((case.source, "/s"), (case.target, "/t"))]
    assert rows[0].length == rows[1].length
    options = CopyOptions(sources=(ENDS.source,), target=ENDS.target, update=True)
    assert decide(FilePair("f", *rows), options) is FileAction.OVERWRITE


def test_a_whole_that_is_not_what_was_read_is_no_copy_either() -> None:
    case = Case(DATA[:100])

    def damage() -> None:
        case.target.wrapped.file("/t").checksum = FileChecksum(CRC64, "00")

    case.target.faults.append(Fault("checksum", "/t", skip=1, meanwhile=damage, silent=True))
    with pytest.raises(VerifyError):
        case.run()
    assert case.target.wrapped.file("/t").status.mtime_ms == 0


def test_a_byte_that_got_lost_is_found_by_the_length_where_checksums_are_no_longer_alike() -> None:
    case = Case(DATA[:100], HDFS, Fault("write", "/t", damage=cut_last_byte))

    def begin_a_second_block() -> None:
        case.target.wrapped.file("/t").checksum = FileChecksum("MD5-of-2MD5-of-512CRC32C", "00")

    case.target.faults.append(Fault("checksum", "/t", skip=1, meanwhile=begin_a_second_block, silent=True))
    with pytest.raises(VerifyError, match=f"{len(DATA)} bytes were read, and the target holds {len(DATA) - 1}"):
        case.run()
    assert case.target.wrapped.file("/t").status.mtime_ms == 0


def test_a_head_that_the_store_copies_otherwise_than_it_stands_there_is_never_published() -> None:
    case = Case(DATA[:2000], OSS)
    other, etag = flip_first_byte(DATA[:2000]), case.target.wrapped.file("/t").status.etag
    case.target.faults.append(
        Fault("copy", "/t", meanwhile=partial(case.target.wrapped.place, "/t", other, etag=etag), silent=True)
    )
    with pytest.raises(VerifyError, match="the store copied other bytes than its own"):
        case.run()
    assert case.there == other
    assert case.target.wrapped.open_uploads() == []


def test_an_append_that_breaks_leaves_a_head_which_the_next_one_goes_on_from(monkeypatch) -> None:
    monkeypatch.setattr("hdfs2oss.transfer.stream.STREAM_PIECE_BYTES", 1000)
    case = Case(DATA[:100], HDFS, Fault("write", "/t", Unreachable, after=3000, times=1))
    with pytest.raises(WriteError):
        case.run()
    assert DATA.startswith(case.there)
    assert len(case.there) > 100
    grown = case.run()
    assert isinstance(grown, Grown)
    assert case.there == DATA


@pytest.mark.parametrize(("error", "expected"), [(Unreachable, WriteError), (StoreError, None)])
def test_a_file_that_cannot_be_appended_to_is_copied_anew_and_a_silent_store_asked_again(error, expected) -> None:
    case = Case(DATA[:100], HDFS, Fault("append", "/t", error))
    if expected is None:
        assert isinstance(case.run(), NotGrown)
    else:
        with pytest.raises(expected):
            case.run()
    assert case.there == DATA[:100]


@pytest.mark.parametrize(("operation", "error"), [("copy", StoreError), ("copy", Unreachable), ("part", Unreachable)])
def test_an_upload_that_fails_is_dropped(operation, error) -> None:
    case = Case(DATA[:2000], OSS, Fault(operation, "/t", error))
    if error is StoreError:
        assert isinstance(case.run(), NotGrown)
    else:
        with pytest.raises(WriteError):
            case.run()
    assert case.there == DATA[:2000]
    assert case.target.wrapped.open_uploads() == []


@pytest.mark.parametrize("length", [100 * 1024, 512 * MIB, 512 * MIB + 1, 1024 * MIB + 100, 48 * 1024 * 1024 * MIB])
def test_no_range_of_a_head_is_too_small_or_too_large_to_be_copied_as_a_part_that_others_follow(length) -> None:
    found = list(ranges_of(length))
    ends = [0, *itertools.accumulate(size for _, size in found)]
    assert [offset for offset, _ in found] == ends[:-1]
    assert ends[-1] == length
    assert all(100 * 1024 <= size <= 512 * MIB for _, size in found)

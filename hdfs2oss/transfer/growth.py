"""-append: of a file that has grown only the tail travels, once its head is proven to be what stands at the target.

1. The target is looked at again: it must be shorter than the source, and state a checksum.
2. The source's head, as long as the target, is read and digested as the target's store does it. Another value: the
   file was not appended to, and is copied anew.
3. HDFS: the tail is appended in place, which is not atomic: whoever reads meanwhile sees a longer and longer head. A
   copy that ends in the middle leaves such a head, and the next one begins with step 1 again. One that fails makes it
   as old as can be, so that no later copy takes it for the source, which may have changed without changing its length.
   OSS: the store copies the head into parts of an upload; the tail goes up behind it, and all is published at once.
4. Length and checksum of the whole are compared with the store's; what fails here counts as a failure in step 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..filesystems.base import NoChecksum, Reader, Stored
from ..model.errors import StoreError, VerifyError
from ..model.units import MIB
from ..model.values import CopyItem, FileStatus, StoredPart
from ..rules.checksum import compose_crc32c, compose_crc64, crc32c, crc64
from ..rules.digest import Digest, digest_for
from ..rules.filesum import FileChecksum
from ..rules.proof import Evidence
from .ends import Ends, reading, writing
from .proving import Copied, SourceSaid, SourceWord, verify
from .stream import STREAM_PIECE_BYTES, Transfer

# OSS copies at most 1 GB with one request of another kind; so large a range is quick, and leaves parts for the tail.
_RANGE_BYTES = 512 * MIB


class NotGrown(NamedTuple):
    """The target is not the head of the source, so all of it has to be copied; `why`, where nobody can tell."""

    why: str = ""


class Grown(NamedTuple):
    """What arrived, and how many bytes of it travelled."""

    copied: Copied
    tail_bytes: int


class _Head(NamedTuple):
    """What both sides begin with."""

    length: int
    etag: str
    digest: Digest
    crc64: int
    crc32c: int


def grow(transfer: Transfer, ends: Ends, item: CopyItem) -> Grown | NotGrown:
    """Append what the target lacks. Raises ReadError, WriteError, VerifyError or SourceChanged, naming both ends."""
    with reading(ends):
        there = transfer.target.status(ends.target.path)
    if there is None or not 0 < there.length < item.length:
        return NotGrown()
    try:
        stated, digest = _stated(transfer, ends)
    except StoreError as error:
        return NotGrown(str(error))
    with transfer.open_source(ends, item) as reader:
        word = transfer.word_of_source(ends, item.length, reader.crc64)
        head = _read_head(transfer, ends, reader, there, digest)
        if head.digest.checksum() != stated:
            return NotGrown()
        if transfer.target.capabilities.multipart:
            copied = _join_tail(transfer, ends, item, reader, head, word)
        else:
            copied = _append_tail(transfer, ends, item, reader, head, word)
        if isinstance(copied, NotGrown):
            return copied
        return Grown(copied._replace(source_etag=reader.etag), item.length - head.length)


def _stated(transfer: Transfer, ends: Ends) -> tuple[FileChecksum, Digest]:
    """The first checksum that the target's store states and that can be computed here, and what computes it."""
    problem: StoreError = NoChecksum(f"no checksum of {ends.target} can be computed from bytes")
    for family in transfer.target.capabilities.checksums:
        try:
            stated = transfer.target.checksum(ends.target.path, family)
        except StoreError as error:
            problem = error
            continue
        digest = digest_for(stated.algorithm)
        if digest is not None:
            return stated, digest
    raise problem


def _read_head(transfer: Transfer, ends: Ends, reader: Reader, there: FileStatus, digest: Digest) -> _Head:
    sum64 = sum32 = 0
    with transfer.buffers.hold(2 * STREAM_PIECE_BYTES):
        for piece in transfer.read_ahead(ends, reader, 0, there.length):
            transfer.checkpoint()
            digest.update(piece)
            sum64, sum32 = crc64(piece, sum64), crc32c(piece, sum32)
    return _Head(there.length, there.etag, digest, sum64, sum32)


def _append_tail(
    transfer: Transfer, ends: Ends, item: CopyItem, reader: Reader, head: _Head, word: SourceWord
) -> Copied | NotGrown:
    sum64, sum32 = head.crc64, head.crc32c
    transfer.refuse_changed_source(ends, item, reader.etag)
    try:
        writer = transfer.target.open_appender(ends.target.path, head.length)
    except StoreError as error:
        if error.retryable:
            with writing(ends):
                raise
        # Such as a file of an erasure-coding policy, whose blocks take no more.
        return NotGrown(str(error))
    with writer, transfer.buffers.hold(2 * STREAM_PIECE_BYTES):
        for piece in transfer.read_ahead(ends, reader, head.length, item.length - head.length):
            transfer.checkpoint()
            head.digest.update(piece)
            sum64, sum32 = crc64(piece, sum64), crc32c(piece, sum32)
            with writing(ends):
                writer.write(piece)

        said, is_stated = SourceSaid(Evidence.NOTHING), False

        def check(stored: Stored) -> None:
            transfer.refuse_changed_source(ends, item, reader.etag)
            verify(ends, item.length, sum64, stored)
            nonlocal said, is_stated
            said = word.compare(ends, sum64, sum32)
            is_stated = _compare_whole(transfer, ends, head.digest)

        transfer.checkpoint()
        with writing(ends):
            stored = writer.commit(check)
    copied = transfer.arrived(stored, (sum64, sum32), said)
    return copied._replace(written=Evidence.STATED) if is_stated else copied


def _compare_whole(transfer: Transfer, ends: Ends, digest: Digest) -> bool:
    """Compare the checksum of all bytes with the one that the store states now; False where it is no longer alike."""
    computed = digest.checksum()
    for family in transfer.target.capabilities.checksums:
        try:
            stated = transfer.target.checksum(ends.target.path, family)
        except StoreError:
            continue
        # A second block changes the name of the algorithm; then the length has to do.
        if stated.algorithm == computed.algorithm:
            if stated.value != computed.value:
                raise VerifyError(
                    f"copying {ends.source} to {ends.target}: after its tail was appended, the checksum of the target "
                    f"is {stated.value} instead of {computed.value}"
                )
            return True
    return False


def _join_tail(
    transfer: Transfer, ends: Ends, item: CopyItem, reader: Reader, head: _Head, word: SourceWord
) -> Copied | NotGrown:
    path = ends.target.path
    kept = transfer.kept(ends, reader)
    with writing(ends):
        upload_id = transfer.target.begin_upload(path, kept)
    try:
        try:
            parts = _copy_head(transfer, path, upload_id, head)
        except StoreError as error:
            if error.retryable:
                with writing(ends):
                    raise
            # Such as keys that may write objects and not read them.
            transfer.drop_upload(path, upload_id)
            return NotGrown(str(error))
        if compose_crc64((part.crc64, part.length) for part in parts) != head.crc64:
            raise VerifyError(f"copying {ends.source} to {ends.target}: the store copied other bytes than its own")
        size = item.length - head.length
        tail = item._replace(offset=head.length, size=size, first_part=len(parts) + 1)
        sent = transfer.send_range(ends, tail, reader, upload_id)
        transfer.refuse_changed_source(ends, item, reader.etag)
        sum32 = compose_crc32c([(head.crc32c, head.length), *((one.crc32c, one.part.length) for one in sent)])
        parts = [*parts, *(one.part for one in sent)]
        said = word.compare(ends, compose_crc64((part.crc64, part.length) for part in parts), sum32)
        return transfer.join(ends, upload_id, item.length, parts, sum32, said)
    except BaseException:
        transfer.drop_upload(path, upload_id)
        raise


def _copy_head(transfer: Transfer, path: str, upload_id: str, head: _Head) -> list[StoredPart]:
    parts = []
    for number, (offset, size) in enumerate(ranges_of(head.length), 1):
        transfer.checkpoint()
        parts.append(transfer.target.copy_part(path, head.etag, offset, size, upload_id, number))
    return parts


def ranges_of(length: int) -> Iterator[tuple[int, int]]:
    """Offsets and sizes of the parts that a head is copied in: alike, so that the last one, behind which the tail
    goes, is not too small for OSS."""
    step = -(-length // -(-length // _RANGE_BYTES))
    return ((offset, min(step, length - offset)) for offset in range(0, length, step))

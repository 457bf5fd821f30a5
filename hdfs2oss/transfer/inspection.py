"""Are two files of one length the same? Asked of what their stores state, and of their bytes where that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..model.errors import SourceChanged, StoreError
from ..model.units import MIB
from ..model.values import CopyItem
from ..rules.digest import Digest, digest_for
from ..rules.filesum import COMPOSITE_CRC32C, CRC64, MD5_OF_CRC, FileChecksum
from ..rules.throttle import Throttle
from ..rules.verification import Learned
from .comparison import Comparison, Side, compare, compare_with_record

_PIECE_BYTES = 4 * MIB
# Of a file that was concatenated, or appended to in a new block, HDFS gives another MD5 than of one written at once.
_DOUBTED = (MD5_OF_CRC,)


class Inspected(NamedTuple):
    """What is known of two files; checksums as `algorithm:digits`, and why nothing could be compared."""

    learned: Learned
    source_checksum: str = ""
    target_checksum: str = ""
    why: str = ""


class Reading(NamedTuple):
    """How bytes are read: no faster than the throttle allows; `checkpoint` is called between pieces, and may raise."""

    throttle: Throttle
    checkpoint: Callable[[], None]

    def sums(self, side: Side, length: int, algorithms: Sequence[str]) -> list[FileChecksum]:
        """The checksums of the bytes of a file. Raises StoreError; SourceChanged when its length is another by now."""
        digests = [one for one in map(digest_for, algorithms) if one is not None]
        with side.store.open_reader(side.place.path, length) as reader:
            if reader.length != length:
                raise SourceChanged(f"{side.place} had {length} bytes when it was listed, and has {reader.length} now")
            side.store.refuse_open(side.place.path, length)
            piece_bytes = min(_PIECE_BYTES, self.throttle.piece_bytes or _PIECE_BYTES)
            for piece in self.throttle.paced(reader.stream(0, length, piece_bytes), length, piece_bytes):
                self.checkpoint()
                _feed(digests, piece)
        return [digest.checksum() for digest in digests]


def by_record(item: CopyItem, target: Side) -> Inspected:
    """What the target's store states, beside what is on record of the source; it is asked only where there is any."""
    found = compare_with_record(item, target)
    return Inspected(Learned(recorded_equal=found.is_equal), *_texts(found))


def by_checksums(source: Side, target: Side) -> Inspected:
    """What the two stores state; no byte is read."""
    found = compare(source, target, _DOUBTED)
    return Inspected(
        Learned(stated_equal=found.is_equal), *_texts(found), found.why or _nothing_in_common(source, target)
    )


def by_reading(stated: Inspected, source: Side, target: Side, length: int, reading: Reading) -> Inspected:
    """What the bytes of both sides say, which are all read, beside what the stores stated."""
    sums = [reading.sums(side, length, (CRC64, COMPOSITE_CRC32C)) for side in (source, target)]
    learned = stated.learned._replace(read_equal=sums[0] == sums[1])
    return Inspected(learned, text_of(sums[0][0]), text_of(sums[1][0]))


def by_reading_one(stated: Inspected, source: Side, target: Side, length: int, reading: Reading) -> Inspected:
    """The same with as few bytes as will do: where a store states a checksum, only the other side is read."""
    for one, other in ((target, source), (source, target)):
        for family in one.store.capabilities.checksums:
            known = _stated(one, family)
            if known is None or digest_for(known.algorithm) is None or family in _DOUBTED:
                continue
            read = reading.sums(other, length, (known.algorithm,))[0]
            learned = stated.learned._replace(read_equal=known == read)
            at_source, at_target = (read, known) if one is target else (known, read)
            return Inspected(learned, text_of(at_source), text_of(at_target))
    return by_reading(stated, source, target, length, reading)


def text_of(checksum: FileChecksum | None) -> str:
    """`CRC-64:0123456789abcdef`."""
    return f"{checksum.algorithm}:{checksum.value}" if checksum is not None else ""


def _stated(side: Side, family: str) -> FileChecksum | None:
    try:
        return side.checksum(family)
    except StoreError:
        # If nobody answers, that shows when the bytes are read.
        return None


def _texts(found: Comparison) -> tuple[str, str]:
    return text_of(found.source), text_of(found.target)


def _feed(digests: Sequence[Digest], piece: bytes) -> None:
    for digest in digests:
        digest.update(piece)


def _nothing_in_common(source: Side, target: Side) -> str:
    offers = [", ".join(side.store.capabilities.checksums) or "no checksums" for side in (source, target)]
    return f"the source's store states {offers[0]}, the target's {offers[1]}"

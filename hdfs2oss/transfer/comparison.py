"""Settling by checksums what listings could not answer: are these two files of one length the same?"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..model.errors import StoreError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..model.values import CopyItem, FileAction
from ..rules.compare import decide_by_times, decide_new_version
from ..rules.filesum import COMPOSITE_CRC, COMPOSITE_CRC32C, CRC64, FileChecksum, common_families


class Side(NamedTuple):
    """One of the two files."""

    store: FileSystem
    place: Uri

    def checksum(self, family: str) -> FileChecksum:
        """What its store states. Raises StoreError."""
        return self.store.checksum(self.place.path, family)


class Comparison(NamedTuple):
    """What the checksums said; None when they said nothing, and why."""

    is_equal: bool | None
    why: str = ""
    source: FileChecksum | None = None
    target: FileChecksum | None = None

    @property
    def checksum(self) -> FileChecksum | None:
        """That of two equal files."""
        return self.source if self.is_equal else None


def settle(item: CopyItem, source: Side, target: Side, options: CopyOptions) -> CopyItem:
    """The item as it is to be carried out: a CHECK becomes SKIP or OVERWRITE, and everything else stays what it is.

    Where nothing could be compared, the times decide, or that it is another version of the source than was copied
    before, and `problem` says why. A store that does not answer is no
    failure here: if the file has to be copied, it is met again there.
    """
    if item.action != FileAction.CHECK:
        return item
    found = compare_with_record(item, target)
    if found.is_equal is None:
        item = item._replace(crc64=None, crc32c=None)
        found = compare(source, target)
    if found.is_equal is None:
        action = (
            decide_new_version(options)
            if item.is_new_version
            else decide_by_times(item.mtime_ms, item.target_mtime_ms, options)
        )
    else:
        action = FileAction.SKIP if found.is_equal else FileAction.OVERWRITE
        item = _with_sum(item, found.checksum)
    return item._replace(action=action.value, problem=found.why)


def compare_with_record(item: CopyItem, target: Side) -> Comparison:
    """Compare the target with what an earlier run read of the source, which has not changed since."""
    recorded = {
        CRC64: FileChecksum(CRC64, f"{item.crc64:016x}") if item.crc64 is not None else None,
        COMPOSITE_CRC: FileChecksum(COMPOSITE_CRC32C, f"{item.crc32c:08x}") if item.crc32c is not None else None,
    }
    for family in sorted(target.store.capabilities.checksums, key=CRC64.__ne__):
        known = recorded.get(family)
        if known is None:
            continue
        with suppress(StoreError):
            stated = target.checksum(family)
            if stated.algorithm == known.algorithm:
                return Comparison(stated.value == known.value, "", known, stated)
    return Comparison(None)


def _with_sum(item: CopyItem, checksum: FileChecksum | None) -> CopyItem:
    if checksum is not None and checksum.algorithm == CRC64:
        return item._replace(crc64=int(checksum.value, 16))
    if checksum is not None and checksum.algorithm == COMPOSITE_CRC32C:
        return item._replace(crc32c=int(checksum.value, 16))
    return item


def compare(source: Side, target: Side, doubted: Collection[str] = ()) -> Comparison:
    """Ask for one family after the other, until both sides have a checksum of the same algorithm.

    That checksums of a `doubted` family differ is believed only where no other family can be asked for.
    """
    doubtful: Comparison | None = None
    # An object store answers with a request; HDFS may have to begin a JVM.
    sides = sorted((target, source), key=lambda side: side.store.capabilities.real_directories)
    reasons = []
    for family in common_families(source.store.capabilities.checksums, target.store.capabilities.checksums):
        try:
            one, other = (side.checksum(family) for side in sides)
        except StoreError as error:
            reasons.append(str(error))
            continue
        if one.algorithm == other.algorithm:
            at_source, at_target = (one, other) if sides[0] is source else (other, one)
            found = Comparison(one.value == other.value, "", at_source, at_target)
            if found.is_equal or family not in doubted:
                return found
            doubtful = doubtful or found
            continue
        reasons.append(f"{one.algorithm} of {sides[0].place} says nothing of {other.algorithm} of {sides[1].place}")
    return doubtful or Comparison(None, "; ".join(reasons))

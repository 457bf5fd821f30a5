"""Settling by checksums what listings could not answer: are these two files of one length the same?"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..model.errors import StoreError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..model.values import CopyItem, FileAction
from ..rules.compare import decide_by_times
from ..rules.filesum import FileChecksum, common_families


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


def settle(item: CopyItem, source: Side, target: Side, options: CopyOptions) -> CopyItem:
    """The item as it is to be carried out: a CHECK becomes SKIP or OVERWRITE, and everything else stays what it is.

    Where nothing could be compared, the times decide, and `problem` says why. A store that does not answer is no
    failure here: if the file has to be copied, it is met again there.
    """
    if item.action != FileAction.CHECK:
        return item
    found = compare(source, target)
    if found.is_equal is None:
        action = decide_by_times(item.mtime_ms, item.target_mtime_ms, options)
    else:
        action = FileAction.SKIP if found.is_equal else FileAction.OVERWRITE
    return item._replace(action=action.value, problem=found.why)


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

"""A file whose source changed, or was being written, while it was copied: what is tried again, once.

    what stands at the source by now                               it is tried again
    ------------------------------------------------------------   ---------------------------------------------------
    nothing, or no file                                            not at all
    a file too long by now for the one request it was planned      not at all: what an upload leaves when it dies is
    to go up in                                                    found by the plan, which knows of none
    any other file                                                 as that version: its length, time and ETag

Whatever the target holds is replaced then; a tail is still appended where only that was to be sent.

A file that many tasks sent in chunks is planned anew instead, once it is known that its source changed: whatever its
length is by then, as a file of that length is planned.
"""

from __future__ import annotations

from ..model.units import MIB
from ..model.values import FILE, CopyItem, FileAction, FileStatus, Work
from .packing import part_size_for

# What one request takes along at most, of a file that was planned to go in one.
_MOST_AT_ONCE_BYTES = 64 * MIB


def renewed(item: CopyItem, now: FileStatus | None, takes_parts: bool) -> CopyItem | None:
    """The item as it is to be tried again, after the table above; `takes_parts` says so of the target."""
    if now is None or now.kind != FILE:
        return None
    part_size_bytes = part_size_for(now.length, item.part_size_bytes)
    if takes_parts and item.length <= item.part_size_bytes < now.length:
        if now.length > _MOST_AT_ONCE_BYTES:
            return None
        part_size_bytes = now.length
    return _as_of(item, now, part_size_bytes)


def planned_anew(upload: CopyItem, now: FileStatus, part_size_bytes: int, chunk_size_bytes: int) -> CopyItem:
    """The plan of a file that was cut, and whose source is `now` another one; sizes are those for its new length."""
    item = _as_of(upload, now, part_size_bytes)
    return item._replace(work=Work.FILE, upload_id="", chunk_size_bytes=chunk_size_bytes)


def _as_of(item: CopyItem, now: FileStatus, part_size_bytes: int) -> CopyItem:
    return item._replace(
        # What could have been settled by comparing has to be copied by now.
        action=FileAction.OVERWRITE.value if item.action == FileAction.CHECK else item.action,
        length=now.length,
        mtime_ms=now.mtime_ms,
        etag=now.etag,
        part_size_bytes=part_size_bytes,
        surveyed_length=item.surveyed_length if item.is_renewed else item.length,
    )

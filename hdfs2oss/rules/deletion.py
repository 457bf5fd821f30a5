"""Whether -delete may begin, and whether one entry may go: decided from numbers and rows, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..model.options import MAX_DELETE
from ..model.values import DIRECTORY, CopyItem, FileStatus

# What may always go, and from there on which share of the target's entries.
FREE_ENTRIES = 1000
USUAL_SHARE = 0.1
# Counted where a list of differences is gone by: the files that its verify saw in the sources.
FILES_VERIFIED = "FILES_LISTED_BY_VERIFY"


def most_allowed(limit: str, entries_at_target: int) -> int:
    """How many entries may go: `500`, `20%` of the target's, or by default 10 % of them, but 1,000 at least."""
    match = MAX_DELETE.fullmatch(limit)
    if match is None:
        return max(FREE_ENTRIES, int(entries_at_target * USUAL_SHARE))
    return int(match[1]) if match[1] else int(entries_at_target * float(match[2]) / 100)


class Brake(NamedTuple):
    """Why nothing may be deleted, and the option that allows it all the same."""

    reason: str
    lifted_by: tuple[str, ...]


def refusal(counts: Mapping[str, int], limit: str, allows_empty_source: bool) -> Brake | None:
    """Why nothing may be deleted, from the counters of a complete survey; None when all may go.

    missing entries   files in the sources   --allow-empty-source   missing above the limit    refused
    ---------------   --------------------   --------------------   -----------------------    -------
    none              any                    any                    no                         no
    some              none                   no                     any                        yes
    some              none                   yes                    any                        no
    some              some                   any                    no                         no
    some              some                   any                    yes                        yes

    Entries are files and directories. Whoever says that an empty source is meant has said that all may go, unless a
    limit was given too, which holds then.
    """
    missing = sum(counts.get(f"{what}_MISSING", 0) for what in ("FILES", "DIRECTORIES"))
    at_target = sum(counts.get(f"{what}_AT_TARGET", 0) for what in ("FILES", "DIRECTORIES"))
    is_empty = not (counts.get("FILES_LISTED", 0) or counts.get(FILES_VERIFIED, 0))
    if missing and is_empty and not allows_empty_source:
        return Brake(
            f"no source holds a single file, and -delete would remove {missing} of {at_target} entries of the target",
            ("--allow-empty-source",),
        )
    most = most_allowed(limit, at_target)
    if missing > most and not (is_empty and not limit):
        said = f"with --max-delete {limit}" if limit else "without --max-delete"
        return Brake(
            f"-delete would remove {missing} of {at_target} entries of the target, and {said} at most {most} may go",
            ("--max-delete", str(missing)),
        )
    return None


def is_unchanged(candidate: CopyItem, now: FileStatus) -> bool:
    """Whether what stands at the target is what was surveyed. Of a directory, that it still is one."""
    if candidate.kind != now.kind:
        return False
    if candidate.kind == DIRECTORY:
        return True
    if candidate.etag and now.etag and candidate.etag != now.etag:
        return False
    return (candidate.length, candidate.mtime_ms) == (now.length, now.mtime_ms)

"""The decision about a pair, without asking either store anything: the table of `decide`.

The first row that fits counts. With -skipcrccheck checks are NEVER; with distcp.update.modification.time=false no
source is newer. What CHECK comes to is settled where the file is copied (transfer/comparison.py): equal checksums
are a SKIP, different ones OVERWRITE, whatever the times say; where they cannot be compared, the times decide.
So is APPEND (transfer/growth.py): what is no head of the source is written anew.

`rules/standing.py` says what the ledger of earlier runs comes to. What has changed since is a target, with which can be
compared what was read then; or a source, which is compared where its store and the target's can be, and copied where
they cannot: what stands at the target is of another version, however old this one says that it is. Neither is
anything with -skipcrccheck, or where no times are compared.

A target is damaged when its path and ETag are in `damaged`: an earlier run wrote it so and could not remove it.

The time rule is DistCp's: equal sizes and `source mtime <= target mtime` mean "the same". Whether the
*root* target is a file is not seen here: a lone file onto a file is always copied (see `decide_single`).
"""

from __future__ import annotations

from collections.abc import Collection

from ..model.differences import Finding
from ..model.known import Standing
from ..model.options import CopyOptions
from ..model.values import DIRECTORY, FILE, FileAction, FilePair, FileStatus
from .filesum import Checks


def decide(
    pair: FilePair,
    options: CopyOptions,
    damaged: Collection[tuple[str, str]] = (),
    checks: Checks = Checks.NEVER,
    appends_from_bytes: int = 0,
    standing: Standing = Standing.UNKNOWN,
) -> FileAction:
    """What to do about one relative path. `checks` says when checksums of its two stores are compared; what is shorter
    at the target may be appended to from a length of `appends_from_bytes` on (0: never).

    source      target      option       further                         action
    ---------   ---------   ----------   -----------------------------   ---------
    unusable    any         any                                          CONFLICT
    directory   file        any                                          CONFLICT
    file        directory   any                                          CONFLICT
    directory   missing     any                                          MKDIR
    directory   directory   any                                          SKIP
    file        missing     any                                          COPY
    file        file        any          target damaged                  OVERWRITE
    file        file        -overwrite                                   OVERWRITE
    file        file        none                                         SKIP
    file        file        -append      target shorter                  APPEND
    file        file        -update      sizes differ                    OVERWRITE
    file        file        -update      both empty                      SKIP
    file        file        -update      -pb, other block sizes          OVERWRITE
    file        file        -update      proven, as it was               SKIP
    file        file        -update      proven, target changed since    CHECK
    file        file        -update      proven, source changed, NEVER   OVERWRITE
    file        file        -update      proven, source changed since    CHECK
    file        file        -update      checks ALWAYS                   CHECK
    file        file        -update      source not newer than target    SKIP
    file        file        -update      checks WHERE_NEWER              CHECK
    file        file        -update      source newer                    OVERWRITE
    missing     any         any                                          SKIP
    """
    source, target = pair.source, pair.target
    if source is None:
        return FileAction.SKIP
    if source.kind not in (FILE, DIRECTORY) or (target is not None and source.kind != target.kind):
        return FileAction.CONFLICT
    if target is None:
        return FileAction.MKDIR if source.kind == DIRECTORY else FileAction.COPY
    if source.kind == DIRECTORY:
        return FileAction.SKIP
    if options.overwrite or (damaged and (pair.path, target.etag) in damaged):
        return FileAction.OVERWRITE
    if options.append and appends_from_bytes and appends_from_bytes <= target.length < source.length:
        return FileAction.APPEND
    return _decide_update(source, target, options, checks, standing) if options.update else FileAction.SKIP


def decide_single(pair: FilePair) -> FileAction:
    """A lone file whose target path is itself a file is copied whatever the options say (DistCp)."""
    if pair.source is not None and pair.source.kind == FILE and pair.target is not None and pair.target.kind == FILE:
        return FileAction.OVERWRITE
    return FileAction.COPY


def decide_listed(pair: FilePair, finding: str) -> FileAction:
    """What to do about a path that a verify has listed, by what stands there now.

    source      target      listed as      action
    ---------   ---------   ------------   ---------
    unusable    any         any            CONFLICT
    directory   missing     any            MKDIR
    directory   directory   any            SKIP
    file        missing     any            COPY
    file        file        METADATA       SKIP (and REFRESH, with -p)
    file        file        any other      OVERWRITE
    else                                   CONFLICT
    """
    source, target = pair.source, pair.target
    if source is None:
        return FileAction.SKIP
    if source.kind not in (DIRECTORY, FILE):
        return FileAction.CONFLICT
    if target is None:
        return FileAction.MKDIR if source.kind == DIRECTORY else FileAction.COPY
    if source.kind != target.kind:
        return FileAction.CONFLICT
    if source.kind == DIRECTORY or finding == Finding.METADATA:
        return FileAction.SKIP
    return FileAction.OVERWRITE


def decide_again(failed: str, by_now: FileAction) -> FileAction:
    """What to do about a path with which an earlier run failed, when the options say `by_now` as it stands there now.

    what failed     by now       action
    -------------   ----------   ---------
    OVERWRITE       SKIP         OVERWRITE
    CHECK, APPEND   SKIP         CHECK
    any other       any          as by now

    Nothing was proven of a file whose copy failed, so neither its length nor its time says that it is the same.
    """
    if by_now is not FileAction.SKIP:
        return by_now
    if failed == FileAction.OVERWRITE:
        return FileAction.OVERWRITE
    return FileAction.CHECK if failed in (FileAction.CHECK, FileAction.APPEND) else by_now


def decide_by_times(source_mtime_ms: int, target_mtime_ms: int, options: CopyOptions) -> FileAction:
    """What to do about two files of one length whose checksums say nothing: SKIP, or OVERWRITE by a newer source."""
    is_newer = options.compares_times and source_mtime_ms > target_mtime_ms
    return FileAction.OVERWRITE if is_newer else FileAction.SKIP


def decide_new_version(options: CopyOptions) -> FileAction:
    """What to do about a target of the right length that is a copy of another version of its source, where nothing can
    be compared: it is written anew, unless times are nothing to go by."""
    return FileAction.OVERWRITE if options.compares_times else FileAction.SKIP


def _decide_update(
    source: FileStatus, target: FileStatus, options: CopyOptions, checks: Checks, standing: Standing
) -> FileAction:
    if source.length != target.length:
        return FileAction.OVERWRITE
    if source.length == 0:
        return FileAction.SKIP
    if "b" in options.preserve and _differ_in_blocks(source, target):
        return FileAction.OVERWRITE
    if standing is Standing.PROVEN:
        return FileAction.SKIP
    if options.skip_crc:
        checks = Checks.NEVER
    elif standing is Standing.TARGET_CHANGED:
        return FileAction.CHECK
    elif standing is Standing.SOURCE_CHANGED:
        return FileAction.CHECK if checks is not Checks.NEVER else decide_new_version(options)
    by_times = decide_by_times(source.mtime_ms, target.mtime_ms, options)
    is_worth_asking = checks is Checks.ALWAYS or (checks is Checks.WHERE_NEWER and by_times is FileAction.OVERWRITE)
    return FileAction.CHECK if is_worth_asking else by_times


def _differ_in_blocks(source: FileStatus, target: FileStatus) -> bool:
    """Blocks are cut when a file is written; a store without blocks has none that could differ."""
    sizes = source.block_size_bytes, target.block_size_bytes
    return all(sizes) and sizes[0] != sizes[1]

"""The decision about a pair, without asking either store anything."""

from __future__ import annotations

from collections.abc import Collection

from ..model.options import CopyOptions
from ..model.values import DIRECTORY, FILE, FileAction, FilePair, FileStatus


def decide(pair: FilePair, options: CopyOptions, damaged: Collection[tuple[str, str]] = ()) -> FileAction:
    """What to do about one relative path.

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
    file        file        -update      sizes differ                    OVERWRITE
    file        file        -update      both empty                      SKIP
    file        file        -update      source not newer than target    SKIP
    file        file        -update      source newer                    OVERWRITE
    missing     any         any                                          SKIP

    A target is damaged when its path and ETag are in `damaged`: an earlier run wrote it so and could not remove it.

    The time rule is DistCp's: equal sizes and `source mtime <= target mtime` mean "the same". Whether the
    *root* target is a file is not seen here: a lone file onto a file is always copied (see `decide_single`).
    """
    source, target = pair.source, pair.target
    if source is None:
        return FileAction.SKIP
    if source.kind not in (FILE, DIRECTORY):
        return FileAction.CONFLICT
    if target is None:
        return FileAction.MKDIR if source.kind == DIRECTORY else FileAction.COPY
    if source.kind != target.kind:
        return FileAction.CONFLICT
    if source.kind == DIRECTORY:
        return FileAction.SKIP
    if options.overwrite or (damaged and (pair.path, target.etag) in damaged):
        return FileAction.OVERWRITE
    if options.update and _differs(source, target):
        return FileAction.OVERWRITE
    return FileAction.SKIP


def decide_single(pair: FilePair) -> FileAction:
    """A lone file whose target path is itself a file is copied whatever the options say (DistCp)."""
    if pair.source is not None and pair.source.kind == FILE and pair.target is not None and pair.target.kind == FILE:
        return FileAction.OVERWRITE
    return FileAction.COPY


def _differs(source: FileStatus, target: FileStatus) -> bool:
    if source.length != target.length:
        return True
    if source.length == 0:
        return False
    return source.mtime_ms > target.mtime_ms

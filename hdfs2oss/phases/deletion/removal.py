"""One batch of candidates: both sides are looked at again, and what is still missing at the sources goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

from ...filesystems.base import FileSystem
from ...filesystems.registry import open_filesystem
from ...model.errors import AlreadyExists, CommitError, NotFound, StoreError
from ...model.uri import Uri
from ...model.values import DIRECTORY, CopyItem, CopyResult, FileStatus, Outcome
from ...rules.deletion import is_unchanged
from ...rules.keys import parent_of
from ...rules.root_index import RootIndex
from ...tasks.context import RunContext
from ...tasks.outage import leave_to_another_try
from ...transfer.results import failed_result, result_of

# Candidates that one thread looks at, and then removes: the fewer, the less time lies between the two.
_SHARE = 64
_BACKUP_THREADS = 16


class Remover:
    """What one task removes with.

    Between the second look at an entry and its removal lie the looks at the rest of its share: 64 entries, or on OSS,
    which removes many keys by one request, a batch of 1,000. There is no condition that a removal could carry, so a
    change within these moments (some tenths of a second) is not seen. On HDFS it is in the trash then, where there is
    one; in a bucket with versioning it is an earlier version.
    """

    def __init__(self, context: RunContext, pool: ThreadPoolExecutor, is_last_try: bool) -> None:
        self._layout = context.layout
        self._index = RootIndex(context.layout.roots)
        self._stores = context.stores
        self._target = open_filesystem(context.layout.base, context.stores)
        self._pool = pool
        self._is_last_try = is_last_try
        backup_dir = context.options.backup_dir
        self._backup_dir = backup_dir.join(context.run_id) if backup_dir is not None else None

    def remove(self, batch: Sequence[CopyItem]) -> Iterator[CopyResult]:
        """The results of a batch: files, or directories none of which lies in another. Raises StoreGone."""
        directories = batch[0].kind == DIRECTORY
        together = self._target.capabilities.removes_together and not directories
        size = len(batch) if together else _SHARE
        shares = [batch[start : start + size] for start in range(0, len(batch), size)]
        for results in self._pool.map(partial(self._remove_share, directories), shares):
            yield from results

    def _remove_share(self, directories: bool, share: Sequence[CopyItem]) -> list[CopyResult]:
        failed: list[CopyResult] = []
        kept_at: dict[str, str] = {}
        if self._backup_dir is not None and not directories:
            failed, kept_at = self._back_up(self._backup_dir, share)
            share = [item for item in share if item.path in kept_at]
        try:
            found, leaving = self._look_again(directories, share)
            removals = self._target.remove_each([self._path(item) for item in leaving], directories)
        except StoreError as error:
            return [*failed, *(self._failed(item, error) for item in share)]
        found += failed
        for item, removal in zip(leaving, removals, strict=True):
            if isinstance(removal.error, AlreadyExists) and directories:
                found.append(self._kept(item, "it is not empty, as something in it stays, or came after the survey"))
            elif removal.error is not None:
                found.append(self._failed(item, removal.error))
            elif not removal.was_there:
                found.append(result_of(item, Outcome.GONE))
            else:
                found.append(result_of(item, Outcome.DELETED)._replace(kept_at=kept_at.get(item.path, removal.kept_at)))
        return found

    def _back_up(self, backup_dir: Uri, share: Sequence[CopyItem]) -> tuple[list[CopyResult], dict[str, str]]:
        """Copy files before they are looked at again: the results of those that failed, and where the others are.

        What changes while it is copied, or after that, shows in the look that follows, and stays.
        """
        failed: list[CopyResult] = []
        kept_at: dict[str, str] = {}

        def keep(item: CopyItem) -> StoreError | None:
            try:
                self._target.copy_within(self._path(item), backup_dir.join(item.path).path)
            except StoreError as error:
                return error
            return None

        with ThreadPoolExecutor(_BACKUP_THREADS, "backup") as pool:
            for item, error in zip(share, pool.map(keep, share), strict=True):
                if error is None:
                    kept_at[item.path] = str(backup_dir.join(item.path))
                elif isinstance(error, NotFound):
                    failed.append(result_of(item, Outcome.GONE))
                else:
                    failed.append(self._failed(item, error))
        return failed, kept_at

    def _look_again(self, directories: bool, share: Sequence[CopyItem]) -> tuple[list[CopyResult], list[CopyItem]]:
        """The results of those that stay, and those that go."""
        returned = self._at_sources([item.path for item in share])
        stays = [
            self._kept(item, f"{returned[item.path]} has come up since the survey")
            for item in share
            if item.path in returned
        ]
        missing = [item for item in share if item.path not in returned]
        if directories and not self._target.capabilities.real_directories:
            # All that can be removed of one is its marker, which is looked at when its turn comes.
            return stays, missing
        leaving = []
        now = _look_at_each(self._target, [self._path(item) for item in missing])
        for item, status in zip(missing, now, strict=True):
            if status is None:
                stays.append(result_of(item, Outcome.GONE))
            elif not is_unchanged(item, status):
                stays.append(self._kept(item, "it has changed since the survey"))
            else:
                leaving.append(item)
        return stays, leaving

    def _at_sources(self, paths: Sequence[str]) -> dict[str, str]:
        """Which of the paths a source has by now, and where."""
        found: dict[str, str] = {}
        covered: dict[int, list[str]] = {}
        for path in paths:
            for number in self._index.covering(path):
                covered.setdefault(number, []).append(path)
        for number in sorted(covered):
            root = self._layout.roots[number]
            here = [path for path in covered[number] if path not in found]
            if not here:
                continue
            places = [self._layout.source_of(number, path) for path in here]
            now = _look_at_each(open_filesystem(root.source, self._stores), [place.path for place in places])
            named = self._layout.named_source_of
            found |= {path: str(named(number, path)) for path, status in zip(here, now, strict=True) if status}
        return found

    def _path(self, item: CopyItem) -> str:
        return self._layout.target_of(item.path).path

    def _kept(self, item: CopyItem, why: str) -> CopyResult:
        return result_of(item, Outcome.KEPT)._replace(message=f"{self._layout.target_of(item.path)} stays: {why}")

    def _failed(self, item: CopyItem, error: StoreError) -> CopyResult:
        leave_to_another_try(error, self._is_last_try)
        where = self._layout.target_of(item.path)
        failure = CommitError(f"deleting {where}, which no source has: {error}", error.hint)
        failure.retryable = error.retryable
        return failed_result(item, failure)


def _look_at_each(store: FileSystem, paths: Sequence[str]) -> list[FileStatus | None]:
    """What stands at paths that come in key order, at a request each at most.

    Where a directory is not there, nothing in it needs to be asked for; most directories of which several entries are
    missing are such.
    """
    if not store.capabilities.real_directories:
        return store.look_at_each(paths)
    there: dict[str, bool] = {}
    several = {parent_of(one) for one, other in pairwise(paths) if parent_of(one) == parent_of(other)}
    for parent in several:
        status = store.status(parent or "/")
        there[parent] = status is not None and status.kind == DIRECTORY
    asked = [path for path in paths if there.get(parent_of(path), True)]
    found = dict(zip(asked, store.look_at_each(asked), strict=True))
    return [found.get(path) for path in paths]

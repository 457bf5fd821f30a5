"""Which failures of a task have a second round at its end, and as what."""

from __future__ import annotations

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import StoreError
from ..model.values import CopyItem, CopyResult, Outcome, Work
from ..rules.renewal import renewed
from .ends import Ends


def second_try(
    item: CopyItem, result: CopyResult, ends: Ends, stores: StoreConfig, target: FileSystem
) -> CopyItem | None:
    """The item as it is to be tried again; None for what would fail again, or a chunk of a source that changed.

    Such a file is planned anew once its committer has seen that; of that plan nothing has a third try.
    """
    if result.retryable:
        return item
    if item.work is not Work.FILE or item.is_renewed or result.outcome not in (Outcome.CHANGED, Outcome.OPEN):
        return None
    try:
        now = open_filesystem(ends.source, stores).status(ends.source.path)
    except StoreError:
        return None
    return renewed(item, now, target.capabilities.multipart)

"""What the attempts at a task leave behind, and how a later one removes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from ..filesystems.base import FileSystem
from ..model.errors import StoreError
from ..model.values import CopyItem, PlanSlice
from ..records.intents import Intent, claim, goes_up_in_parts, is_superseded, work_path_of
from .context import RunContext

# Tries of one file within an attempt, its second round included.
MOST_TRIES = 6


class Leftovers:
    """Those of one attempt and of its predecessors. The intent is on record before `enter` or `work_path` returns.

    An attempt that creates nothing but finished files publishes no intent.
    """

    def __init__(self, context: RunContext, task: str, slices: Sequence[PlanSlice], target: FileSystem) -> None:
        self._context = context
        self._target = target
        self._intent = Intent(task, 0, context.layout.base.path, 0, tuple(slices))
        self._is_claimed = False
        self._lock = threading.Lock()

    def enter(self, item: CopyItem, path: str = "") -> None:
        """Before the first try of a file: claim the task where the file needs that, and clear what came before.

        `path` is where it is written, if not at its target.
        """
        if self._target.capabilities.atomic_put and not goes_up_in_parts(item):
            return
        path = path or self._context.layout.target_of(item.path).path
        mine = self._claim()
        if mine.number == 0:
            return
        with suppress(StoreError):
            if self._target.capabilities.multipart:
                for upload in self._target.find_uploads(path):
                    if upload.path == path and upload.begun_ms >= mine.not_before_ms:
                        self._target.abort_upload(path, upload.upload_id)
        if not self._target.capabilities.atomic_put:
            for number in range(mine.number):
                self._remove(path, number, MOST_TRIES)

    def work_path(self, path: str, attempt: int) -> str:
        """Where try number `attempt` (from 1) of a file writes; what the tries before it left is removed.

        A rename of theirs that ran out of time finds nothing any more, or has published the whole, checked file.
        """
        if self._target.capabilities.atomic_put:
            return ""
        mine = self._claim()
        self._remove(path, mine.number, attempt - 1)
        return work_path_of(self._context.run_id, mine.task, mine.number, path, attempt)

    def are_taken_over(self) -> bool:
        """Whether another attempt has come after this one; then what failed here may be its doing."""
        return self._is_claimed and is_superseded(self._context.open_job_dir(), self._intent)

    def _claim(self) -> Intent:
        with self._lock:
            if not self._is_claimed:
                job_dir = self._context.open_job_dir()
                self._intent = claim(job_dir, self._intent._replace(began_ms=time.time_ns() // 1_000_000))
                self._is_claimed = True
            return self._intent

    def _remove(self, path: str, number: int, tries: int) -> None:
        for attempt in range(1, tries + 1):
            with suppress(StoreError):
                self._target.remove(work_path_of(self._context.run_id, self._intent.task, number, path, attempt))

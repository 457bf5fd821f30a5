"""The course of a run as one driver takes it: what an earlier driver has on record counts, the rest is put there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any

from ..model.values import CopyTask, PlanSlice
from ..records import course
from ..records.jobdir import JobDir
from ..rules.packing import pack
from ..runners.base import Runner

# Bundles slices to tasks for so many slots.
Packer = Callable[[Sequence[PlanSlice], int], list[CopyTask]]


class Course:
    """What is written goes through `pool`, as closing a small file on HDFS takes half a second.

    Nothing that a record speaks for may begin before `written` has returned.
    """

    def __init__(self, job_dir: JobDir, runner: Runner, incarnation: int, pool: ThreadPoolExecutor) -> None:
        self._job_dir = job_dir
        self._runner = runner
        self.incarnation = incarnation
        self._pool = pool
        self._pending: list[Future[object]] = []
        # The phases whose ends are on record.
        self.ended: set[str] = set()

    def write(self, publish: Callable[..., object], *arguments: object) -> None:
        """Begin to put something on record."""
        self._pending.append(self._pool.submit(publish, *arguments))

    def written(self) -> None:
        """All is on record. Raises what kept it from that."""
        while self._pending:
            self._pending.pop(0).result()

    def pack(
        self, wave: str, slices: Sequence[PlanSlice], packer: Packer = pack, is_anew: bool = False
    ) -> list[CopyTask]:
        """The tasks of a wave: those on record, else packed for the slots of this driver, and put on record.

        `is_anew` for the wave of second tries, of files whose sources changed.
        """
        if not slices:
            return []
        wave = f"{wave}-anew" if is_anew else wave
        tasks = self._packed_before(wave, slices)
        if tasks is None:
            tasks = packer(slices, self._runner.slots)
            self.write(course.publish_bins, self._job_dir, _numbered(wave, self.incarnation), tasks)
        return [task._replace(is_anew=is_anew) for task in tasks]

    def end_of(self, phase: str) -> dict[str, Any] | None:
        """What a phase came to under an earlier driver; None where it is to be done."""
        value = course.read_end(self._job_dir, phase) if self.incarnation else None
        if value is not None:
            self.ended.add(phase)
        return value

    def end(self, phase: str, value: dict[str, Any]) -> None:
        """A phase is over."""
        self.ended.add(phase)
        self.write(course.publish_end, self._job_dir, phase, value)

    @cached_property
    def finished(self) -> frozenset[str]:
        """The ledger files that earlier drivers' tasks have published, in one listing."""
        return frozenset(self._job_dir.names("ledger") if self.incarnation else ())

    def _packed_before(self, wave: str, slices: Sequence[PlanSlice]) -> list[CopyTask] | None:
        """The tasks that an earlier driver made of these very slices.

        Those of others were packed by one that died before it had on record what it packed, and never ran.
        """
        for incarnation in reversed(range(self.incarnation)):
            tasks = course.read_bins(self._job_dir, _numbered(wave, incarnation))
            if tasks is not None and {piece for task in tasks for piece in task.slices} == set(slices):
                return tasks
        return None


def _numbered(wave: str, incarnation: int) -> str:
    return f"{wave}.r{incarnation}" if incarnation else wave

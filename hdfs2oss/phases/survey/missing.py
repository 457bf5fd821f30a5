"""What only the target has: candidates for -delete, counted and written down in key order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...filesystems.registry import open_filesystem
from ...model.tally import Tally
from ...model.values import (
    DIRECTORY,
    FILE,
    SYMLINK,
    UNLISTED,
    UNUSABLE,
    CopyItem,
    FileAction,
    FileStatus,
    PlanSlice,
    Work,
)
from ...records.planfile import PlanWriter
from ...rules.frontier import SurveyUnit
from ...rules.keys import is_directly_in, is_within
from ...rules.merging import Step
from ...tasks.desk import TaskDesk
from .exclusion import Exclusion

# Seconds of one slot that looking at an entry again and removing it takes.
REMOVAL_SECONDS = 0.01
_MOST_WAITING = 1_000


@dataclass(slots=True)
class MissingSlices:
    """Slices of the plan files that hold candidates; directories by their depth, as deeper ones go first."""

    files: list[PlanSlice] = field(default_factory=list)
    directories: dict[int, list[PlanSlice]] = field(default_factory=dict)

    def add(self, other: MissingSlices) -> None:
        """Take over what another task found."""
        self.files += other.files
        for depth, slices in other.directories.items():
            self.directories.setdefault(depth, []).extend(slices)


class Missing:
    """Takes the steps of units, as they were before anything was left out of them.

    target row                                        what becomes of it
    -----------------------------------------------   ------------------------------------------------------------
    that any source has a row for, excluded or not    no candidate
    that is protected, or in a protected directory    no candidate; a directory that no source has is not listed
    that is no plain file and no directory            no candidate (a link; a key that is no path), unless those
                                                      are wanted, too
    a file                                            a candidate
    a directory                                       a candidate, unless something that stays was seen in it, or
                                                      --include is given and no candidate was
    a directory implied by what lies in it            none: it goes with the last key in it

    A row that is listed by several units counts in the one that enters it, or has it among its own files.
    """

    def __init__(self, desk: TaskDesk, exclusion: Exclusion, with_unusable: bool = False) -> None:
        self._kinds = (FILE, DIRECTORY, SYMLINK, UNUSABLE) if with_unusable else (FILE, DIRECTORY)
        self._job_dir = desk.job_dir
        self._counters = desk.counters
        self._plan = PlanWriter(f"plan/{desk.name}-{desk.attempt}-delete.parquet", desk.job_dir)
        # Directories that wait for a row group of their depth, and the depths of such row groups by their numbers.
        self._waiting: dict[int, list[CopyItem]] = {}
        self._waiting_count = 0
        self._depths: dict[int, int] = {}
        self._exclusion = exclusion
        target = open_filesystem(desk.context.layout.base, desk.context.stores)
        self._real_directories = target.capabilities.real_directories
        self._at_target, self._missing, self._protected = Tally(), Tally(), Tally()
        self._unit = SurveyUnit("")
        # A directory all of which is left alone.
        self._sheltered: str | None = None
        # Directories that no source has, and that the steps are in: candidates unless something in them stays.
        self._open: list[FileStatus] = []
        # With --include directories come, and go, along with files only: so many of the open ones have some that go.
        self._wants_filled = bool(desk.context.options.include)
        self._filled = 0

    def begin(self, unit: SurveyUnit) -> None:
        """The steps that follow are those of another unit."""
        self.end()
        self._unit = unit
        self._sheltered = unit.directory if self._exclusion.protects_directory(unit.directory) else None

    def take(self, step: Step, takes_part: bool, entered: bool) -> bool:
        """One step; True when what lies in its directory at the target is not to be listed.

        `takes_part` says whether any row of a source was not left out.
        """
        row = step.target
        if row is None or row.kind == UNLISTED:
            return False
        while self._open and not is_within(row.path, self._open[-1].path):
            self._close()
        if self._sheltered is not None and not is_within(row.path, self._sheltered):
            self._sheltered = None
        is_directory = row.kind == DIRECTORY
        is_elsewhere = not entered if is_directory else self._is_of_earlier_unit(row)
        if not is_elsewhere:
            self._at_target.add(row)
        if step.sources:
            # What lies in a directory of both sides is listed to be compared, also where nothing of it may go.
            if is_directory and self._sheltered is None and self._exclusion.protects(row.path, True):
                self._sheltered = row.path
            self._open.clear()
            return is_directory and self._sheltered is not None and not takes_part
        protected = self._sheltered is not None or self._exclusion.protects(row.path, is_directory)
        if is_elsewhere or protected or row.kind not in self._kinds:
            if protected or not is_directory:
                self._open.clear()
            if not is_elsewhere:
                self._protected.add(row)
            return protected and is_directory
        if is_directory:
            self._open.append(row)
        else:
            self._missing.add(row)
            self._plan.add(candidate_of(row), REMOVAL_SECONDS)
            self._filled = len(self._open)
        return False

    def take_files(self, rows: Sequence[FileStatus]) -> None:
        """Files of both sides, behind a file of both sides in the same directory: they change nothing but the count."""
        self._at_target.add_files(rows)

    def end(self) -> None:
        """The unit has no further step."""
        while self._open:
            self._close()

    def publish(self) -> MissingSlices:
        """Count what was found, and write the plan file."""
        self.end()
        for name, tally in (("AT_TARGET", self._at_target), ("MISSING", self._missing), ("PROTECTED", self._protected)):
            tally.count(name, self._counters)
        self._write_directories()
        found = MissingSlices()
        for number, piece in enumerate(self._plan.publish(self._job_dir)):
            depth = self._depths.get(number)
            (found.files if depth is None else found.directories.setdefault(depth, [])).append(piece)
        return found

    def _is_of_earlier_unit(self, row: FileStatus) -> bool:
        return self._unit.only_directories and is_directly_in(self._unit.directory, row.path)

    def _close(self) -> None:
        """All steps of the innermost directory were taken, and nothing in it stays."""
        row = self._open.pop()
        is_filled = len(self._open) < self._filled
        self._filled = min(self._filled, len(self._open))
        if self._wants_filled and not is_filled:
            self._protected.add(row)
            self._open.clear()
            return
        if not self._real_directories and not row.mtime_ms:
            return
        self._missing.add(row)
        self._waiting.setdefault(row.path.count("/"), []).append(candidate_of(row))
        self._waiting_count += 1
        if self._waiting_count >= _MOST_WAITING:
            self._write_directories()

    def _write_directories(self) -> None:
        for depth, items in self._waiting.items():
            first = self._plan.end_group()
            for item in items:
                self._plan.add(item, REMOVAL_SECONDS)
            self._depths |= dict.fromkeys(range(first, self._plan.end_group()), depth)
        self._waiting, self._waiting_count = {}, 0


def candidate_of(row: FileStatus) -> CopyItem:
    """The item of a plan for what only the target has."""
    return CopyItem(
        path=row.path,
        root=0,
        action=FileAction.DELETE.value,
        kind=row.kind,
        length=row.length,
        mtime_ms=row.mtime_ms,
        etag=row.etag,
        problem=row.problem,
        work=Work.DELETE,
    )

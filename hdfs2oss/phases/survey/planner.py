"""From pairs to plan files: decide, count, and write down what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...filesystems.registry import open_filesystem
from ...model.counters import COPY_MAPPER, OWN
from ...model.errors import IllegalName, TransferError, TypeConflict, WriteError
from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, UNUSABLE, CopyItem, FileAction, FilePair, FileStatus, Work
from ...rules.standing import is_new_version, recorded_sums
from ...tasks.copy_plan import CopyPlan
from ...tasks.desk import TaskDesk
from .attributes import AttributePlan
from .companions import Companions
from .hazards import Hazards
from .purpose import Planned

# A directory by itself holds no bytes.
_WRITING = (FileAction.COPY, FileAction.OVERWRITE, FileAction.APPEND, FileAction.CHECK)
_WORK = {FileAction.MKDIR: Work.DIRECTORY, FileAction.REFRESH: Work.ATTRIBUTES}
# What is to be done about a pair, told from its two rows.
Decide = Callable[[FilePair], FileAction]


class Problem(NamedTuple):
    """Why a pair cannot be copied, and which error that is."""

    text: str
    error: str


class Planner:
    """Takes the pairs of one survey task."""

    def __init__(self, desk: TaskDesk, decide: Decide) -> None:
        self._desk = desk
        self._decide = decide
        self._options = desk.context.options
        self._attributes = (
            AttributePlan(desk.context, f"{desk.name}-{desk.attempt}") if self._options.preserve else None
        )
        target = open_filesystem(desk.context.layout.base, desk.context.stores)
        self._target = target.capabilities
        self._hazards = Hazards(target, desk.context.layout)
        self._plan = CopyPlan(desk, target)
        self._planned, self._conflicting, self._skipped = Tally(), Tally(), Tally()
        self._companions = Companions(self._options, desk.counters)

    def take_all(self, pairs: Sequence[FilePair]) -> None:
        """Decide about some pairs; what is a file on both sides, and stays as it is, is only counted."""
        decide, forbidden, skip = self._decide, self._target.forbidden_characters, FileAction.SKIP
        is_told = self._attributes is not None or self._options.log_path is not None
        files = size_bytes = 0
        for pair in pairs:
            _, source, target, *_ = pair
            if (
                not is_told
                and source is not None
                and target is not None
                and source.kind == FILE
                and not source.problem
                and decide(pair) is skip
                and not (forbidden and any(one in pair.path for one in forbidden))
            ):
                files += 1
                size_bytes += source.length
            else:
                self.take(pair)
        self._skipped.merge(Tally(files, size_bytes))

    def take(self, pair: FilePair) -> None:
        """Decide about a pair and write it down, or count it as skipped."""
        source = pair.source
        if source is None:
            return
        if source.kind == DIRECTORY and pair.target is None:
            self._hazards.note_missing(pair.path)
        if source.kind == DIRECTORY:
            self.note_directory(pair)
        if self._companions.take(pair):
            return
        action = self._decide(pair)
        problem = self._problem(pair, source, action)
        if problem is not None:
            action = FileAction.CONFLICT
        if action is FileAction.SKIP:
            if self._attributes is None or not self._attributes.is_due(pair):
                self._skip(pair, source)
                return
            action = FileAction.REFRESH
        (self._planned if problem is None else self._conflicting).add(source)
        self._plan.add(self._item(pair, source, action, problem))

    def note_directory(self, pair: FilePair) -> None:
        """A directory that only gets attributes, where any are kept."""
        if self._attributes is not None:
            self._attributes.take_directory(pair)

    def publish(self) -> Planned:
        """Count what was decided, and write the plan files."""
        self._count()
        directories = self._attributes.publish(self._desk.job_dir) if self._attributes is not None else []
        return Planned(*self._plan.publish(), directories)

    def _count(self) -> None:
        counters = self._desk.counters
        decided = {"PLANNED": self._planned, "CONFLICTING": self._conflicting, "SKIPPED": self._skipped}
        for name, tally in decided.items():
            tally.count(name, counters)
        self._companions.count()
        for tally in decided.values():
            if tally.files:
                counters.add(OWN, "FILES_EXPECTED", tally.files)
                counters.add(OWN, "BYTES_EXPECTED", tally.size_bytes)
        if self._skipped.files:
            counters.add(COPY_MAPPER, "SKIP", self._skipped.files)
            counters.add(COPY_MAPPER, "BYTESSKIPPED", self._skipped.size_bytes)

    def _skip(self, pair: FilePair, source: FileStatus) -> None:
        self._skipped.add(source)
        # The two names cost more than all the rest.
        if source.kind != DIRECTORY and self._options.log_path is not None:
            layout = self._desk.context.layout
            ends = layout.named_source_of(pair.root, pair.path), layout.target_of(pair.path)
            self._desk.log.skipped(*ends, source.length, pair.target.length if pair.target is not None else 0)

    def _problem(self, pair: FilePair, source: FileStatus, action: FileAction) -> Problem | None:
        """Why this pair cannot be copied; None when it can."""
        if source.problem:
            usual = (
                TransferError if source.kind == DIRECTORY else IllegalName if source.kind == UNUSABLE else TypeConflict
            )
            return Problem(source.problem, pair.problem_class or usual.__name__)
        if action is FileAction.CONFLICT:
            if pair.target is not None and pair.target.kind != source.kind:
                at_target, at_source = (
                    "a directory" if kind == DIRECTORY else "a file" for kind in (pair.target.kind, source.kind)
                )
                return Problem(f"the target is {at_target}, the source {at_source}", TypeConflict.__name__)
            return Problem("a symbolic link is not followed", TypeConflict.__name__)
        forbidden = next((one for one in self._target.forbidden_characters if one in pair.path), "")
        if forbidden:
            return Problem(f"the target allows no {forbidden!r} in names", IllegalName.__name__)
        hazard = self._hazards.above(pair.path) if action in _WRITING else ""
        return Problem(hazard, WriteError.__name__) if hazard else None

    def _item(self, pair: FilePair, source: FileStatus, action: FileAction, problem: Problem | None) -> CopyItem:
        target = pair.target
        work = Work.REFUSED if problem is not None else _WORK.get(action, Work.FILE)
        sums = recorded_sums(pair.known, source) if action is FileAction.CHECK else (None, None)
        part_size_bytes, chunk_size_bytes = self._plan.sizes(source)
        return CopyItem(
            path=pair.path,
            root=pair.root,
            action=action.value,
            kind=source.kind,
            length=source.length,
            mtime_ms=source.mtime_ms,
            etag=source.etag,
            target_length=target.length if target is not None else -1,
            target_mtime_ms=target.mtime_ms if target is not None else -1,
            target_etag=target.etag if target is not None else "",
            crc64=sums[0],
            crc32c=sums[1],
            is_new_version=action is FileAction.CHECK and is_new_version(pair.known, source),
            part_size_bytes=part_size_bytes,
            chunk_size_bytes=chunk_size_bytes,
            problem=problem.text if problem is not None else "",
            problem_class=problem.error if problem is not None else "",
            work=work,
        )

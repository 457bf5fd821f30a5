"""The target on its way from one snapshot to another, and what is on record of it.

    step     begins when                                      a run that died in it is followed by one that
    ------   ----------------------------------------------   ---------------------------------------------
    STAGE    the target holds the first snapshot              stages again: nothing else was touched
    PLACE    all that moves in circles is in the hidden place  clears and places again
    DROP     all that moves is at its new path                drops the rest
    COPY     the target holds what both snapshots hold        copies what is new again

After COPY the target holds the second snapshot. Any other copy to the target forgets all of this first.
"""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Sequence
from contextlib import suppress

from ...filesystems.registry import open_filesystem
from ...filesystems.snapshots import find_snapshot, what_there_is
from ...model.counters import COPY_MAPPER, OWN
from ...model.errors import BrakeError, CommitError, StoreError, SurveyError
from ...model.options import CURRENT_STATE, CopyOptions
from ...model.uri import Uri
from ...records.intents import CLOCKS_DIFFER_MS
from ...records.state import Held, PairState, read_state, write_state
from ...rules.filters import is_own_work, work_path_beside
from ...rules.keys import is_within
from ...rules.snapshot_diff import MODIFY, Changes, Overlap, SnapshotChange, Step, make_plan
from ...rules.snapshot_paths import SnapshotPlace
from ...runs.run import Run
from ...tasks.context import RunContext
from .span import Span, compare
from .steps import Phase, Places, carry_out_by_keys, carry_out_by_renames


class Synchroniser:
    """Brings the target of one run from the start of a span to its end, but for what is new there."""

    def __init__(self, context: RunContext, run: Run, span: Span) -> None:
        self._context = context
        self._run = run
        self._span = span
        self._job_dir = context.open_job_dir()
        self._root = context.layout.roots[0]
        self._base = context.layout.target_of(self._root.prefix)
        self._target = open_filesystem(self._base, context.stores)
        self._held = _held(context, span.start)
        self._towards = _held(context, span.end)
        self._step = Phase.STAGE
        # When the first run began to go this way; 0 when this is the first.
        self._since_ms = 0
        self._places = Places(self._base, _hidden(context), self._base.paths_within(context.own_places))

    def refuse_other_target(self) -> None:
        """Raise BrakeError unless the target holds the first snapshot, or is on its way from it to the second."""
        state = read_state(self._job_dir)
        if state.towards is not None:
            # What is there now was something else when the run before compared it.
            if (state.held, state.towards) != (self._held, self._towards) or not self._towards.snapshot:
                raise BrakeError(
                    f"the target {self._base} was left half-way from the snapshot {_name(state.held)} to "
                    f"{_name(state.towards)}",
                    f"{self._again(state)}copy as a whole: {self._whole_copy()}",
                )
            self._step = Phase(state.step)
            self._since_ms = state.since_ms
            return
        if self._target.capabilities.snapshots:
            self._refuse_changed_target()
        elif state.held != self._held:
            raise BrakeError(f"{self._span.words}: {self._what_is_held(state.held)}", self._way_out(state.held))

    def compare(self) -> Changes:
        """What the two snapshots differ in. Raises SurveyError."""
        return compare(self._span, self._context.stores)

    def apply(self, changes: Changes) -> None:
        """Rename and delete at the target. Raises CommitError, and the same command goes on; BrakeError, untouched."""
        steps = make_plan(changes).steps
        if not self._target.capabilities.server_copy:
            self._refuse_to_move_own_places(steps)
        counters = self._run.report.counters
        counters.add(OWN, "SNAPSHOT_RENAMES", sum(1 for step in steps if step.new_path is not None and not step.stays))
        counters.add(OWN, "SNAPSHOT_DELETES", len(changes.deleted))
        if self._since_ms and self._target.capabilities.multipart:
            self._drop_uploads(steps)
        self._since_ms = self._since_ms or time.time_ns() // 1_000_000
        phases = list(Phase)
        for phase in phases[phases.index(self._step) :]:
            self._run.check_lock()
            write_state(self._job_dir, PairState(self._held, self._towards, phase.value, self._since_ms))
            try:
                if self._target.capabilities.server_copy:
                    carry_out_by_keys(self._context, self._run, phase, steps, self._places)
                else:
                    carry_out_by_renames(self._target, phase, steps, self._places)
            except StoreError as error:
                raise CommitError(
                    f"bringing the target {self._base} from the snapshot {self._held.snapshot} to "
                    f"{self._towards.snapshot}: {error}",
                    error.hint or "Nothing is lost: run the same command again, and it goes on where this one ended.",
                ) from error

    def finish(self) -> None:
        """The target holds the second snapshot, once nothing has failed."""
        if self._run.report.exit_code == 0:
            self._run.check_lock()
            write_state(self._job_dir, PairState(self._towards if self._towards.snapshot else None))

    def _drop_uploads(self, steps: Sequence[Step]) -> None:
        """A run that was killed may have left uploads of copies that OSS makes by parts. None is reason to give up."""
        places = [self._places.hidden, *(self._base.join(one.new_path).path for one in steps if one.new_path)]
        ours = Overlap(place.strip("/") for place in places)
        with suppress(StoreError):
            for upload in self._target.find_uploads(self._base.path):
                path = upload.path.strip("/")
                if upload.begun_ms >= self._since_ms - CLOCKS_DIFFER_MS and (ours.holds(path) or ours.has(path)):
                    self._target.abort_upload(upload.path, upload.upload_id)
                    self._run.report.counters.add(OWN, "UPLOADS_DROPPED")

    def _refuse_to_move_own_places(self, steps: Sequence[Step]) -> None:
        """A directory goes with all in it, where it is one entry of a NameNode."""
        for step in steps:
            held = next((one for one in self._places.own if is_within(one, step.path)), None)
            if held is not None:
                raise BrakeError(
                    f"{self._base.join(held)} holds records of hdfs2oss, and {step.path} was renamed or deleted "
                    "between the snapshots",
                    "Keep them outside of the target: --job-dir, -log.",
                )

    def _refuse_changed_target(self) -> None:
        name = self._held.snapshot
        try:
            place = find_snapshot(self._target, self._base.path, name)
            if place is None:
                raise SurveyError(
                    f"there is no snapshot {name} of the target {self._base}: "
                    f"{what_there_is(self._target, self._base.path)}",
                    f"Make the target equal to the source's {name} first ({self._whole_copy('-delete')}), then: "
                    f"hdfs dfs -createSnapshot {self._base.path} {name}",
                )
            changed = [
                one
                for one in self._target.changes_between(place.root, name, "")
                if self._counts(one, place.relative(self._base.path))
            ]
        except StoreError as error:
            raise SurveyError(f"looking for changes of the target {self._base}: {error}", error.hint) from error
        if changed and read_state(self._job_dir).held == self._towards and self._towards.snapshot:
            end = self._towards.snapshot
            raise BrakeError(
                f"the target {self._base} holds the snapshot {end} already",
                f"There is nothing to do. For the next -diff: hdfs dfs -createSnapshot {self._base.path} {end}",
            )
        if changed:
            more = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
            raise BrakeError(
                f"the target {self._base} changed since its snapshot {name}: {changed[0].kind} {changed[0].path}{more}",
                f"Make it equal to the source's {name} again ({self._whole_copy('-delete')}), and renew its snapshot.",
            )

    def _counts(self, change: SnapshotChange, inside: str) -> bool:
        """Whether a change is one of what we copy: within the target, none of our own places, not the root itself."""
        below = []
        for path in filter(None, (change.path, change.new_path)):
            if not inside:
                below.append(path)
            elif path.startswith(inside + "/"):
                below.append(path[len(inside) + 1 :])
        below = [one for one in below if not any(is_own_work(name) for name in one.split("/"))]
        own = self._places.own
        below = [one for one in below if not any(is_within(one, place) for place in own)]
        if change.kind == MODIFY:
            # The directories above our own places changed with them.
            below = [one for one in below if not any(is_within(place, one) for place in own)]
        return bool(below)

    def _again(self, state: PairState) -> str:
        names = f"{_name(state.held)} {_name(state.towards)}"
        if _name(state.towards) == CURRENT_STATE:
            return "Take away what stands there, or "
        return f"Give {self._span.words.split(' ')[0]} {names} again, with the same filters; or "

    def _what_is_held(self, held: Held | None) -> str:
        if held is None:
            return f"it is not known that the target {self._base} holds the snapshot {self._held.snapshot}"
        if held.snapshot != self._held.snapshot:
            return f"the target {self._base} holds the snapshot {held.snapshot}, not {self._held.snapshot}"
        if held.made_ms != self._held.made_ms:
            return f"the snapshot {held.snapshot} is not the one that the target {self._base} holds: it was made anew"
        return f"the target {self._base} was copied with other filters, or into another directory"

    def _way_out(self, held: Held | None) -> str:
        if held is not None and held == self._towards:
            return f"It holds {held.snapshot} already: there is nothing to do."
        return f"Make it so first: {self._whole_copy()}"

    def _whole_copy(self, *more: str) -> str:
        options = self._context.options
        words = ["hdfs2oss", "-update", *more, "--from-snapshot", self._held.snapshot]
        words += ["--job-dir", str(options.job_dir)] if options.job_dir else []
        is_selective = bool(options.filters or options.include or options.exclude)
        return shlex.join([*words, str(options.sources[0]), str(options.target)]) + (
            " (with the filters and globs of this command)" if is_selective else ""
        )


def forget_snapshot(context: RunContext) -> None:
    """Before a copy that is no -diff: whatever is known of the target's snapshot is so no more. Raises CommitError."""
    job_dir = context.open_job_dir()
    state = read_state(job_dir)
    if state.towards is not None:
        try:
            open_filesystem(context.layout.base, context.stores).remove(_hidden(context), recursive=True)
        except StoreError as error:
            raise CommitError(f"removing what an interrupted -diff left: {error}", error.hint) from error
    if state.held is not None or state.towards is not None:
        write_state(job_dir, PairState())


def note_full_copy(context: RunContext, run: Run) -> None:
    """Put on record which snapshot the target holds now, where that is certain.

    It is when one directory was copied from one that stays there, nothing failed, and no file that was at the target
    was passed over without being compared.
    """
    options, roots, counters = context.options, context.layout.roots, run.report.counters
    compared = options.sync and options.compares_times
    if (
        not options.from_snapshot
        or options.make_snapshot
        or run.report.exit_code
        or len(roots) != 1
        or roots[0].is_file
    ):
        return
    if not compared and counters.get(COPY_MAPPER, "SKIP"):
        return
    source = roots[0].source
    place = find_snapshot(open_filesystem(source, context.stores), source.path, options.from_snapshot)
    if place is not None:
        run.check_lock()
        write_state(context.open_job_dir(), PairState(_held(context, place)))


def _held(context: RunContext, place: SnapshotPlace) -> Held:
    return Held(place.name, place.made_ms, context.layout.roots[0].prefix, _digest(context.options))


def _digest(options: CopyOptions) -> str:
    """What is left out, as one word; "" where all is copied."""
    patterns = [*options.filters, "", *options.include, "", *options.exclude]
    if not any(patterns):
        return ""
    return hashlib.sha256("\n".join(patterns).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _hidden(context: RunContext) -> str:
    """A place of this pair below its target that no listing shows."""
    base: Uri = context.layout.base
    return work_path_beside(base.join("x").path, f"diff-{context.job_dir.name}")


def _name(held: Held | None) -> str:
    return (held.snapshot if held is not None else "") or CURRENT_STATE

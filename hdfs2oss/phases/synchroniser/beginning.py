"""Where a -diff begins: at a target that holds the first snapshot, or one that was left half-way to the second."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from ...filesystems.registry import open_filesystem
from ...filesystems.snapshots import find_snapshot, what_there_is
from ...model.errors import BrakeError, StoreError, SurveyError
from ...model.options import CURRENT_STATE
from ...records.state import Held, PairState, read_state
from ...rules.filters import is_own_work
from ...rules.keys import is_within
from ...rules.snapshot_diff import MODIFY, SnapshotChange
from ...tasks.context import RunContext
from .holding import held_of, name_of
from .span import Span
from .steps import Phase


class Beginning(NamedTuple):
    """The step that is due, and when the first run began to go this way; 0 when this is the first."""

    step: Phase
    since_ms: int


class BeginningFinder:
    """Looks at the target of one run, and at what is on record of it."""

    def __init__(self, context: RunContext, span: Span) -> None:
        self._context = context
        self._span = span
        self._job_dir = context.open_job_dir()
        self._base = context.layout.target_of(context.layout.roots[0].prefix)
        self._target = open_filesystem(self._base, context.stores)
        self._own = self._base.paths_within(context.own_places)
        self._held = held_of(context, span.start)
        self._towards = held_of(context, span.end)

    def find(self) -> Beginning:
        """Raise BrakeError unless the target holds the first snapshot, or is on its way from it to the second."""
        state = read_state(self._job_dir)
        if state.towards is not None:
            # What is there now was something else when the run before compared it.
            if (state.held, state.towards) != (self._held, self._towards) or not self._towards.snapshot:
                raise BrakeError(
                    f"the target {self._base} was left half-way from the snapshot {name_of(state.held)} to "
                    f"{name_of(state.towards)}",
                    f"{self._again(state)}copy as a whole: {self._whole_copy()}",
                )
            return Beginning(Phase(state.step), state.since_ms)
        if self._target.capabilities.snapshots:
            self._refuse_changed_target()
        elif state.held != self._held:
            raise BrakeError(f"{self._span.words}: {self._what_is_held(state.held)}", self._way_out(state.held))
        return Beginning(Phase.STAGE, 0)

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
        own = self._own
        below = [one for one in below if not any(is_within(one, place) for place in own)]
        if change.kind == MODIFY:
            # The directories above our own places changed with them.
            below = [one for one in below if not any(is_within(place, one) for place in own)]
        return bool(below)

    def _again(self, state: PairState) -> str:
        names = f"{name_of(state.held)} {name_of(state.towards)}"
        if name_of(state.towards) == CURRENT_STATE:
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

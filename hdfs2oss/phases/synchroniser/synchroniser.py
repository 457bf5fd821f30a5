"""The target on its way from one snapshot to another.

    step     begins when                                      a run that died in it is followed by one that
    ------   ----------------------------------------------   ---------------------------------------------
    STAGE    the target holds the first snapshot              stages again: nothing else was touched
    PLACE    all that moves in circles is in the hidden place  clears and places again
    DROP     all that moves is at its new path                drops the rest
    COPY     the target holds what both snapshots hold        copies what is new again

After COPY the target holds the second snapshot. Any other copy to the target forgets all of this first.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from ...filesystems.registry import open_filesystem
from ...model.counters import OWN
from ...model.errors import BrakeError, CommitError, StoreError
from ...records.intents import CLOCKS_DIFFER_MS
from ...records.state import PairState, write_state
from ...rules.keys import is_within
from ...rules.snapshot_diff import Changes, Overlap, Step, make_plan
from ...runs.run import Run
from ...tasks.context import RunContext
from .beginning import Beginning
from .holding import held_of, hidden_place
from .span import Span, compare
from .steps import Phase, Places, carry_out_by_keys, carry_out_by_renames


class Synchroniser:
    """Brings the target of one run from the start of a span to its end, but for what is new there."""

    def __init__(self, context: RunContext, run: Run, span: Span, beginning: Beginning) -> None:
        self._context = context
        self._run = run
        self._span = span
        self._job_dir = context.open_job_dir()
        self._base = context.layout.target_of(context.layout.roots[0].prefix)
        self._target = open_filesystem(self._base, context.stores)
        self._held = held_of(context, span.start)
        self._towards = held_of(context, span.end)
        self._step, self._since_ms = beginning
        self._places = Places(self._base, hidden_place(context), self._base.paths_within(context.own_places))

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

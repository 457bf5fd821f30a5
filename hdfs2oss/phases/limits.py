"""What a run may move and ask in a second: held while a block lasts, by all its tasks together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ..records.beats import this_process
from ..records.limits import Dealt
from ..runners.base import Runner
from ..runs.paced import PacedRunner
from ..runs.progress import Progress
from ..runs.sharing import Sharing
from ..tasks.context import RunContext
from ..tasks.pulse import PULSE, Channel, carry_out


@contextmanager
def within_limits(context: RunContext, runner: Runner, progress: Progress) -> Iterator[Runner]:
    """Gives the runner whose waves keep to the limits of the run, and tell `progress` how far their tasks are."""
    sharing = Sharing(context.options, context.open_job_dir(), runner, progress, PULSE.beat)

    def carry(dealt: Dealt) -> partial[Any]:
        channel = Channel(context.job_dir, context.run_id, context.stores, this_process(), sharing.every_seconds, dealt)
        return partial(carry_out, channel)

    sharing.start(context.incarnation, context.job_dir)
    try:
        yield PacedRunner(runner, sharing, carry)
    finally:
        sharing.stop()

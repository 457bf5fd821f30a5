"""How a run begins: as the continuation of one that came to no end, or anew."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import BrakeError, SurveyError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records.jobdir import HASTE, JobDir, patiently
from ..records.planfile import find_damage
from ..records.silence import Silence
from .account import give_up
from .arrivals import missing_arrival, spread
from .report import Report
from .unfinished import RECORDS, Past, Unfinished, described, look_back, refuse_other_meaning

# Of a plan so many files are looked at before it is relied on; what is wrong with others is found by their tasks.
_MOST_PLANS = 64


class WouldNest(BrakeError):
    """A run can neither be gone on with nor begun anew by its command, which would by now copy into the directory that
    the run has made. `base` is that directory."""

    base = ""


class Opening(NamedTuple):
    """The run that begins now; `unfinished` is gone on with unless there is a reason `why_not`."""

    run_id: str
    past: Past
    why_not: str = ""

    @property
    def unfinished(self) -> Unfinished | None:
        """The newest run of the pair, if it came to no end."""
        return self.past.unfinished

    @property
    def continued(self) -> Unfinished | None:
        """What an earlier driver left of this very run."""
        return self.unfinished if not self.why_not else None

    def still_so(self, now: Opening) -> Opening:
        """Give what is there `now`. Raises BrakeError when another driver has come and gone since the first look."""
        before = (self.unfinished and self.unfinished.run_id, self.why_not)
        if before != (now.unfinished and now.unfinished.run_id, now.why_not):
            raise BrakeError(
                "another run of the same copy began or ended at this moment", "Run the same command again."
            )
        return now

    def lines(self, job_dir: JobDir, options: CopyOptions, place: Uri) -> Iterator[str]:
        """What the operator is told of the run before; one that nobody goes on with has its account made."""
        if self.continued is not None:
            yield self.continued.told(time.time() * 1000)
        elif self.unfinished is not None:
            yield from give_up(job_dir, empty_report(self.unfinished.run_id, options, place), self.why_not)


def find_opening(
    store: FileSystem, place: Uri, options: CopyOptions, silence: Silence, stores: StoreConfig, is_locked: bool
) -> Opening:
    """Look into the job directory `place`, which is waited for. Raises StoreError, SurveyError.

    BrakeError, once the lock is taken, where the target was changed so that a run can neither be gone on with nor begun
    anew in its place: nobody is told to remove what another run is writing.
    """
    here = JobDir(store, place.path, "", HASTE)
    past = patiently(lambda: look_back(here, options.fresh), on_repeat=silence.failed)
    silence.answered()
    unfinished = past.unfinished
    if unfinished is None:
        return Opening(new_run_id(), past)
    records = here.of_run(unfinished.run_id)
    lost = "" if options.fresh else _lost(records, unfinished)
    why_not = (
        lost
        or unfinished.why_not(options)
        or find_damage(records, spread(unfinished.plan_files, _MOST_PLANS))
        or _cleared(records, unfinished, stores)
    )
    if is_locked and why_not and (lost or not unfinished.why_not(options)):
        _refuse_to_nest(unfinished, options, stores, why_not)
    return Opening(new_run_id() if why_not else unfinished.run_id, past, why_not)


def _lost(job_dir: JobDir, unfinished: Unfinished) -> str:
    """Which record has gone of a run that had begun to copy, in words; "" for none. Both are there before any task."""
    gone = "run.json" if not unfinished.asked else "layout.json" if unfinished.layout is None else ""
    return f"its {gone} has gone" if gone and (job_dir.names("tasks") or job_dir.names("ledger")) else ""


def _cleared(job_dir: JobDir, unfinished: Unfinished, stores: StoreConfig) -> str:
    """Why nobody goes on with a run whose files have gone from the target since; "" where they stand there."""
    layout = unfinished.layout
    try:
        gone = missing_arrival(job_dir, layout, stores) if layout is not None else ""
    except ValueError as error:
        raise SurveyError(
            f"run {unfinished.run_id} of the same source and target is not finished, and a ledger file of it in "
            f"{job_dir.run_path} cannot be read: {error}",
            "Start anew with --fresh; where the target was not there before, with -update --fresh.",
        ) from error
    return gone and f"{gone} has arrived, and is not there any more as it was"


def _refuse_to_nest(unfinished: Unfinished, options: CopyOptions, stores: StoreConfig, why: str) -> None:
    """Raise WouldNest where, begun anew, a plain copy would go into the directory that the run has made."""
    layout = unfinished.layout
    # Of a copy of what a list names it is known where it goes.
    if options.sync or options.is_partial or options.layout != "distcp":
        return
    if layout is None:
        _refuse_unknown_place(unfinished, options, stores, why)
        return
    if layout.base_exists or len(layout.roots) > 1:
        return
    if open_filesystem(layout.base, stores).status(layout.base.path) is not None:
        refusal = WouldNest(
            f"run {unfinished.run_id} of the same source and target is not finished, and {why}",
            f"Remove {layout.base}, and the command begins anew; or keep what is there, and give -update --fresh.",
        )
        refusal.base = str(layout.base)
        raise refusal


def _refuse_unknown_place(unfinished: Unfinished, options: CopyOptions, stores: StoreConfig, why: str) -> None:
    """The same where nobody knows whether the target was there before the run."""
    target = options.target
    if len(options.sources) > 1 or open_filesystem(target, stores).status(target.path) is None:
        return
    raise BrakeError(
        f"run {unfinished.run_id} of the same source and target is not finished, and {why}: nobody knows whether it "
        f"has made {target}, into which this command would copy all once more",
        f"If {target} was there before, give --fresh; if not, remove it, or give -update --fresh, which keeps it.",
    )


def begin_again(unfinished: Unfinished, job_dir: JobDir, options: CopyOptions, asked: Mapping[str, Any]) -> int:
    """Put on record that a driver goes on with the run; the how manieth it is, from 1 on.

    Raises UsageError, with the run left as it is, where the options mean another copy.
    """
    refuse_other_meaning(unfinished, options)
    for number in itertools.count(1):
        if job_dir.publish_json(f"continued-{number}.json", {"incarnation": number, **asked}):
            return number
    raise AssertionError("one number is free")


def new_run_id() -> str:
    """A name for a run, after all earlier ones."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return time.strftime("%Y%m%d-%H%M%S-", time.localtime(seconds)) + f"{rest // 1000:06d}"


def empty_report(run_id: str, options: CopyOptions, place: Uri) -> Report:
    """The report of a run of which nothing is known yet; `place` is the job directory."""
    return Report(run_id, _shown(options.sources), str(options.target), f"{place}/runs/{run_id}")


def description(run_id: str, fence: int, options: CopyOptions) -> dict[str, object]:
    """The content of run.json: what was asked."""
    return {
        "run": run_id,
        "fence": fence,
        "sources": [str(source) for source in options.sources],
        "target": str(options.target),
        "log": str(options.log_path or ""),
        "options": described(options),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "records": RECORDS,
    }


def _shown(sources: Sequence[Uri]) -> str:
    shown = [str(source) for source in sources]
    return ", ".join(shown) if len(shown) <= 3 else f"{shown[0]} and {len(shown) - 1} more"

"""The runs of a pair that are on record, and how they ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ..model.counters import OWN, Counts
from ..model.errors import NotFound
from ..rules.filters import WORK_PREFIX
from . import layout
from .jobdir import JobDir

# Says that what a run left was removed.
SWEPT = "swept.json"
# Counted by a run that went through and yet could not remove all that it had made.
WORK_FILES_LEFT = "WORK_FILES_LEFT"
LEFT = ("UPLOADS_LEFT", "SNAPSHOTS_LEFT", WORK_FILES_LEFT)
_THREADS = 16


class PastRun(NamedTuple):
    """`exit_code` is None for a run without a report: it goes on, or was killed."""

    run: str
    exit_code: int | None = None
    counters: Counts = {}  # noqa: RUF012 (never changed)


def past_runs(job_dir: JobDir) -> list[PastRun]:
    """All of them, the oldest first."""
    return [_past_run(job_dir, name) for name in names_of_runs(job_dir)]


def names_of_runs(job_dir: JobDir) -> list[str]:
    """Their names, the oldest first."""
    return sorted(name for name in job_dir.names_for_pair("runs") if not name.startswith(WORK_PREFIX))


def is_settled(job_dir: JobDir) -> bool:
    """Whether a run has left nothing that the sweeper would have to remove: it ended well, or was swept."""
    return _left_nothing(_report_of(job_dir)) or job_dir.exists(SWEPT)


def settled_among(here: JobDir, names: Sequence[str], last: Mapping[str, Any]) -> list[str]:
    """Which of these runs, the oldest first, are settled. Raises StoreError.

    What was so once stays so: the report of the `last` one names those that were by then; only others are looked at.
    """
    known = {*names_in(last, "settled"), *([str(last.get("run"))] if _left_nothing(last) else [])}
    others = [name for name in names if name not in known]
    # Each is a report to be read.
    with ThreadPoolExecutor(_THREADS, "sweep") as pool:
        found = pool.map(lambda name: is_settled(here.of_run(name)), others)
        known.update(name for name, is_so in zip(others, found, strict=True) if is_so)
    return [name for name in names if name in known]


def names_in(report: Mapping[str, Any], key: str) -> list[str]:
    """The runs that a report names there; none where it is of a version that did not, or says something else."""
    value = report.get(key)
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _report_of(job_dir: JobDir) -> dict[str, Any]:
    """Empty where there is none that can be read."""
    try:
        return dict(json.loads(job_dir.read("report.json")))
    except (NotFound, ValueError, TypeError):
        return {}


def _left_nothing(report: Mapping[str, Any]) -> bool:
    counters = report.get("counters")
    own = counters.get(OWN, {}) if isinstance(counters, dict) else None
    return bool(report.get("success")) and isinstance(own, dict) and not any(own.get(left) for left in LEFT)


def forget_all_but(job_dir: JobDir, keep: int) -> None:
    """Remove what is on record of all runs but the last `keep`, where nothing but their reports is."""
    for name in names_of_runs(job_dir)[:-keep]:
        if not job_dir.of_run(name).exists(layout.NAME):
            job_dir.filesystem.remove(job_dir.of_run(name).run_path, recursive=True)


def expire(
    job_dir: JobDir, keep: int, taken_in: Collection[str], names: Sequence[str], settled: Collection[str] = ()
) -> list[str]:
    """Remove the records of all runs but the last `keep`; which they were. `names` are all, the oldest first; of those
    in `settled` it is known.

    One stays longer that has no report (it may be gone on with), that the sweeper has not settled, or whose rows are
    not in the ledger of the pair (`taken_in`).
    """
    removed = []
    for name in names[:-keep]:
        of_run = job_dir.of_run(name)
        is_read = name in taken_in or not of_run.names("ledger")
        is_kept = name == job_dir.run_id or not is_read
        if not is_kept and of_run.exists("report.json") and (name in settled or is_settled(of_run)):
            job_dir.filesystem.remove(of_run.run_path, recursive=True)
            removed.append(name)
    return removed


def _past_run(job_dir: JobDir, name: str) -> PastRun:
    try:
        report = json.loads(job_dir.of_run(name).read("report.json"))
        return PastRun(name, int(report["exit_code"]), report["counters"])
    except (NotFound, ValueError, KeyError, TypeError):
        return PastRun(name)

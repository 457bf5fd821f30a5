"""The runs of a pair that are on record, and how they ended."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from typing import NamedTuple

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
    with suppress(NotFound, ValueError):
        report = json.loads(job_dir.read("report.json"))
        own = report["counters"].get(OWN, {})
        if report["success"] and not any(own.get(left) for left in LEFT):
            return True
    return job_dir.exists(SWEPT)


def forget_all_but(job_dir: JobDir, keep: int) -> None:
    """Remove what is on record of all runs but the last `keep`, where nothing but their reports is."""
    for name in names_of_runs(job_dir)[:-keep]:
        if not job_dir.of_run(name).exists(layout.NAME):
            job_dir.filesystem.remove(job_dir.of_run(name).run_path, recursive=True)


def expire(job_dir: JobDir, keep: int, taken_in: Collection[str]) -> list[str]:
    """Remove the records of all runs but the last `keep`; which they were.

    One stays longer that has no report (it may be gone on with), that the sweeper has not settled, or whose rows are
    not in the ledger of the pair (`taken_in`).
    """
    removed = []
    for name in names_of_runs(job_dir)[:-keep]:
        of_run = job_dir.of_run(name)
        is_read = name in taken_in or not of_run.names("ledger")
        if name != job_dir.run_id and is_read and of_run.exists("report.json") and is_settled(of_run):
            job_dir.filesystem.remove(of_run.run_path, recursive=True)
            removed.append(name)
    return removed


def _past_run(job_dir: JobDir, name: str) -> PastRun:
    try:
        report = json.loads(job_dir.of_run(name).read("report.json"))
        return PastRun(name, int(report["exit_code"]), report["counters"])
    except (NotFound, ValueError, KeyError, TypeError):
        return PastRun(name)

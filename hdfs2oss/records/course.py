"""The course of a run: which tasks its waves have, and what its phases came to, so that another driver goes on with it.

    <run>/tasks/copy.json      the bins of a wave: the slices of task 0, of task 1, ...; on record before it begins
    <run>/ends/survey.json     what a phase came to, once it is over

A driver with other slots goes on with the same task numbers, and so with the ledger files that are there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..model.errors import LockLost, NotFound
from ..model.values import CopyTask, PlanSlice
from .jobdir import JobDir
from .versioned import understood

VERSION = 1


def publish_bins(job_dir: JobDir, wave: str, tasks: Sequence[CopyTask]) -> None:
    """Put on record which slices each task has; tasks are numbered from 0 on. Raises LockLost when others are."""
    files = list(dict.fromkeys(piece.file for task in tasks for piece in task.slices))
    numbers = {file: number for number, file in enumerate(files)}
    bins = [[[numbers[piece.file], *piece[1:]] for piece in task.slices] for task in tasks]
    _publish(job_dir, f"tasks/{wave}.json", {"version": VERSION, "files": files, "bins": bins})


def read_bins(job_dir: JobDir, wave: str) -> list[CopyTask] | None:
    """The tasks of a wave; None where it has not begun."""
    record = _read(job_dir, f"tasks/{wave}.json")
    if record is None:
        return None
    files = record["files"]
    bins = (tuple(PlanSlice(files[file], *piece) for file, *piece in slices) for slices in record["bins"])
    return [CopyTask(number, slices) for number, slices in enumerate(bins)]


def publish_end(job_dir: JobDir, phase: str, value: dict[str, Any]) -> None:
    """A phase is over, and came to this JSON value. Raises LockLost when another one stands there."""
    _publish(job_dir, f"ends/{phase}.json", {"version": VERSION, **value})


def read_end(job_dir: JobDir, phase: str) -> dict[str, Any] | None:
    """What a phase came to; None where it is not over."""
    return _read(job_dir, f"ends/{phase}.json")


def _publish(job_dir: JobDir, name: str, record: dict[str, Any]) -> None:
    # In ASCII: a path may hold bytes that are no characters, for which JSON has escapes and UTF-8 has nothing.
    data = (json.dumps(record) + "\n").encode("ascii")
    if not job_dir.publish(name, data) and job_dir.read(name) != data:
        raise LockLost(
            f"another driver goes on with the run {job_dir.run_id}: its {name} is on record already",
            "Only one of the two should run; start the same command again once neither does.",
        )


def _read(job_dir: JobDir, name: str) -> dict[str, Any] | None:
    try:
        data = job_dir.read(name)
    except NotFound:
        return None
    return understood(data, VERSION, dict, f"record {job_dir.run_path}/{name}")

"""What is known of the target of a pair: which snapshot of the source it holds, or is on its way to.

    <base>/<pair>/state.json

Written by runs that hold the lock. A run that copies otherwise begins by forgetting it.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from ..model.errors import NotFound
from ..model.uri import join_path
from ..rules.filters import work_path_beside
from .jobdir import JobDir

NAME = "state.json"


class Held(NamedTuple):
    """A snapshot of the source, as a target holds it: below `prefix`, without what the filters leave out."""

    snapshot: str
    made_ms: int
    prefix: str = ""
    filters: str = ""


class PairState(NamedTuple):
    """What the target holds; with `towards` it is on its way there since `since_ms`, and `step` began last."""

    held: Held | None = None
    towards: Held | None = None
    step: str = ""
    since_ms: int = 0
    run: str = ""


def read_state(job_dir: JobDir) -> PairState:
    """What is known; nothing where no run has left a state."""
    path = join_path(job_dir.path, NAME)
    try:
        data = job_dir.patiently(lambda: job_dir.filesystem.read_bytes(path))
    except NotFound:
        return PairState()
    fields = json.loads(data)
    held, towards = (Held(**fields[name]) if fields[name] else None for name in ("held", "towards"))
    return PairState(held, towards, fields["step"], fields["since_ms"], fields["run"])


def write_state(job_dir: JobDir, state: PairState) -> None:
    """Replace what is known."""
    path = join_path(job_dir.path, NAME)
    held, towards = (one._asdict() if one else None for one in (state.held, state.towards))
    value = {"held": held, "towards": towards, "step": state.step, "since_ms": state.since_ms, "run": job_dir.run_id}
    data = (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
    work_path = work_path_of(job_dir)
    job_dir.patiently(lambda: job_dir.filesystem.put(path, data, work_path, {}))


def work_path_of(job_dir: JobDir) -> str:
    """Where a run writes its state before it counts."""
    return work_path_beside(join_path(job_dir.path, NAME), f"state-{job_dir.run_id}")
